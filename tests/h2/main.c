/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>

#include "h2_suites.h"

int main(void) {
    SRunner *runner = srunner_create(NULL);
    int failed;

#define H2_SUITE_ADD(suite) srunner_add_suite(runner, suite());
    H2_SUITES(H2_SUITE_ADD)
#undef H2_SUITE_ADD
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
