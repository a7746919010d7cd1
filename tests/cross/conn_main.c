/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include "conn_test.h"

/* The suites of conn's portable part. */

#define SUITES(X)                                                                                                      \
    X(conn_url_suite)                                                                                                  \
    X(conn_errors_suite)                                                                                               \
    X(conn_queue_suite)                                                                                                \
    X(conn_fields_suite)                                                                                               \
    X(conn_link_suite)                                                                                                 \
    X(conn_core_suite)                                                                                                 \
    X(conn_messages_suite)

#define DECLARE(suite) Suite *suite(void);
SUITES(DECLARE)

/* What these suites take from conn_test.c, which needs an operating system. */

uint8_t test_byte(uint64_t offset, uint32_t seed) {
    return (uint8_t)(offset * 167 + (offset >> 8) * 13 + seed);
}

void test_fill(uint8_t *out, size_t len, uint64_t offset, uint32_t seed) {
    for (size_t i = 0; i < len; i++) out[i] = test_byte(offset + i, seed);
}

TCase *test_case(Suite *suite, const char *name) {
    TCase *tc = tcase_create(name);
    suite_add_tcase(suite, tc);
    return tc;
}

int main(void) {
    SRunner *runner = srunner_create(NULL);
#define ADD(suite) srunner_add_suite(runner, suite());
    SUITES(ADD)
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
