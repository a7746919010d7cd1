/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include "e2e.h"

int main(void) {
    SRunner *runner = srunner_create(NULL);
    int failed;
    signal(SIGPIPE, SIG_IGN);
    e2e_certificates_make();
#define E2E_SUITE_ADD(suite) srunner_add_suite(runner, suite());
    E2E_SUITES(E2E_SUITE_ADD)
#undef E2E_SUITE_ADD
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    e2e_certificates_remove();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
