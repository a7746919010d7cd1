/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "fault_suites.h"
#include "fault_talk.h"

/* A connection that is reset after every number of bytes: both ends notice, and the server goes on serving. */

#define TEST_SECONDS 300
/* A short talk, so that every offset can be tried. */
#define BYTES 20u
#define NEVER SIZE_MAX

typedef struct relay {
    const fault_talk *talk;
    int listening;
    uint16_t server;
    size_t cut;    /* reset when this many bytes went through, both ways together */
    size_t passed; /* of the last connection */
} relay;

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int dial(uint16_t port) {
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void reset(int fd) {
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

/* Pass on what is there, up to the cut. False at an end, or when it is reached. */
static bool pass(relay *r, int from, int to) {
    char buf[4096];
    size_t most = r->cut - r->passed < sizeof buf ? r->cut - r->passed : sizeof buf;
    if (most == 0) return false;
    ssize_t n = recv(from, buf, most, 0);
    if (n <= 0 || send(to, buf, (size_t)n, MSG_NOSIGNAL) != n) return false;
    r->passed += (size_t)n;
    return r->passed < r->cut;
}

static void *run_relay(void *arg) {
    relay *r = arg;
    int client = accept(r->listening, NULL, NULL), server = dial(r->server);
    struct pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    bool going = r->cut > 0;
    r->passed = 0;
    while (going) {
        ck_assert_int_gt(poll(ends, 2, FAULT_PATIENCE_MS), 0);
        if (ends[0].revents) going = pass(r, client, server);
        if (going && ends[1].revents) going = pass(r, server, client);
    }
    reset(client);
    reset(server);
    return NULL;
}

static int talk_through(relay *r, size_t cut) {
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    char url[64];
    pthread_t thread;
    r->cut = cut;
    ck_assert_int_eq(getsockname(r->listening, (struct sockaddr *)&at, &len), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    ck_assert_int_eq(pthread_create(&thread, NULL, run_relay, r), 0);
    int error = r->talk->ask(url, BYTES);
    pthread_join(thread, NULL);
    return error;
}

static void *serve(void *server) {
    h2conn_server_run(server);
    return NULL;
}

static void cut_everywhere(relay *r, const char *url) {
    int lost = 0;
    ck_assert_int_eq(talk_through(r, NEVER), H2CONN_OK);
    size_t whole = r->passed;
    for (size_t cut = 0; cut < whole; cut++) {
        int error = talk_through(r, cut);
        /* The last bytes are only said when the talk is over. */
        bool known = error == H2CONN_OK || error == H2CONN_ELOST || error == H2CONN_EGOAWAY || error == H2CONN_ECONNECT;
        ck_assert_msg(known, "cut after %zu of %zu bytes: %s", cut, whole, h2conn_error_name(error));
        lost += error != H2CONN_OK;
        if (cut % 50 == 0) ck_assert_int_eq(r->talk->ask(url, BYTES), H2CONN_OK);
    }
    ck_assert_int_gt(lost, (int)(whole / 2));
}

START_TEST(fault_of_a_connection_cut_at_every_byte_is_told_at_both_ends) {
    char address[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 8];
    struct sockaddr_in any = loopback(0);
    h2conn_server *server;
    pthread_t thread;
    relay r = {.talk = &fault_talks[_i], .listening = socket(AF_INET, SOCK_STREAM, 0)};
    ck_assert_int_eq(bind(r.listening, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(r.listening, 8), 0);
    ck_assert_int_eq(fault_server_new(&server, r.talk), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(server, "http://127.0.0.1:0", address), H2CONN_OK);
    snprintf(url, sizeof url, "http://%s", address);
    r.server = (uint16_t)atoi(strrchr(address, ':') + 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, server), 0);
    cut_everywhere(&r, url);
    h2conn_server_stop(server);
    pthread_join(thread, NULL);
    h2conn_server_free(server);
    close(r.listening);
}
END_TEST

Suite *fault_cut_suite(void) {
    Suite *suite = suite_create("fault: cut");
    TCase *tc = tcase_create("cut");
    tcase_set_timeout(tc, TEST_SECONDS);
    tcase_add_loop_test(tc, fault_of_a_connection_cut_at_every_byte_is_told_at_both_ends, 0, FAULT_TALKS);
    suite_add_tcase(suite, tc);
    return suite;
}
