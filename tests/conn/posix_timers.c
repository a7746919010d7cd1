/* SPDX-License-Identifier: MIT */
#include "posix_timers.h"
#include <limits.h>
#include "conn_suites.h"
#include "posix_time.h"

#define MEMBERS 200

/* Against a model: the earliest of an array. */
START_TEST(the_first_is_the_earliest_whatever_is_set_moved_or_unset) {
    posix_timers timers = {.n = 0};
    posix_timer timer[MEMBERS];
    bool set[MEMBERS] = {false};
    uint32_t random = 3;
    for (size_t i = 0; i < MEMBERS; i++) ck_assert(posix_timers_join(&timers, &timer[i]));
    for (int round = 0; round < 100000; round++) {
        random = random * 1664525u + 1013904223u;
        const size_t i = (random >> 8) % MEMBERS;
        if (random >> 30) {
            posix_timers_set(&timers, &timer[i], random & 0xfff);
            set[i] = true;
        } else {
            posix_timers_unset(&timers, &timer[i]);
            set[i] = false;
        }
        uint64_t earliest = UINT64_MAX;
        for (size_t j = 0; j < MEMBERS; j++)
            if (set[j] && timer[j].at < earliest) earliest = timer[j].at;
        const posix_timer *first = posix_timers_first(&timers);
        ck_assert((first == NULL) == (earliest == UINT64_MAX));
        if (first != NULL) ck_assert_uint_eq(first->at, earliest);
    }
    for (size_t i = 0; i < MEMBERS; i++) posix_timers_leave(&timers, &timer[i]);
    ck_assert_ptr_null(posix_timers_first(&timers));
    posix_timers_free(&timers);
}
END_TEST

/* No time that comes is later than the latest that can be said, and the system's clock takes it too where seconds have
 * 32 bits. */
START_TEST(a_deadline_far_away_stays_in_range) {
    const int64_t now = 5000, last = INT64_MAX;
    ck_assert_int_eq(posix_after(now, 70), 5070);
    ck_assert_int_eq(posix_after(now, last - now - 1), last - 1);
    ck_assert_int_eq(posix_after(now, last - now), last);
    ck_assert_int_eq(posix_after(now, last), last);
    ck_assert_int_eq(posix_timespec(5070).tv_sec, 5);
    ck_assert_int_eq(posix_timespec(5070).tv_nsec, 70 * 1000000);
    ck_assert_int_eq(posix_timespec(last).tv_sec, INT32_MAX);
    ck_assert_int_lt(posix_timespec(last).tv_nsec, 1000000000);
    ck_assert_int_eq(posix_poll_timeout(last, now), INT_MAX);
}
END_TEST

Suite *posix_timers_suite(void) {
    Suite *suite = suite_create("timers");
    TCase *tc = tcase_create("timers");
    tcase_add_test(tc, the_first_is_the_earliest_whatever_is_set_moved_or_unset);
    tcase_add_test(tc, a_deadline_far_away_stays_in_range);
    suite_add_tcase(suite, tc);
    return suite;
}
