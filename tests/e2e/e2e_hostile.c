/* SPDX-License-Identifier: MIT */
/* Bytes that are no HTTP/2, or break its rules: they cost the sender its connection, with the right code, and nobody
 * else anything. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "e2e.h"

#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define START    H2_PREFACE SETTINGS
#define NO_CODE  0xffffffffu

/* clang-format off */
static const struct hostile {
    const char *label, *bytes;
    size_t len;
    uint32_t code; /* of GOAWAY; NO_CODE for none that can be expected */
} hostile[] = {
#define ROW(label, code, bytes) {label, bytes, sizeof(bytes) - 1, code}
    ROW("HTTP/1.1 (3.4)", NO_CODE, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ROW("noise (3.4)", NO_CODE, "\x01\x80\xff\x7f\x00\x55\xaa\x13\x01\x80\xff\x7f\x00\x55\xaa\x13\x01\x80\xff\x7f\x00\x55\xaa\x13\x01\x80\xff\x7f"),
    ROW("a preface that goes wrong at its end (3.4)", NO_CODE, "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX" SETTINGS),
    ROW("PING before SETTINGS (3.4)", H2_PROTOCOL_ERROR, H2_PREFACE "\0\0\x08\6\0\0\0\0\0" "12345678"),
    ROW("a frame longer than SETTINGS_MAX_FRAME_SIZE (4.2)", H2_FRAME_SIZE_ERROR, START "\xff\xff\xff\0\0\0\0\0\1"),
    ROW("SETTINGS of 5 octets (6.5)", H2_FRAME_SIZE_ERROR, H2_PREFACE "\0\0\5\4\0\0\0\0\0" "12345"),
    ROW("DATA on stream 0 (6.1)", H2_PROTOCOL_ERROR, START "\0\0\1\0\0\0\0\0\0" "x"),
    ROW("DATA on an idle stream (5.1)", H2_PROTOCOL_ERROR, START "\0\0\1\0\0\0\0\0\5" "x"),
    ROW("HEADERS on an even stream (5.1.1)", H2_PROTOCOL_ERROR, START "\0\0\1\1\5\0\0\0\2" "\x82"),
    ROW("a header block with index 0 (4.3)", H2_COMPRESSION_ERROR, START "\0\0\1\1\5\0\0\0\1" "\x80"),
    ROW("a header block that lies about a length (4.3)", H2_COMPRESSION_ERROR, START "\0\0\3\1\5\0\0\0\1" "\0\x7f" "x"),
    ROW("padding longer than the frame (6.2)", H2_PROTOCOL_ERROR, START "\0\0\2\1\x0c\0\0\0\1" "\xff\x82"),
    ROW("CONTINUATION out of nowhere (6.10)", H2_PROTOCOL_ERROR, START "\0\0\1\x09\4\0\0\0\1" "\x82"),
    ROW("PUSH_PROMISE from a client (8.4)", H2_PROTOCOL_ERROR, START "\0\0\5\5\4\0\0\0\1" "\0\0\0\2\x82"),
    ROW("WINDOW_UPDATE of 0 on the connection (6.9)", H2_PROTOCOL_ERROR, START "\0\0\4\x08\0\0\0\0\0" "\0\0\0\0"),
    ROW("a window beyond 2^31-1 (6.9.1)", H2_FLOW_CONTROL_ERROR, START "\0\0\4\x08\0\0\0\0\0" "\x7f\xff\xff\xff"),
    ROW("SETTINGS_INITIAL_WINDOW_SIZE of 2^31 (6.5.2)", H2_FLOW_CONTROL_ERROR, H2_PREFACE "\0\0\6\4\0\0\0\0\0" "\0\4\x80\0\0\0"),
};
/* clang-format on */

/* Read to the end of the connection, which must come, and find the code of a GOAWAY frame on the way. */
static uint32_t read_goaway(int fd) {
    static uint8_t bytes[65536];
    struct timeval patience = {E2E_PATIENCE_MS / 1000, 0};
    size_t len = 0, at = 0;
    uint32_t code = NO_CODE;
    ssize_t n;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (len < sizeof bytes && (n = read(fd, bytes + len, sizeof bytes - len)) > 0) len += (size_t)n;
    ck_assert_msg(n >= 0, "the server did not end the connection in good order");
    while (len - at >= H2_FRAME_HEADER_BYTES) {
        h2_frame_header header;
        h2_goaway goaway;
        h2_frame_header_read(&header, bytes + at);
        at += H2_FRAME_HEADER_BYTES;
        if (header.length > len - at) break;
        if (header.type == H2_GOAWAY && header.length >= H2_GOAWAY_FIXED_BYTES) {
            h2_goaway_read(&goaway, bytes + at);
            code = goaway.code;
        }
        at += header.length;
    }
    return code;
}

START_TEST(hostile_bytes_end_their_connection_and_no_other) {
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    e2e_client_open(&client, NULL);
    h2conn *bystander = e2e_connect(&client, server.url);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const struct hostile *h = &hostile[i];
        int fd = e2e_dial_raw(server.url);
        ck_assert_int_eq(write(fd, h->bytes, h->len), (ssize_t)h->len);
        uint32_t code = read_goaway(fd);
        ck_assert_msg(h->code == NO_CODE || code == h->code, "%s: %s, not %s", h->label, h2_code_name(code),
                      h2_code_name(h->code));
        close(fd);
        e2e_ask(bystander, h->label);
    }
    h2conn *next = e2e_connect(&client, server.url);
    e2e_ask(next, "next");
    h2conn_free(next);
    h2conn_free(bystander);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}
END_TEST

START_TEST(hostile_bytes_cut_off_anywhere_do_no_harm) {
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, _i ? "https://127.0.0.1:0" : "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        for (size_t len = 0; len <= hostile[i].len; len++) {
            int fd = e2e_dial_raw(server.url);
            if (len) ck_assert_int_gt(write(fd, hostile[i].bytes, len), 0);
            close(fd);
        }
    e2e_client_open(&client, NULL);
    h2conn *next = e2e_connect(&client, server.url);
    e2e_ask(next, "next");
    h2conn_free(next);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}
END_TEST

/* RFC 9113, 10.5: the socket does not stay for a peer that reads nothing and would go on sending for ever. */
START_TEST(a_peer_that_broke_a_rule_and_does_not_end_is_closed) {
    static const uint8_t oversize[] = START "\xff\xff\xff\0\0\0\0\0\1", more[65536];
    e2e_server server;
    e2e_server_start(&server, "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    int fd = e2e_dial_raw(server.url);
    ck_assert_int_eq(write(fd, oversize, sizeof oversize - 1), sizeof oversize - 1);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (send(fd, more, sizeof more, MSG_NOSIGNAL) >= 0 || errno == EAGAIN) {
        struct pollfd writable = {fd, POLLOUT, 0};
        ck_assert_int_gt(poll(&writable, 1, E2E_PATIENCE_MS), 0);
    }
    close(fd);
    e2e_server_stop(&server);
}
END_TEST

/* Connections that say nothing, or not enough, take nobody's turn. */
START_TEST(silent_connections_hold_up_nobody) {
    enum { SILENT = 50 };
    e2e_server server;
    e2e_client client;
    int fds[SILENT];
    e2e_server_start(&server, _i ? "https://127.0.0.1:0" : "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    for (int i = 0; i < SILENT; i++) {
        fds[i] = e2e_dial_raw(server.url);
        if (i % 2) ck_assert_int_eq(write(fds[i], H2_PREFACE, 10), 10);
    }
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    e2e_ask(conn, "hello");
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
    for (int i = 0; i < SILENT; i++) close(fds[i]);
}
END_TEST

/* What a server may answer to our client, and what the client makes of it. */
static const struct answer {
    const char *label, *scheme, *bytes;
    size_t len;
    int error, other; /* either is right */
} answers[] = {
#define ANSWER(label, scheme, error, other, bytes)                                                                     \
    { label, scheme, bytes, sizeof(bytes) - 1, error, other }
    ANSWER("HTTP/1.1", "http", H2CONN_EHTTP2, H2CONN_EHTTP2, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    ANSWER("another protocol", "http", H2CONN_EHTTP2, H2CONN_EPROTOCOL, "SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
    ANSWER("nothing", "http", H2CONN_EHTTP2, H2CONN_ELOST, ""),
    ANSWER("GOAWAY", "http", H2CONN_EGOAWAY, H2CONN_EGOAWAY,
           SETTINGS "\0\0\x08\7\0\0\0\0\0"
                    "\0\0\0\0\0\0\0\0"),
    ANSWER("a response that lies about its length", "http", H2CONN_EPROTOCOL, H2CONN_EPROTOCOL,
           SETTINGS "\0\0\3\1\4\0\0\0\1"
                    "\0\x7f"
                    "x"),
    ANSWER("PUSH_PROMISE", "http", H2CONN_EPROTOCOL, H2CONN_EPROTOCOL,
           SETTINGS "\0\0\5\5\4\0\0\0\1"
                    "\0\0\0\2\x82"),
    ANSWER("RST_STREAM", "http", H2CONN_EGOAWAY, H2CONN_ERESET,
           SETTINGS "\0\0\4\3\0\0\0\0\1"
                    "\0\0\0\7"),
    ANSWER("no TLS", "https", H2CONN_ETLS, H2CONN_ETLS, "HTTP/1.1 400 Bad Request\r\n\r\n"),
    ANSWER("nothing instead of TLS", "https", H2CONN_ETLS, H2CONN_ELOST, ""),
};

typedef struct raw_server {
    int fd;
    const struct answer *answer;
} raw_server;

/* Waits for the client's first bytes, answers, and hears it out, so that nothing of the answer is lost. */
static void *raw_server_run(void *user) {
    raw_server *s = user;
    char byte[1024];
    int fd = accept(s->fd, NULL, NULL);
    if (read(fd, byte, sizeof byte) > 0 && write(fd, s->answer->bytes, s->answer->len) == (ssize_t)s->answer->len) {
        shutdown(fd, SHUT_WR);
        while (read(fd, byte, sizeof byte) > 0) {
        }
    }
    close(fd);
    return NULL;
}

START_TEST(a_wrong_answer_is_an_error_that_names_it) {
    char url[H2CONN_WHY_BYTES], why[H2CONN_WHY_BYTES];
    const struct answer *a = &answers[_i];
    raw_server s = {e2e_listen_raw(a->scheme, url), a};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, raw_server_run, &s), 0);
    int error = e2e_connect_error(url, NULL, why);
    ck_assert_msg(error == a->error || error == a->other, "%s: %s: %s", a->label, h2conn_error_name(error), why);
    pthread_join(thread, NULL);
    close(s.fd);
}
END_TEST

static void add_of_both_styles(TCase *tc) {
    tcase_add_test(tc, hostile_bytes_end_their_connection_and_no_other);
    tcase_add_loop_test(tc, hostile_bytes_cut_off_anywhere_do_no_harm, 0, 2);
    tcase_add_loop_test(tc, silent_connections_hold_up_nobody, 0, 2);
}

Suite *e2e_hostile_suite(void) {
    Suite *suite = suite_create("end to end: hostile peers");
    TCase *tc = tcase_create("hostile");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_test(tc, a_peer_that_broke_a_rule_and_does_not_end_is_closed);
    tcase_add_loop_test(tc, a_wrong_answer_is_an_error_that_names_it, 0, (int)(sizeof answers / sizeof *answers));
    suite_add_tcase(suite, tc);
    e2e_both_styles(suite, add_of_both_styles);
    return suite;
}
