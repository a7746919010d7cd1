/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_session.h"
#include "posix_time.h"

/* Whose turn it is on a loop, and how much one does. Time stands still but for what callbacks say that they took. */

static _Atomic int64_t stopped_at_us; /* 0 while the clock goes */

int64_t __real_posix_now_us(void);
int64_t __wrap_posix_now_us(void);
int64_t __wrap_posix_now_us(void) {
    const int64_t at = atomic_load(&stopped_at_us);
    return at != 0 ? at : __real_posix_now_us();
}

static void stop_clock(void) {
    atomic_store(&stopped_at_us, __real_posix_now_us());
}

static void pass(int64_t us) {
    atomic_fetch_add(&stopped_at_us, us);
}

/* ---- who is served first ---- */

/* Callbacks, in their order, by the letter each has read. A digit says how long it takes, in tens of microseconds; a
 * capital letter takes more than a light session may, and 'X' waits besides. */
typedef struct scene {
    test_server s;
    h2conn_events events;
    _Atomic unsigned n;
    char said[32];
    test_flag held, released;
    int holds;
} scene;

#define LONG_US (POSIX_TURN_US + 10)

static void accept_any(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
}

static void take_time(void *user, h2conn *conn) {
    scene *at = user;
    char letter;
    if (h2conn_try_read(conn, &letter, 1) != 1) return;
    if (letter >= '0' && letter <= '9') pass(10 * (letter - '0'));
    if (letter >= 'A' && letter <= 'Z') pass(LONG_US);
    const unsigned n = atomic_load(&at->n);
    ck_assert_uint_lt(n, sizeof at->said - 1);
    at->said[n] = letter;
    atomic_store(&at->n, n + 1);
    if (letter != 'x' && letter != 'X') return;
    test_raise(&at->held);
    test_await(&at->released, at->held.count);
}

static void begin(scene *at) {
    *at = (scene){.held = TEST_FLAG, .released = TEST_FLAG};
    at->events = (h2conn_events){.on_open = accept_any, .on_readable = take_time, .user = at};
    const h2conn_server_options options = {.events = &at->events};
    test_server_start(&at->s, &options);
    stop_clock();
}

static void await_said(scene *at, const char *all) {
    while (atomic_load(&at->n) < strlen(all)) sched_yield();
    ck_assert_str_eq(at->said, all);
}

static void request_on(int fd, uint32_t id) {
    test_frame frame;
    test_write_post(fd, id, 0);
    ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
}

static int enter(scene *at) {
    const int fd = test_dial_raw(at->s.url);
    test_greet_server(fd);
    request_on(fd, 1);
    return fd;
}

/* It is in the server's socket afterwards. */
static void say(int fd, uint32_t id, char letter) {
    int unsent = 1;
    test_write_frame(fd, H2_DATA, 0, id, &letter, 1);
    while (unsent > 0) {
        ck_assert_int_eq(ioctl(fd, SIOCOUTQ, &unsent), 0);
        sched_yield();
    }
}

/* Keep the loop in a callback. */
static void hold(scene *at, int fd, char letter) {
    say(fd, 1, letter);
    test_await(&at->held, ++at->holds);
}

static void let_go(scene *at) {
    test_raise(&at->released);
}

/* What all took so far is forgotten: time passes in a turn of `other`, whom it is charged to. */
static void forget(scene *at, int other) {
    hold(at, other, 'x');
    pass(POSIX_SHARE * POSIX_TURN_US);
    let_go(at);
}

START_TEST(loop_serves_a_session_that_took_long_behind_one_that_did_not) {
    scene at;
    begin(&at);
    const int heavy = enter(&at), light = enter(&at), other = enter(&at);
    forget(&at, other);
    say(heavy, 1, 'A');
    await_said(&at, "xA");
    hold(&at, other, 'x');
    say(heavy, 1, 'a');
    say(light, 1, 'b');
    let_go(&at);
    await_said(&at, "xAxba");
    close(heavy), close(light), close(other);
    test_server_stop(&at.s);
}
END_TEST

START_TEST(loop_forgets_what_a_session_took_when_it_takes_no_more) {
    scene at;
    begin(&at);
    const int first = enter(&at), second = enter(&at), other = enter(&at);
    say(first, 1, 'A');
    await_said(&at, "A");
    hold(&at, other, 'x');
    pass(POSIX_SHARE * POSIX_TURN_US);
    say(first, 1, 'a');
    say(second, 1, 'b');
    let_go(&at);
    await_said(&at, "Axab");
    close(first), close(second), close(other);
    test_server_stop(&at.s);
}
END_TEST

START_TEST(loop_serves_a_session_that_has_just_come_behind_others) {
    scene at;
    begin(&at);
    const int known = enter(&at), other = enter(&at);
    forget(&at, other);
    const int stranger = enter(&at);
    hold(&at, other, 'x');
    say(stranger, 1, 'a');
    say(known, 1, 'b');
    let_go(&at);
    await_said(&at, "xxba");
    close(known), close(stranger), close(other);
    test_server_stop(&at.s);
}
END_TEST

START_TEST(loop_adds_up_the_short_turns_of_a_session) {
    scene at;
    begin(&at);
    const int busy = enter(&at), light = enter(&at), other = enter(&at);
    forget(&at, other);
    for (unsigned i = 1; i <= 6; i++) {
        say(busy, 1, '2');
        while (atomic_load(&at.n) < 1 + i) sched_yield();
    }
    hold(&at, other, 'x');
    say(busy, 1, 'a');
    say(light, 1, 'b');
    let_go(&at);
    await_said(&at, "x222222xba");
    close(busy), close(light), close(other);
    test_server_stop(&at.s);
}
END_TEST

START_TEST(loop_gives_a_light_session_a_short_turn) {
    scene at;
    begin(&at);
    const int many = enter(&at), light = enter(&at), other = enter(&at);
    for (uint32_t id = 3; id <= 7; id += 2) request_on(many, id);
    forget(&at, other);
    hold(&at, other, 'x');
    for (uint32_t id = 1; id <= 7; id += 2) say(many, id, '3');
    say(light, 1, 'b');
    let_go(&at);
    await_said(&at, "xx33b33");
    close(many), close(light), close(other);
    test_server_stop(&at.s);
}
END_TEST

START_TEST(loop_looks_at_light_sessions_after_a_turn_of_heavy_ones) {
    scene at;
    begin(&at);
    const int one = enter(&at), two = enter(&at), light = enter(&at), other = enter(&at);
    forget(&at, other);
    say(one, 1, 'A');
    await_said(&at, "xA");
    say(two, 1, 'B');
    await_said(&at, "xAB");
    hold(&at, other, 'x');
    say(one, 1, 'X');
    say(two, 1, 'B');
    let_go(&at);
    test_await(&at.held, ++at.holds);
    say(light, 1, 'c');
    let_go(&at);
    await_said(&at, "xABxXcB");
    close(one), close(two), close(light), close(other);
    test_server_stop(&at.s);
}
END_TEST

/* ---- how much goes in one call ---- */

enum { PINGS = 1000, PING_BYTES = H2_FRAME_HEADER_BYTES + H2_PING_BYTES };

typedef struct calls {
    _Atomic unsigned receipts, sends;
    _Atomic size_t most; /* octets of a send */
    unsigned answered;   /* sends until all was */
    int64_t us;          /* that each frame takes */
} calls;

static void count_calls(void *user, uint64_t session, bool sent, const void *bytes, size_t len) {
    calls *c = user;
    (void)session, (void)bytes;
    if (len == 0) return;
    atomic_fetch_add(sent ? &c->sends : &c->receipts, 1);
    if (sent && len > atomic_load(&c->most)) atomic_store(&c->most, len);
}

static void take_time_for_frame(void *user, const char *peer, bool sent, const h2_frame_header *header,
                                const uint8_t *payload, size_t n) {
    const calls *c = user;
    (void)peer, (void)header, (void)payload, (void)n;
    if (!sent) pass(c->us);
}

static void flood(int fd) {
    static uint8_t pings[PINGS * PING_BYTES];
    test_frame frame;
    for (uint32_t i = 0; i < PINGS; i++) {
        const h2_frame_header header = {H2_PING_BYTES, H2_PING, 0, 0};
        uint8_t *at = pings + i * PING_BYTES;
        h2_frame_header_write(at, &header);
        memset(at + H2_FRAME_HEADER_BYTES, 0, H2_PING_BYTES);
        h2_u32_write(at + H2_FRAME_HEADER_BYTES, i);
    }
    test_write_raw(fd, pings, sizeof pings);
    for (uint32_t i = 0; i < PINGS; i++) {
        ck_assert(test_await_frame(fd, &frame, H2_PING));
        ck_assert_uint_eq(h2_u32_read(frame.payload), i);
    }
}

static void flood_server(calls *c, bool events) {
    const h2conn_events callbacks = {.on_open = test_accept_only};
    const h2conn_server_options options = {.handler = events ? NULL : test_accept_only,
                                           .events = events ? &callbacks : NULL,
                                           .tap = count_calls,
                                           .tap_user = c,
                                           .trace = take_time_for_frame,
                                           .trace_user = c};
    test_server s;
    test_server_start(&s, &options);
    stop_clock();
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    flood(fd);
    c->answered = c->sends; /* what ends the session is said later */
    close(fd);
    test_server_stop(&s);
}

/* The engine pauses when few wait (10.5). */
START_TEST(rfc9113_6_7_answers_to_what_came_at_once_go_out_at_once) {
    calls c = {.us = 0};
    flood_server(&c, _i);
    ck_assert_uint_le(c.answered, c.receipts + 1);
}
END_TEST

START_TEST(loop_takes_in_no_more_in_a_turn_than_there_is_time_for) {
    calls c = {.us = 10};
    flood_server(&c, _i);
    ck_assert_uint_le(c.most, (POSIX_TURN_US / 10 + 8) * PING_BYTES);
}
END_TEST

Suite *posix_turns_suite(void) {
    Suite *suite = suite_create("turns of a loop");
    TCase *tc = test_case(suite, "turns");
    tcase_add_test(tc, loop_serves_a_session_that_took_long_behind_one_that_did_not);
    tcase_add_test(tc, loop_forgets_what_a_session_took_when_it_takes_no_more);
    tcase_add_test(tc, loop_serves_a_session_that_has_just_come_behind_others);
    tcase_add_test(tc, loop_adds_up_the_short_turns_of_a_session);
    tcase_add_test(tc, loop_gives_a_light_session_a_short_turn);
    tcase_add_test(tc, loop_looks_at_light_sessions_after_a_turn_of_heavy_ones);
    tcase_add_loop_test(tc, rfc9113_6_7_answers_to_what_came_at_once_go_out_at_once, 0, 2);
    tcase_add_loop_test(tc, loop_takes_in_no_more_in_a_turn_than_there_is_time_for, 0, 2);
    return suite;
}
