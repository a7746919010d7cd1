/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "fault_suites.h"

int main(void) {
    SRunner *runner = srunner_create(fault_allocation_suite());
    srunner_add_suite(runner, fault_cut_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
