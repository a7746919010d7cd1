/* SPDX-License-Identifier: MIT */
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_conn.h"

/* A server of many loops: who is called where. When a loop sleeps. And what a server by events is not made from. */

enum { LOOPS = 3, LOOP_CONNS = 60, POST_BYTES = H2_FRAME_HEADER_BYTES + 6 };

typedef struct share {
    pthread_mutex_t lock;
    pthread_t loops[LOOPS];
    unsigned n, strangers; /* threads seen; callbacks on another thread than the connection's first */
    pthread_t of[LOOP_CONNS];
    unsigned opened;
} share;

static void note_loop(void *user, h2conn_request *request) {
    share *s = user;
    h2conn *conn;
    unsigned i = 0;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    pthread_mutex_lock(&s->lock);
    while (i < s->n && !pthread_equal(s->loops[i], pthread_self())) i++;
    ck_assert_uint_lt(i, LOOPS);
    s->loops[i] = pthread_self();
    if (i == s->n) s->n++;
    s->of[s->opened] = pthread_self();
    h2conn_set_user(conn, &s->of[s->opened++]);
    pthread_mutex_unlock(&s->lock);
}

static void echo_at_home(void *user, h2conn *conn) {
    char buf[100];
    share *s = user;
    const pthread_t *home = h2conn_user(conn);
    pthread_mutex_lock(&s->lock);
    if (!pthread_equal(*home, pthread_self())) s->strangers++;
    pthread_mutex_unlock(&s->lock);
    const ptrdiff_t n = h2conn_try_read(conn, buf, sizeof buf);
    if (n > 0) ck_assert_int_eq(h2conn_try_write(conn, buf, (size_t)n), n);
}

START_TEST(loops_share_the_connections_and_keep_them) {
    share shared = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const h2conn_events events = {.on_open = note_loop, .on_readable = echo_at_home, .user = &shared};
    const h2conn_server_options options = {.events = &events, .loops = LOOPS};
    h2conn *conns[LOOP_CONNS];
    test_server s;
    test_server_start(&s, &options);
    for (int i = 0; i < LOOP_CONNS; i++) conns[i] = test_connect(s.url, NULL);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < LOOP_CONNS; i++) test_ask(conns[i], "whose are you?");
    for (int i = 0; i < LOOP_CONNS; i++) h2conn_free(conns[i]);
    test_server_stop(&s);
    /* The kernel spreads by a hash of the addresses: one of 60 for each of 3 is all but certain. */
    ck_assert_uint_eq(shared.n, LOOPS);
    ck_assert_uint_eq(shared.strangers, 0);
}
END_TEST

START_TEST(loops_do_not_join_a_port_that_is_taken) {
    const h2conn_server_options options = {.handler = test_echo, .loops = LOOPS};
    h2conn_server *other;
    char address[H2CONN_WHY_BYTES];
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_server_new(&other, &options), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(other, s.url, address), H2CONN_ELISTEN);
    h2conn_server_free(other);
    test_server_stop(&s);
}
END_TEST

/* The system has a descriptor for the first loop's socket and none for the second's. */
START_TEST(loops_listen_all_or_none) {
    const h2conn_server_options options = {.handler = test_echo, .loops = LOOPS};
    char url[H2CONN_WHY_BYTES], address[H2CONN_WHY_BYTES];
    struct rlimit before, one_more;
    h2conn_server *server;
    close(test_listen_raw(url));
    ck_assert_int_eq(h2conn_server_new(&server, &options), H2CONN_OK);
    const int next = dup(STDERR_FILENO);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    one_more = (struct rlimit){(rlim_t)next + 1, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &one_more), 0);
    ck_assert_int_eq(h2conn_server_listen(server, url, address), H2CONN_ELISTEN);
    ck_assert_msg(strstr(address, "Too many open files") != NULL, "%s", address);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    /* The port is free again. */
    ck_assert_msg(h2conn_server_listen(server, url, address) == H2CONN_OK, "%s", address);
    h2conn_server_free(server);
}
END_TEST

/* ---- a session that cannot end yet ---- */

/* In place of the system's call: notes when the thread that saw a peer go finds nothing to do and goes to sleep. */
static test_flag slept = TEST_FLAG;
static _Thread_local bool saw_end;

/* What a loop that looks for events next has to await. */
static _Atomic(test_flag *) before_events;

int __real_epoll_wait(int fd, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int timeout) {
    test_flag *awaited = atomic_exchange(&before_events, NULL);
    if (awaited != NULL) test_await(awaited, 1);
    if (saw_end && timeout != 0) {
        const int ready = __real_epoll_wait(fd, events, most, 0);
        if (ready != 0) return ready;
        saw_end = false;
        test_raise(&slept);
    }
    return __real_epoll_wait(fd, events, most, timeout);
}

typedef struct held_send {
    test_flag begun, let_go;
} held_send;

static _Thread_local bool handles, held_here;

/* The handler's thread stays in its send; the loop's hears of the peer's end. */
static void hold_sends(void *user, uint64_t session, bool sent, const void *bytes, size_t len) {
    held_send *held = user;
    (void)session, (void)bytes;
    if (!sent && len == 0) saw_end = true;
    if (!sent || !handles || held_here) return;
    held_here = true;
    test_raise(&held->begun);
    test_await(&held->let_go, 1);
}

static void answer_held(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    handles = true;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    /* While the loop is sending, it sends for others. */
    while (!held_here && h2conn_write(conn, "x", 1, NULL) == H2CONN_OK) {
    }
}

START_TEST(loop_sleeps_while_a_session_waits_for_a_thread_that_sends) {
    held_send held = {TEST_FLAG, TEST_FLAG};
    const h2conn_server_options options = {.handler = answer_held, .tap = hold_sends, .tap_user = &held};
    test_server s;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, H2_FLAG_END_STREAM);
    test_await(&held.begun, 1);
    close(fd);
    test_await(&slept, 1);
    test_raise(&held.let_go);
    test_server_stop(&s);
}
END_TEST

/* ---- a request taken in outside of a turn ---- */

typedef struct behind {
    _Atomic uint64_t session; /* the first */
    _Atomic size_t heard;
    h2conn *conn; /* of the first handler */
    _Atomic bool first_filled, stuck;
    test_flag filled, held, let_go, entered, over;
} behind;

/* The first session's octets are counted; the other one's first keep the loop. */
static void count_or_hold(void *user, uint64_t session, bool sent, const void *bytes, size_t len) {
    behind *b = user;
    uint64_t none = 0;
    (void)bytes;
    atomic_compare_exchange_strong(&b->session, &none, session);
    if (session == atomic_load(&b->session)) {
        if (!sent) atomic_fetch_add(&b->heard, len);
    } else if (!sent && b->held.count == 0) {
        test_raise(&b->held);
        test_await(&b->let_go, 1);
    }
}

/* The first writes until its client's socket takes no more. */
static void fill_or_enter(void *user, h2conn_request *request) {
    static const char block[10000];
    behind *b = user;
    h2conn *conn;
    if (atomic_exchange(&b->first_filled, true)) {
        test_raise(&b->entered);
        return;
    }
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    b->conn = conn;
    test_raise(&b->filled);
    while (!atomic_load(&b->stuck))
        if (h2conn_try_write(conn, block, sizeof block) <= 0) sched_yield();
    test_raise(&b->filled);
    test_await(&b->over, 1);
}

/* All that the server's socket took. */
static void make_room(int fd, h2conn *conn) {
    static char bytes[100000];
    pthread_mutex_lock(&conn->session->lock);
    size_t n = conn->session->link.sent;
    pthread_mutex_unlock(&conn->session->lock);
    for (size_t some; n > 0; n -= some) {
        some = n < sizeof bytes ? n : sizeof bytes;
        ck_assert(test_read_raw(fd, bytes, some));
    }
}

/* What was sent is in one of the two sockets, and no more goes. */
static bool is_stuck(int fd, h2conn *conn) {
    posix_session *s = conn->session;
    int unread = 0, unsent = 0;
    pthread_mutex_lock(&s->lock);
    struct pollfd server = {.fd = s->socket.fd, .events = POLLOUT};
    const bool full = poll(&server, 1, 0) == 0 && h2conn_link_pending(&s->link) > 0;
    ck_assert_int_eq(ioctl(s->socket.fd, SIOCOUTQ, &unsent), 0);
    ck_assert_int_eq(ioctl(fd, FIONREAD, &unread), 0);
    const bool all = s->link.sent == (uint64_t)unread + (uint64_t)unsent;
    pthread_mutex_unlock(&s->lock);
    return full && all;
}

/* A client with the widest windows that has asked for more than it reads. Returns the octets it sent. */
static size_t ask_for_much(int fd) {
    test_write_raw(fd, H2_PREFACE, H2_PREFACE_BYTES);
    test_write_frame(fd, H2_SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff", H2_SETTING_BYTES);
    test_write_frame(fd, H2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", H2_U32_BYTES);
    test_write_post(fd, 1, H2_FLAG_END_STREAM);
    return H2_PREFACE_BYTES + 2 * H2_FRAME_HEADER_BYTES + H2_SETTING_BYTES + H2_U32_BYTES + POST_BYTES;
}

/* A request waits behind PINGs for whose answers there is no room, until a drain finds that there is: its handler is
 * called before the loop looks for anything else, which might not come. */
START_TEST(loop_calls_a_handler_for_what_a_drain_takes_in) {
    behind b = {.filled = TEST_FLAG, .held = TEST_FLAG, .let_go = TEST_FLAG, .entered = TEST_FLAG, .over = TEST_FLAG};
    const h2conn_server_options options = {.handler = fill_or_enter, .user = &b, .tap = count_or_hold, .tap_user = &b};
    test_server s;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    size_t asked = ask_for_much(fd);
    test_await(&b.filled, 1);
    while (!is_stuck(fd, b.conn)) sched_yield();
    atomic_store(&b.stuck, true);
    test_await(&b.filled, 2);
    for (int i = 0; i < 10; i++) test_write_frame(fd, H2_PING, 0, 0, "12345678", H2_PING_BYTES);
    test_write_post(fd, 3, H2_FLAG_END_STREAM);
    asked += 10 * (H2_FRAME_HEADER_BYTES + H2_PING_BYTES) + POST_BYTES;
    while (atomic_load(&b.heard) < asked) sched_yield();
    const int other = test_dial_raw(s.url);
    test_greet_server(other);
    test_await(&b.held, 1);
    ck_assert_int_eq(b.entered.count, 0);
    make_room(fd, b.conn);
    h2conn_server_drain(s.server, -1);
    atomic_store(&before_events, &b.entered);
    test_raise(&b.let_go);
    test_await(&b.entered, 1);
    test_raise(&b.over);
    close(fd), close(other);
    test_server_join(&s);
}
END_TEST

/* ---- */

START_TEST(server_by_events_refuses_wrong_arguments) {
    const h2conn_events events = {.on_open = test_accept_only};
    const h2conn_server_options both = {.handler = test_echo, .events = &events};
    h2conn_server *server;
    const void *bytes;
    ck_assert_int_eq(h2conn_server_new(&server, &both), H2CONN_EINVAL);
    ck_assert_ptr_null(h2conn_request_hold(NULL));
    ck_assert_int_eq(h2conn_try_read(NULL, &server, 1), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_try_write(NULL, "x", 1), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_peek(NULL, &bytes), H2CONN_EINVAL);
    h2conn_skip(NULL, 1);
    h2conn_set_user(NULL, &server);
    ck_assert_ptr_null(h2conn_user(NULL));
}
END_TEST

Suite *contract_loops_suite(void) {
    Suite *suite = suite_create("contract: loops");
    TCase *tc = test_case(suite, "loops");
    tcase_add_test(tc, loops_share_the_connections_and_keep_them);
    tcase_add_test(tc, loops_do_not_join_a_port_that_is_taken);
    tcase_add_test(tc, loops_listen_all_or_none);
    tcase_add_test(tc, loop_sleeps_while_a_session_waits_for_a_thread_that_sends);
    tcase_add_test(tc, loop_calls_a_handler_for_what_a_drain_takes_in);
    tcase_add_test(tc, server_by_events_refuses_wrong_arguments);
    return suite;
}
