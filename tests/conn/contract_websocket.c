/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "websocket_test.h"

/* The contract of h2conn_websocket.h, both roles against each other. */

#define PIECE WS_PIECE

/* ---- messages ---- */

START_TEST(rfc6455_5_6_messages_of_all_sizes_come_back) {
    static const size_t sizes[] = {0, 1, 125, 126, 999, 1000, 1001, 16384, 65535, 65536, 200000};
    test_server s;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ck_assert_int_eq(h2conn_ws_send(ws, "h\xc3\xa4", 3, true), H2CONN_OK);
    ws_expect_message(ws, "h\xc3\xa4", 3, true);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *bytes = malloc(sizes[i] + 1);
        test_fill(bytes, sizes[i], 0, 5);
        ck_assert_int_eq(h2conn_ws_send(ws, bytes, sizes[i], false), H2CONN_OK);
        ws_expect_message(ws, bytes, sizes[i], false);
        free(bytes);
    }
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

typedef struct upload {
    h2conn_ws *ws;
    size_t len;
    uint32_t seed;
} upload;

static void *write_message(void *arg) {
    const upload *u = arg;
    uint8_t *bytes = malloc(u->len);
    test_fill(bytes, u->len, 0, u->seed);
    ck_assert_int_eq(h2conn_ws_send(u->ws, bytes, u->len, false), H2CONN_OK);
    free(bytes);
    return NULL;
}

START_TEST(a_message_larger_than_all_windows_goes_both_ways_at_once) {
    const size_t len = 8u << 20;
    test_server s;
    pthread_t thread;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    upload u = {ws, len, 7};
    ck_assert_int_eq(pthread_create(&thread, NULL, write_message, &u), 0);
    uint8_t *bytes = malloc(len), *back = malloc(len);
    test_fill(bytes, len, 0, 7);
    ck_assert_int_eq(h2conn_ws_read_message(ws, back, len, NULL), (ptrdiff_t)len);
    ck_assert_int_eq(memcmp(bytes, back, len), 0);
    pthread_join(thread, NULL);
    free(bytes);
    free(back);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

#define WRITERS  4
#define MESSAGES 50

/* Each message is one letter, written in pieces. */
static void *write_letters(void *arg) {
    const upload *u = arg;
    char bytes[3 * PIECE];
    memset(bytes, (int)u->seed, sizeof bytes);
    for (int i = 0; i < MESSAGES; i++) {
        ck_assert_int_eq(h2conn_ws_write(u->ws, bytes, PIECE, true, false, NULL), H2CONN_OK);
        ck_assert_int_eq(h2conn_ws_ping(u->ws, "between", 7), H2CONN_OK);
        ck_assert_int_eq(h2conn_ws_write(u->ws, bytes, 2 * PIECE, true, true, NULL), H2CONN_OK);
    }
    return NULL;
}

static void count_pong(void *user, const void *bytes, size_t len) {
    ck_assert_uint_eq(len, 7);
    ck_assert_mem_eq(bytes, "between", 7);
    ++*(int *)user;
}

START_TEST(messages_of_several_threads_do_not_mix) {
    test_server s;
    pthread_t threads[WRITERS];
    upload uploads[WRITERS];
    int pongs = 0;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, &(h2conn_ws_options){.on_pong = count_pong, .user = &pongs});
    for (int i = 0; i < WRITERS; i++) {
        uploads[i] = (upload){ws, 0, (uint32_t)('a' + i)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_letters, &uploads[i]), 0);
    }
    for (int i = 0; i < WRITERS * MESSAGES; i++) {
        char buf[3 * PIECE];
        bool text = false;
        ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, &text), sizeof buf);
        ck_assert(text);
        ck_assert_int_eq(memcmp(buf, buf + 1, sizeof buf - 1), 0);
    }
    for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
    h2conn_ws_free(ws);
    ck_assert_int_gt(pongs, 0);
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc6455_8_1_text_that_is_not_utf8_is_not_sent) {
    test_server s;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ck_assert_int_eq(h2conn_ws_send(ws, "\xff", 1, true), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ws_send(ws, "\xe2\x82", 2, true), H2CONN_EINVAL);
    /* A character may lie across pieces. */
    ck_assert_int_eq(h2conn_ws_write(ws, "\xe2\x82", 2, true, false, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_write(ws, "x", 1, true, true, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ws_write(ws, "\xac", 1, false, true, NULL), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_ws_write(ws, "\xac", 1, true, true, NULL), H2CONN_OK);
    ws_expect_message(ws, "\xe2\x82\xac", 3, true);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* ---- closing ---- */

START_TEST(rfc6455_7_1_closing_is_answered_and_both_halves_end) {
    test_server s;
    test_flag ended = TEST_FLAG;
    char reason[H2CONN_WS_REASON_BYTES], buf[8], why[H2CONN_WHY_BYTES];
    h2conn_ws_piece piece;
    ws_serve(&s, ws_echo, &ended);
    h2conn_ws *ws = ws_dial(&s, NULL);
    /* An answer on its way is dropped. */
    ck_assert_int_eq(h2conn_ws_send(ws, "x", 1, true), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_close(ws, 3001, "enough"), H2CONN_OK);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, reason), 3001);
    ck_assert_str_eq(reason, "");
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_send(ws, "x", 1, true), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_ws_ping(ws, NULL, 0), H2CONN_ECLOSED);
    for (int i = 0; i < 2; i++) ck_assert_int_eq(h2conn_ws_read(ws, buf, sizeof buf, &piece), H2CONN_EEND);
    ck_assert_ptr_nonnull(strstr(h2conn_ws_why(ws, why), "code 3001"));
    test_await(&ended, 1);
    ck_assert_int_eq(h2conn_wait_closed(h2conn_ws_conn(ws)), H2CONN_OK);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

static void close_first(void *user, h2conn_request *request) {
    h2conn_ws *ws;
    (void)user;
    ck_assert_int_eq(h2conn_ws_accept(&ws, request, NULL, 0, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_send(ws, "last", 4, true), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_close(ws, H2CONN_WS_GOING_AWAY, "maintenance"), H2CONN_OK);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, NULL), H2CONN_WS_GOING_AWAY);
    h2conn_ws_free(ws);
}

START_TEST(rfc6455_7_1_5_a_server_may_close_first_and_nothing_before_is_lost) {
    test_server s;
    char buf[8], reason[H2CONN_WS_REASON_BYTES];
    ws_serve(&s, close_first, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ws_expect_message(ws, "last", 4, true);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_EEND);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, reason), H2CONN_WS_GOING_AWAY);
    ck_assert_str_eq(reason, "maintenance");
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc6455_5_5_1_codes_and_reasons_that_may_not_be_sent) {
    test_server s;
    char long_reason[H2CONN_WS_REASON_BYTES + 1];
    memset(long_reason, 'a', sizeof long_reason);
    long_reason[sizeof long_reason - 1] = '\0';
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ck_assert_int_eq(h2conn_ws_close(ws, 0, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ws_close(ws, H2CONN_WS_NO_CODE, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, "\xc3"), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, long_reason), H2CONN_EINVAL);
    long_reason[sizeof long_reason - 2] = '\0';
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, long_reason), H2CONN_OK);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

static void *read_on(void *arg) {
    char buf[8];
    h2conn_ws_piece piece;
    ck_assert_int_eq(h2conn_ws_read(arg, buf, sizeof buf, &piece), H2CONN_EEND);
    return NULL;
}

START_TEST(closing_while_another_thread_reads_ends_its_read) {
    test_server s;
    pthread_t thread;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_on, ws), 0);
    test_await_blocked(h2conn_ws_conn(ws), 1);
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, NULL), H2CONN_OK);
    pthread_join(thread, NULL);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* Another thread's message is not finished, and now cannot be. */
typedef struct waiting_writer {
    h2conn_ws *ws;
    int sent;
} waiting_writer;

static void *write_behind(void *arg) {
    waiting_writer *w = arg;
    w->sent = h2conn_ws_send(w->ws, "behind", 6, true);
    return NULL;
}

/* Closes when a message has begun; `user` is NULL, or it goes away without. */
static void end_early(void *user, h2conn_request *request) {
    h2conn_ws *ws;
    h2conn_ws_piece piece;
    char buf[8];
    ck_assert_int_eq(h2conn_ws_accept(&ws, request, NULL, 0, NULL), H2CONN_OK);
    ck_assert_int_gt(h2conn_ws_read(ws, buf, sizeof buf, &piece), 0);
    if (user != NULL) h2conn_reset(h2conn_ws_conn(ws), H2_CANCEL);
    h2conn_ws_free(ws);
}

START_TEST(who_waits_behind_a_message_hears_that_it_is_over) {
    enum { CLOSED_BY_PEER, CLOSED_HERE, RESET };
    static int reset;
    test_server s;
    pthread_t thread;
    char buf[8];
    ws_serve(&s, _i == CLOSED_HERE ? ws_echo : end_early, _i == RESET ? &reset : NULL);
    waiting_writer w = {.ws = ws_dial(&s, NULL)};
    ck_assert_int_eq(h2conn_ws_write(w.ws, "begun", 5, true, false, NULL), H2CONN_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_behind, &w), 0);
    if (_i == CLOSED_HERE)
        ck_assert_int_eq(h2conn_ws_close(w.ws, H2CONN_WS_NORMAL, NULL), H2CONN_OK);
    else
        ck_assert_int_eq(h2conn_ws_read_message(w.ws, buf, sizeof buf, NULL),
                         _i == RESET ? H2CONN_ERESET : H2CONN_EEND);
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.sent, _i == RESET ? H2CONN_ERESET : H2CONN_ECLOSED);
    h2conn_ws_free(w.ws);
    test_server_stop(&s);
}
END_TEST

START_TEST(who_waits_behind_a_write_that_failed_fails_too) {
    static int reset;
    test_server s;
    pthread_t thread;
    ws_serve(&s, end_early, &reset);
    waiting_writer w = {.ws = ws_dial(&s, NULL)};
    ck_assert_int_eq(h2conn_ws_write(w.ws, "begun", 5, true, false, NULL), H2CONN_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_behind, &w), 0);
    int error;
    do error = h2conn_ws_write(w.ws, "more", 4, true, false, NULL);
    while (error == H2CONN_OK);
    ck_assert_int_eq(error, H2CONN_ERESET);
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.sent, H2CONN_ERESET);
    h2conn_ws_free(w.ws);
    test_server_stop(&s);
}
END_TEST

/* ---- deadlines ---- */

/* Reads nothing until it is told to, then everything. */
static void read_late(void *user, h2conn_request *request) {
    h2conn_ws *ws;
    h2conn_ws_piece piece;
    char buf[PIECE];
    uint64_t at = 0;
    ptrdiff_t n;
    ck_assert_int_eq(h2conn_ws_accept(&ws, request, NULL, 0, NULL), H2CONN_OK);
    test_await(user, 1);
    while ((n = h2conn_ws_read(ws, buf, sizeof buf, &piece)) >= 0) {
        uint8_t wanted[PIECE];
        test_fill(wanted, (size_t)n, at, 11);
        ck_assert_int_eq(memcmp(buf, wanted, (size_t)n), 0);
        at += (uint64_t)n;
        if (piece.end) break;
    }
    ck_assert_int_eq(h2conn_ws_send(ws, &at, sizeof at, false), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_read(ws, buf, sizeof buf, &piece), H2CONN_EEND);
    h2conn_ws_free(ws);
}

START_TEST(a_write_that_timed_out_is_continued_within_its_frame) {
    const size_t len = 2u << 20;
    test_server s;
    test_flag go = TEST_FLAG;
    size_t written, at = 0;
    uint64_t heard;
    ws_serve(&s, read_late, &go);
    h2conn_ws *ws = ws_dial(&s, NULL);
    uint8_t *bytes = malloc(len);
    test_fill(bytes, len, 0, 11);
    /* The windows fill; the rest of the frame waits. */
    h2conn_ws_set_write_deadline(ws, h2conn_now() + 100);
    ck_assert_int_eq(h2conn_ws_write(ws, bytes, len, false, true, &at), H2CONN_ETIMEDOUT);
    ck_assert_uint_gt(at, 0);
    ck_assert_uint_lt(at, len);
    ck_assert_int_eq(h2conn_ws_write(ws, bytes + at, len - at, false, true, &written), H2CONN_ETIMEDOUT);
    ck_assert_uint_eq(written, 0);
    ck_assert_int_eq(h2conn_ws_ping(ws, NULL, 0), H2CONN_ETIMEDOUT);
    h2conn_ws_set_write_deadline(ws, 0);
    ck_assert_int_eq(h2conn_ws_write(ws, bytes + at, 5, false, true, &written), H2CONN_ESTATE);
    test_raise(&go);
    ck_assert_int_eq(h2conn_ws_write(ws, bytes + at, len - at, false, true, &written), H2CONN_OK);
    ck_assert_uint_eq(written, len - at);
    ck_assert_int_eq(h2conn_ws_read_message(ws, &heard, sizeof heard, NULL), sizeof heard);
    ck_assert_uint_eq(heard, len);
    free(bytes);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* The answer to a ping comes behind what was sent before it: with that, time is over. */
static void end_time(void *user, const void *bytes, size_t len) {
    h2conn_ws *const *ws = user;
    (void)bytes;
    (void)len;
    h2conn_ws_set_read_deadline(*ws, 1);
}

/* The beginning of a message has been read, its end has not come. */
static void read_half(h2conn_ws *ws, const char *half, char *buf, size_t len) {
    h2conn_ws_set_read_deadline(ws, 0);
    ck_assert_int_eq(h2conn_ws_write(ws, half, strlen(half), true, false, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_ping(ws, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, len, NULL), H2CONN_ETIMEDOUT);
    ck_assert_mem_eq(buf, half, strlen(half));
}

START_TEST(a_read_that_timed_out_goes_on) {
    test_server s;
    char buf[8];
    h2conn_ws_piece piece;
    h2conn_ws *ws;
    ws_serve(&s, ws_echo, NULL);
    ws = ws_dial(&s, &(h2conn_ws_options){.on_pong = end_time, .user = &ws});
    h2conn_ws_set_read_deadline(ws, h2conn_now() + 20);
    ck_assert_int_eq(h2conn_ws_read(ws, buf, sizeof buf, &piece), H2CONN_ETIMEDOUT);
    read_half(ws, "one ", buf, sizeof buf);
    ck_assert_int_eq(h2conn_ws_write(ws, "two", 3, true, true, NULL), H2CONN_OK);
    h2conn_ws_set_read_deadline(ws, 0);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), 7);
    ck_assert_mem_eq(buf, "one two", 7);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* With a smaller buffer than the part that was read already. */
START_TEST(a_read_that_goes_on_with_less_room_does_not_overrun_it) {
    test_server s;
    char buf[8] = "";
    h2conn_ws *ws;
    ws_serve(&s, ws_echo, NULL);
    ws = ws_dial(&s, &(h2conn_ws_options){.on_pong = end_time, .user = &ws});
    read_half(ws, "four", buf, sizeof buf);
    ck_assert_int_eq(h2conn_ws_write(ws, "more", 4, true, true, NULL), H2CONN_OK);
    h2conn_ws_set_read_deadline(ws, 0);
    memset(buf, 0, sizeof buf);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, 2, NULL), H2CONN_ETOOLONG);
    ck_assert_mem_eq(buf + 2, "\0\0\0\0\0\0", 6);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* A handler that says nothing and hears nothing. */
static void mute(void *user, h2conn_request *request) {
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_await(user, 1);
}

START_TEST(closing_does_not_wait_for_ever) {
    test_server s;
    test_flag go = TEST_FLAG;
    ws_serve(&s, mute, &go);
    h2conn_ws *ws = ws_dial(&s, &(h2conn_ws_options){.close_timeout_ms = 50});
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, NULL), H2CONN_ETIMEDOUT);
    ck_assert_uint_eq(h2conn_code(h2conn_ws_conn(ws)), H2_CANCEL);
    h2conn_ws_free(ws);
    test_raise(&go);
    test_server_stop(&s);
}
END_TEST

START_TEST(closing_may_wait_longer_than_any_time) {
    test_server s;
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, &(h2conn_ws_options){.close_timeout_ms = INT64_MAX});
    ck_assert_int_eq(h2conn_ws_close(ws, 1000, NULL), H2CONN_OK);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* ---- sizes ---- */

START_TEST(rfc6455_7_4_1_a_message_that_does_not_fit_ends_the_websocket) {
    test_server s;
    char buf[4];
    ws_serve(&s, ws_echo, NULL);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ck_assert_int_eq(h2conn_ws_send(ws, "fits", 4, true), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), 4);
    ck_assert_int_eq(h2conn_ws_send(ws, "above", 5, true), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_ETOOLONG);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_EPROTOCOL);
    h2conn_ws_free(ws);
    ws = ws_dial(&s, &(h2conn_ws_options){.message_max = 3});
    ck_assert_int_eq(h2conn_ws_send(ws, "above", 5, true), H2CONN_OK);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_EPROTOCOL);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

Suite *contract_websocket_suite(void) {
    Suite *s = suite_create("WebSocket");
    TCase *tc = test_case(s, "WebSocket");
    tcase_add_test(tc, rfc6455_5_6_messages_of_all_sizes_come_back);
    tcase_add_test(tc, a_message_larger_than_all_windows_goes_both_ways_at_once);
    tcase_add_test(tc, messages_of_several_threads_do_not_mix);
    tcase_add_test(tc, rfc6455_8_1_text_that_is_not_utf8_is_not_sent);
    tcase_add_test(tc, rfc6455_7_1_closing_is_answered_and_both_halves_end);
    tcase_add_test(tc, rfc6455_7_1_5_a_server_may_close_first_and_nothing_before_is_lost);
    tcase_add_test(tc, rfc6455_5_5_1_codes_and_reasons_that_may_not_be_sent);
    tcase_add_test(tc, closing_while_another_thread_reads_ends_its_read);
    tcase_add_loop_test(tc, who_waits_behind_a_message_hears_that_it_is_over, 0, 3);
    tcase_add_test(tc, who_waits_behind_a_write_that_failed_fails_too);
    tcase_add_test(tc, a_write_that_timed_out_is_continued_within_its_frame);
    tcase_add_test(tc, a_read_that_timed_out_goes_on);
    tcase_add_test(tc, a_read_that_goes_on_with_less_room_does_not_overrun_it);
    tcase_add_test(tc, closing_does_not_wait_for_ever);
    tcase_add_test(tc, closing_may_wait_longer_than_any_time);
    tcase_add_test(tc, rfc6455_7_4_1_a_message_that_does_not_fit_ends_the_websocket);
    return s;
}
