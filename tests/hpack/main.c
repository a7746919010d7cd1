/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>

#include "hpack_suites.h"
#include "lender.h"

/* With memory given and with memory lent. */
static int run_all(bool lent) {
    SRunner *runner = srunner_create(NULL);
    int failed;

    test_lent = lent;
#define HPACK_SUITE_ADD(suite) srunner_add_suite(runner, suite());
    HPACK_SUITES(HPACK_SUITE_ADD)
#undef HPACK_SUITE_ADD
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

int main(void) {
    int failed = run_all(false);

#ifndef H2_SMALL /* whose tables are given their memory */
    failed += run_all(true);
#endif

    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
