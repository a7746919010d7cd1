/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_queue.h"

/* A source that counts, gives chunks of a chosen size, and can run dry. */
typedef struct pool {
    size_t out, left, cap; /* chunks lent, chunks left, their room; 0 for what is wanted */
} pool;

static h2conn_chunk *get(void *ctx, size_t want) {
    pool *p = ctx;
    if (p->left == 0) return NULL;
    const size_t cap = p->cap != 0 ? p->cap : want;
    h2conn_chunk *chunk = malloc(sizeof *chunk + cap);
    p->left--;
    p->out++;
    chunk->cap = (uint32_t)cap;
    chunk->bytes = (uint8_t *)(chunk + 1);
    return chunk;
}

static void put(void *ctx, h2conn_chunk *chunk) {
    pool *p = ctx;
    p->left++;
    p->out--;
    free(chunk);
}

START_TEST(bytes_come_out_in_order_at_any_sizes) {
    static const size_t caps[] = {0, 1, 7, 64, 4096};
    pool p = {.left = 100000, .cap = caps[_i]};
    const h2conn_chunk_source source = {get, put, &p};
    h2conn_queue queue = {.bytes = 0};
    uint64_t in = 0, out = 0;
    uint32_t random = 7;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[300];
        random = random * 1664525u + 1013904223u;
        const size_t n = (random >> 8) % sizeof bytes;
        if (random >> 31 && n > 0) {
            for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)((in + i) * 31 >> 3);
            ck_assert(h2conn_queue_add(&queue, &source, bytes, n));
            in += n;
        } else {
            const size_t taken = h2conn_queue_take(&queue, &source, bytes, n);
            ck_assert_uint_eq(taken, n < in - out ? n : (size_t)(in - out));
            bool same = true;
            for (size_t i = 0; i < taken; i++) same = same && bytes[i] == (uint8_t)((out + i) * 31 >> 3);
            ck_assert(same);
            out += taken;
        }
        ck_assert_uint_eq(queue.bytes, in - out);
        ck_assert((queue.bytes == 0) == (p.out == 0));
    }
    ck_assert_uint_eq(h2conn_queue_clear(&queue, &source), in - out);
    ck_assert_uint_eq(p.out, 0);
    ck_assert_uint_eq(queue.bytes, 0);
}
END_TEST

/* It must not ask for a chunk, and not look for one that is not there. */
START_TEST(no_bytes_are_no_bytes) {
    pool p = {.left = 1000};
    const h2conn_chunk_source source = {get, put, &p};
    h2conn_queue queue = {.bytes = 0};
    ck_assert(h2conn_queue_add(&queue, &source, (const uint8_t *)"x", 0));
    ck_assert_uint_eq(p.out, 0);
    ck_assert_ptr_null(queue.first);
}
END_TEST

START_TEST(small_pieces_share_a_chunk) {
    pool p = {.left = 1000};
    const h2conn_chunk_source source = {get, put, &p};
    h2conn_queue queue = {.bytes = 0};
    for (unsigned i = 0; i < H2CONN_CHUNK_MIN; i++)
        ck_assert(h2conn_queue_add(&queue, &source, (const uint8_t *)"x", 1));
    ck_assert_uint_eq(p.out, 1);
    h2conn_queue_clear(&queue, &source);
}
END_TEST

START_TEST(a_source_that_runs_dry_changes_nothing) {
    for (size_t left = 0; left < 5; left++) {
        pool p = {.left = left, .cap = 10};
        const h2conn_chunk_source source = {get, put, &p};
        h2conn_queue queue = {.bytes = 0};
        uint8_t bytes[50], back[60];
        memset(bytes, 'a', sizeof bytes);
        const bool first = h2conn_queue_add(&queue, &source, bytes, 5);
        ck_assert_int_eq(first, left > 0);
        const h2conn_queue before = queue;
        const size_t lent = p.out;
        ck_assert(!h2conn_queue_add(&queue, &source, bytes, sizeof bytes));
        ck_assert_mem_eq(&queue, &before, sizeof queue);
        ck_assert_uint_eq(p.out, lent);
        ck_assert_uint_eq(h2conn_queue_take(&queue, &source, back, sizeof back), first ? 5u : 0u);
        ck_assert_uint_eq(p.out, 0);
    }
}
END_TEST

/* What piles up is in few large pieces, and a short queue takes none. */
START_TEST(a_pile_is_in_large_chunks) {
    static uint8_t bytes[16384];
    pool p = {.left = 1000};
    const h2conn_chunk_source source = {get, put, &p};
    h2conn_queue queue = {.bytes = 0};
    while (queue.bytes < H2CONN_PILE_BYTES) ck_assert(h2conn_queue_add(&queue, &source, bytes, sizeof bytes));
    ck_assert_uint_eq(queue.last->cap, sizeof bytes);
    const size_t before = p.out;
    while (queue.bytes < H2CONN_PILE_BYTES + 4 * H2CONN_CHUNK_LARGE)
        ck_assert(h2conn_queue_add(&queue, &source, bytes, sizeof bytes));
    ck_assert_uint_eq(p.out - before, 4);
    ck_assert_uint_eq(queue.last->cap, H2CONN_CHUNK_LARGE);
    h2conn_queue_clear(&queue, &source);
    ck_assert_uint_eq(p.out, 0);
}
END_TEST

Suite *conn_queue_suite(void) {
    Suite *suite = suite_create("receive queue");
    TCase *tc = tcase_create("queue");
    tcase_add_loop_test(tc, bytes_come_out_in_order_at_any_sizes, 0, 5);
    tcase_add_test(tc, no_bytes_are_no_bytes);
    tcase_add_test(tc, small_pieces_share_a_chunk);
    tcase_add_test(tc, a_source_that_runs_dry_changes_nothing);
    tcase_add_test(tc, a_pile_is_in_large_chunks);
    suite_add_tcase(suite, tc);
    return suite;
}
