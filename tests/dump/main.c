/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "dump_test.h"

int main(void) {
    SRunner *r = srunner_create(dump_violations());
    srunner_add_suite(r, dump_following());
    srunner_add_suite(r, dump_captures());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
