/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_client.h"
#include "posix_conn.h"

/* Times of a session that are the hosted side's own, each an option. Those of the engine and of the link are tested
 * with the clock in the test's hand: tests/h2/timeouts.c and conn_link.c. */

/* ---- a security layer whose handshake never ends ---- */

static ptrdiff_t wait_to_receive(void *ctx, void *buf, size_t len) {
    (void)ctx;
    (void)buf;
    (void)len;
    return H2CONN_TRANSPORT_WANT_READ;
}

static ptrdiff_t wait_to_send(void *ctx, const void *buf, size_t len) {
    (void)ctx;
    (void)buf;
    (void)len;
    return H2CONN_TRANSPORT_WANT_READ;
}

static int open_mute(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above) {
    (void)ctx;
    (void)below;
    (void)host;
    *above = (h2conn_transport){wait_to_receive, wait_to_send, NULL};
    return 0;
}

static int shut_mute(h2conn_transport *above) {
    (void)above;
    return 0;
}

static void release_mute(h2conn_transport *above) {
    (void)above;
}

static const char *mute_failure(const h2conn_transport *above) {
    (void)above;
    return NULL;
}

static const h2conn_secure mute = {open_mute, shut_mute, release_mute, mute_failure, NULL};

START_TEST(times_of_a_client_whose_handshake_does_not_end) {
    const h2conn_client_options options = {.secure = &mute, .times = {.handshake_ms = 30}};
    char http[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 1];
    h2conn_client *client;
    h2conn_response response;
    const int listening = test_listen_raw(http);
    strcpy(url, "https");
    strcat(url, http + strlen("http"));
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    const h2conn_options patient = {.client = client, .timeout_ms = -1};
    ck_assert_int_eq(test_connect_error(url, &patient, &response), H2CONN_ELOST);
    ck_assert_ptr_nonnull(strstr(response.why, "handshake"));
    h2conn_client_free(client);
    close(listening);
}
END_TEST

/* Of a session that cannot say anything yet nothing is to be sent first: its end does not wait. */
START_TEST(times_of_ending_are_not_waited_for_in_a_handshake) {
    const h2conn_client_options options = {.secure = &mute, .times = {.handshake_ms = -1}};
    char http[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 1], byte;
    h2conn_client *client;
    h2conn_response response;
    const int listening = test_listen_raw(http);
    strcpy(url, "https");
    strcat(url, http + strlen("http"));
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    const h2conn_options impatient = {.client = client, .timeout_ms = 30};
    do ck_assert_int_eq(test_connect_error(url, &impatient, &response), H2CONN_ETIMEDOUT);
    while (client->sessions == NULL);
    const int fd = accept(listening, NULL, NULL);
    posix_session *s = client->sessions;
    pthread_mutex_lock(&s->lock);
    posix_session_finish(s, H2_NO_ERROR, 10 * TEST_PATIENCE_MS);
    pthread_mutex_unlock(&s->lock);
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
    h2conn_client_free(client);
    close(fd);
    close(listening);
}
END_TEST

START_TEST(times_of_a_server_whose_client_does_not_shake_hands) {
    const h2conn_server_options options = {.handler = test_echo, .secure = &mute, .times = {.handshake_ms = 30}};
    test_server s;
    char byte;
    test_server_start_at(&s, &options, "https://127.0.0.1:0");
    const int fd = test_dial_raw(s.url);
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
    close(fd);
    test_server_stop(&s);
}
END_TEST

/* ---- options arrive where they count ---- */

static const h2conn_times given[] = {
    {0}, {.handshake_ms = 5, .stall_ms = 6, .linger_ms = 7}, {.handshake_ms = -1, .stall_ms = -1, .linger_ms = -1}};
static const h2conn_times meant[] = {{.handshake_ms = 10000, .stall_ms = 60000, .linger_ms = 1000},
                                     {.handshake_ms = 5, .stall_ms = 6, .linger_ms = 7},
                                     {0}};

START_TEST(times_have_defaults_and_can_be_none) {
    const h2_config config = h2_config_hosted(false);
    const h2conn_times times = posix_times_of(&given[_i], &config);
    ck_assert_int_eq(times.handshake_ms, meant[_i].handshake_ms);
    ck_assert_int_eq(times.stall_ms, meant[_i].stall_ms);
    ck_assert_int_eq(times.linger_ms, meant[_i].linger_ms);
}
END_TEST

static void go_away(int fd, void *user) {
    const uint8_t goaway[H2_GOAWAY_FIXED_BYTES] = {0, 0, 0, 1};
    test_greet_client(fd, NULL, 0);
    const uint32_t id = test_await_request(fd);
    test_write_ok(fd, id, H2_FLAG_END_STREAM);
    test_write_frame(fd, H2_GOAWAY, 0, 0, goaway, sizeof goaway);
    test_await(user, 1);
}

/* A session that is over leaves its socket half open until the peer has ended its side, or for the time given. */
START_TEST(times_of_lingering_and_stalling_reach_the_session) {
    const h2conn_client_options options = {.times = {.stall_ms = 4321, .linger_ms = 10 * TEST_PATIENCE_MS}};
    h2conn_client *client;
    test_raw raw;
    test_flag seen = TEST_FLAG;
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    test_raw_start(&raw, go_away, &seen);
    const int64_t before = h2conn_now();
    h2conn *conn = test_connect(raw.url, client);
    posix_session *s = conn->session;
    ck_assert_uint_eq(s->link.stall_ms, 4321);
    ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    pthread_mutex_lock(&s->lock);
    while (s->phase != POSIX_LINGER) {
        pthread_mutex_unlock(&s->lock);
        sched_yield();
        pthread_mutex_lock(&s->lock);
    }
    ck_assert_int_ge(s->finish_at, before + options.times.linger_ms);
    ck_assert_int_le(s->finish_at, h2conn_now() + options.times.linger_ms);
    pthread_mutex_unlock(&s->lock);
    test_raise(&seen);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_raw_join(&raw);
}
END_TEST

Suite *contract_times_suite(void) {
    Suite *suite = suite_create("times");
    TCase *tc = test_case(suite, "times");
    tcase_add_test(tc, times_of_a_client_whose_handshake_does_not_end);
    tcase_add_test(tc, times_of_ending_are_not_waited_for_in_a_handshake);
    tcase_add_test(tc, times_of_a_server_whose_client_does_not_shake_hands);
    tcase_add_loop_test(tc, times_have_defaults_and_can_be_none, 0, (int)(sizeof given / sizeof *given));
    tcase_add_test(tc, times_of_lingering_and_stalling_reach_the_session);
    return suite;
}
