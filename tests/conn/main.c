/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include "conn_suites.h"

int main(void) {
    SRunner *runner = srunner_create(NULL);
#define CONN_SUITE_ADD(suite) srunner_add_suite(runner, suite());
    CONN_SUITES(CONN_SUITE_ADD)
#undef CONN_SUITE_ADD
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
