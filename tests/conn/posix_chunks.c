/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include "conn_suites.h"
#include "posix_conn.h"

enum { MANY = 100, KEPT_MOST = 64 };

static void get_all(h2conn_chunk **chunk, int n) {
    for (int i = 0; i < n; i++) {
        chunk[i] = posix_chunks.get(posix_chunks.ctx, H2CONN_CHUNK_LARGE);
        ck_assert_ptr_nonnull(chunk[i]);
        ck_assert_uint_eq(chunk[i]->cap, H2CONN_CHUNK_LARGE);
        memset(chunk[i]->bytes, 1, chunk[i]->cap);
    }
}

static void put_all(h2conn_chunk **chunk, int n) {
    for (int i = 0; i < n; i++) posix_chunks.put(posix_chunks.ctx, chunk[i]);
}

/* Of how many the pages are there. */
static int mapped(h2conn_chunk **chunk, int n) {
    int there = 0;
    for (int i = 0; i < n; i++) there += msync(chunk[i], 1, MS_ASYNC) == 0;
    return there;
}

START_TEST(large_chunks_are_kept_up_to_a_bound_and_used_again) {
    h2conn_chunk *chunk[MANY], *again[KEPT_MOST];
    get_all(chunk, MANY);
    ck_assert(posix_chunks_present());
    put_all(chunk, MANY);
    ck_assert_int_eq(mapped(chunk, MANY), KEPT_MOST);
    get_all(again, KEPT_MOST);
    ck_assert_int_eq(mapped(chunk, MANY), KEPT_MOST);
    put_all(again, KEPT_MOST);
}
END_TEST

START_TEST(large_chunks_that_nobody_needs_go_back_to_the_system) {
    enum { BUSY = 10 };
    const int64_t start = h2conn_now();
    h2conn_chunk *chunk[MANY], *busy[BUSY];
    get_all(chunk, MANY);
    put_all(chunk, MANY);
    posix_chunks_trim(start + POSIX_TRIM_MS); /* all were needed until now */
    ck_assert_int_eq(mapped(chunk, MANY), KEPT_MOST);
    get_all(busy, BUSY);
    put_all(busy, BUSY);
    posix_chunks_trim(start + 2 * POSIX_TRIM_MS - 1); /* too early to tell */
    ck_assert_int_eq(mapped(chunk, MANY), KEPT_MOST);
    posix_chunks_trim(start + 2 * POSIX_TRIM_MS);
    ck_assert_int_eq(mapped(chunk, MANY), BUSY);
    posix_chunks_trim(start + 3 * POSIX_TRIM_MS);
    ck_assert_int_eq(mapped(chunk, MANY), 0);
    ck_assert(!posix_chunks_present());
}
END_TEST

Suite *posix_chunks_suite(void) {
    Suite *suite = suite_create("chunks");
    TCase *tc = tcase_create("chunks");
    tcase_add_test(tc, large_chunks_are_kept_up_to_a_bound_and_used_again);
    tcase_add_test(tc, large_chunks_that_nobody_needs_go_back_to_the_system);
    suite_add_tcase(suite, tc);
    return suite;
}
