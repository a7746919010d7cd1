/* SPDX-License-Identifier: MIT */
/* Random and mutated blocks to our decoder and libnghttp2's. Either may refuse what the other takes (integers are
 * capped at different sizes, libnghttp2 limits fields to 64 KiB and takes any number of size updates); what both take
 * means the same fields, now and in later blocks. */
#include "hpack_suites.h"
#include "hpack_test.h"
#include "peer.h"
#include "random_block.h"

typedef struct pair {
    receiver ours;
    nghttp2_hd_inflater *theirs;
    field_log log;
} pair;

static void pair_open(pair *p) {
    receiver_open(&p->ours, 4096, 4 * RANDOM_BLOCK_MAX);
    ck_assert_int_eq(nghttp2_hd_inflate_new(&p->theirs), 0);
    field_log_add(&p->log, "", 0, "", 0, false);
}

static void pair_close(pair *p) {
    receiver_close(&p->ours);
    nghttp2_hd_inflate_del(p->theirs);
    field_log_free(&p->log);
}

/* Whether both took the block. */
static bool pair_block(pair *p, const uint8_t *block, size_t len, split how) {
    hpack_error error = receiver_block(&p->ours, block, len, true, how);
    int theirs = peer_block(p->theirs, block, len, &p->log);

    if (error || theirs) return false;
    ck_assert_str_eq(p->ours.log.text, p->log.text);
    ck_assert_uint_eq(p->ours.d.table.size, nghttp2_hd_inflate_get_dynamic_table_size(p->theirs));
    ck_assert_uint_eq(p->ours.d.table.count + 61, nghttp2_hd_inflate_get_num_table_entries(p->theirs));
    return true;
}

static size_t mutate(uint32_t *seed, uint8_t *block, size_t len) {
    unsigned times = 1 + test_random(seed) % 3;

    while (times-- > 0 && len > 0) {
        size_t at = test_random(seed) % len;

        switch (test_random(seed) % 4) {
        case 0: block[at] ^= (uint8_t)(1u << test_random(seed) % 8); break;
        case 1: block[at] = (uint8_t)test_random(seed); break;
        case 2: memmove(block + at, block + at + 1, --len - at); break;
        default: memmove(block + at + 1, block + at, len++ - at); block[at] = (uint8_t)test_random(seed);
        }
    }
    return len;
}

START_TEST(valid_blocks_mean_the_same_to_both) {
    static uint8_t block[RANDOM_BLOCK_MAX];
    uint32_t seed = 1 + (uint32_t)_i;
    int taken = 0;
    int round;
    pair p = {0};

    pair_open(&p);
    for (round = 0; round < 4000; round++) {
        size_t len = random_block(&seed, block, 6, p.ours.d.table.count, 20);

        if (pair_block(&p, block, len, (split){0, 0, test_random(&seed)})) {
            taken++;
            continue;
        }
        pair_close(&p);
        memset(&p, 0, sizeof p);
        pair_open(&p);
    }
    pair_close(&p);
    ck_assert_int_gt(taken, 3000);
}
END_TEST

START_TEST(mutated_blocks_that_both_take_mean_the_same) {
    static uint8_t block[RANDOM_BLOCK_MAX];
    uint32_t seed = 1000 + (uint32_t)_i;
    int taken = 0;
    int round;
    pair p = {0};

    pair_open(&p);
    for (round = 0; round < 20000; round++) {
        size_t len = random_block(&seed, block, 4, p.ours.d.table.count, 12);

        if (pair_block(&p, block, mutate(&seed, block, len), WHOLE)) {
            taken++;
            continue;
        }
        pair_close(&p);
        memset(&p, 0, sizeof p);
        pair_open(&p);
    }
    pair_close(&p);
    ck_assert_int_gt(taken, 4000);
}
END_TEST

Suite *nghttp2_agreement_suite(void) {
    Suite *suite = suite_create("hpack: agreement with libnghttp2");
    TCase *tests = tcase_create("agreement");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, valid_blocks_mean_the_same_to_both, 0, 3);
    tcase_add_loop_test(tests, mutated_blocks_that_both_take_mean_the_same, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
