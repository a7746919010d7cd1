/* SPDX-License-Identifier: MIT */
#include <check.h>
#include "conn_backoff.h"
#include "conn_suites.h"
#include "conn_test.h"

/* The wait before trying again, with the clock and chance in the test's hand. */

static const struct {
    h2conn_backoff backoff;
    uint32_t failures, random, wait_ms;
} waits[] = {
    {{100, 30000, 0}, 1, UINT32_MAX, 100},
    {{100, 30000, 0}, 2, UINT32_MAX, 200},
    {{100, 30000, 0}, 3, 0, 400},
    {{100, 30000, 0}, 9, 0, 25600},
    {{100, 30000, 0}, 10, 0, 30000},
    {{100, 30000, 0}, UINT32_MAX, 0, 30000},
    {{1, UINT32_MAX, 0}, UINT32_MAX, 0, UINT32_MAX},
    {{UINT32_MAX, UINT32_MAX, 0}, 2, 0, UINT32_MAX},
    {{500, 500, 0}, 7, 0, 500},
    /* chance takes off up to its share */
    {{1000, 30000, 50}, 1, 0, 1000},
    {{1000, 30000, 50}, 1, 1u << 31, 750},
    {{1000, 30000, 50}, 1, UINT32_MAX, 501},
    {{1000, 30000, 100}, 1, UINT32_MAX, 1},
    {{1000, 30000, 100}, 6, 1u << 31, 15000},
    {{UINT32_MAX, UINT32_MAX, 100}, 1, UINT32_MAX, 1},
    {{1, 1, 100}, 1, UINT32_MAX, 1},
};

START_TEST(backoff_doubles_up_to_its_bound_less_a_random_share) {
    const uint32_t got = h2conn_backoff_ms(&waits[_i].backoff, waits[_i].failures, waits[_i].random);
    ck_assert_uint_eq(got, waits[_i].wait_ms);
}
END_TEST

/* Failures at these times, and when the next attempt is due after each. */
static const struct {
    int64_t now, next_at;
    uint32_t failures;
} life[] = {
    {5000, 5100, 1},   {5100, 5300, 2}, {5300, 5700, 3}, {6000, 6800, 4}, {6800, 7800, 5}, /* the bound */
    {8800, 9800, 6},                                                                       /* just remembered */
    {10801, 10901, 1}, /* forgotten: nothing failed for the bound's time */
    {10901, 11101, 2},
};

START_TEST(setbacks_count_in_a_row_and_are_forgotten_when_an_attempt_held) {
    const h2conn_backoff backoff = {.first_ms = 100, .most_ms = 1000, .jitter_percent = 0};
    h2conn_setbacks setbacks = {0};
    ck_assert(!h2conn_setbacks_count(&setbacks, &backoff, 0));
    for (size_t i = 0; i < sizeof life / sizeof *life; i++) {
        h2conn_setbacks_add(&setbacks, &backoff, life[i].now, 7);
        ck_assert_uint_eq(setbacks.failures, life[i].failures);
        ck_assert_int_eq(setbacks.next_at, life[i].next_at);
        ck_assert(h2conn_setbacks_count(&setbacks, &backoff, life[i].next_at + 1000));
        ck_assert(!h2conn_setbacks_count(&setbacks, &backoff, life[i].next_at + 1001));
    }
}
END_TEST

Suite *conn_backoff_suite(void) {
    Suite *suite = suite_create("backoff");
    TCase *tc = test_case(suite, "backoff");
    tcase_add_loop_test(tc, backoff_doubles_up_to_its_bound_less_a_random_share, 0,
                        (int)(sizeof waits / sizeof *waits));
    tcase_add_test(tc, setbacks_count_in_a_row_and_are_forgotten_when_an_attempt_held);
    return suite;
}
