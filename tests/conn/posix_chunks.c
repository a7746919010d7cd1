/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include "conn_suites.h"
#include "posix_conn.h"

/* Of the pages of large chunks that are given back, all but a few are gone. */
START_TEST(large_chunks_go_back_to_the_system) {
    enum { MANY = 32, KEPT = 4 };
    h2conn_chunk *chunk[MANY];
    int there = 0;
    for (int i = 0; i < MANY; i++) {
        chunk[i] = posix_chunks.get(posix_chunks.ctx, H2CONN_CHUNK_LARGE);
        ck_assert_ptr_nonnull(chunk[i]);
        ck_assert_uint_eq(chunk[i]->cap, H2CONN_CHUNK_LARGE);
        memset(chunk[i]->bytes, 1, chunk[i]->cap);
    }
    for (int i = 0; i < MANY; i++) posix_chunks.put(posix_chunks.ctx, chunk[i]);
    for (int i = 0; i < MANY; i++) there += msync(chunk[i], 1, MS_ASYNC) == 0;
    ck_assert_int_le(there, KEPT);
}
END_TEST

Suite *posix_chunks_suite(void) {
    Suite *suite = suite_create("chunks");
    TCase *tc = tcase_create("chunks");
    tcase_add_test(tc, large_chunks_go_back_to_the_system);
    suite_add_tcase(suite, tc);
    return suite;
}
