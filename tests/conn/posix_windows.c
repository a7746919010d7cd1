/* SPDX-License-Identifier: MIT */
#include "conn_suites.h"
#include "posix_session.h"

/* The memory that windows grow by: what is granted in all, and to one. */

START_TEST(a_step_takes_at_most_half_of_what_is_left) {
    _Atomic int64_t left = 1000;
    ck_assert(!posix_window_grant(&left, 501));
    ck_assert_int_eq(left, 1000);
    ck_assert(posix_window_grant(&left, 500));
    ck_assert(!posix_window_grant(&left, 251));
    ck_assert(posix_window_grant(&left, 250));
    ck_assert_int_eq(left, 250);
    ck_assert(posix_window_grant(&left, -750));
    ck_assert_int_eq(left, 1000);
}
END_TEST

/* Windows that double from the first size to the most, one after the other: each finds less, none nothing at once. */
START_TEST(late_windows_find_memory_to_grow) {
    _Atomic int64_t left = posix_window_memory(0);
    int64_t before = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        int64_t window = H2_DEFAULT_STREAM_WINDOW;
        while (window < H2_DEFAULT_WINDOW_MOST && posix_window_grant(&left, window)) window *= 2;
        if (i == 0) ck_assert_int_eq(window, H2_DEFAULT_WINDOW_MOST);
        ck_assert_int_ge(window, (int64_t)16 << 20);
        ck_assert_int_le(window, before);
        before = window;
    }
    ck_assert_int_ge(left, 0);
}
END_TEST

START_TEST(window_memory_of_1_lets_none_grow) {
    _Atomic int64_t left = posix_window_memory(1);
    ck_assert(!posix_window_grant(&left, 1));
    ck_assert_int_eq(left, 1);
}
END_TEST

Suite *posix_windows_suite(void) {
    Suite *suite = suite_create("memory of windows");
    TCase *tc = tcase_create("grant");
    tcase_add_test(tc, a_step_takes_at_most_half_of_what_is_left);
    tcase_add_test(tc, late_windows_find_memory_to_grow);
    tcase_add_test(tc, window_memory_of_1_lets_none_grow);
    suite_add_tcase(suite, tc);
    return suite;
}
