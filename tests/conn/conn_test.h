/* SPDX-License-Identifier: MIT */
#ifndef CONN_TEST_H
#define CONN_TEST_H

/* What the suites of the connection layer share: a server in a thread, bytes that can be told from one another, and
 * ways to wait for a state instead of for time. */

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2conn_events.h"

/* No test runs longer than this, sanitizers included. */
#define TEST_SECONDS 120
/* Nothing that is to happen takes longer than this. */
#define TEST_PATIENCE_MS 60000

/* ---- a server and connections to it ---- */

typedef struct test_server {
    h2conn_server *server;
    h2conn_events events; /* of test_server_answer */
    pthread_t thread;
    char url[H2CONN_WHY_BYTES]; /* http://127.0.0.1:port */
} test_server;

/* Serve on loopback, or at a URL, in a thread. */
void test_server_start(test_server *s, const h2conn_server_options *options);
void test_server_start_at(test_server *s, const h2conn_server_options *options, const char *url);
/* The same with only a handler. */
void test_server_handle(test_server *s, h2conn_handler handler, void *user);
/* The same with a handler that does not wait, which can be called as on_open too. */
void test_server_answer(test_server *s, h2conn_handler handler, void *user);
/* Stop, wait for run to return, free. */
void test_server_stop(test_server *s);
/* Wait for run to return by itself, free. */
void test_server_join(test_server *s);

/* A host with as many addresses as contract_addresses.c says, for the resolver that the tests put before the system's. */
struct addrinfo;
#define TEST_MANY_HOST "many.test"
int test_many_addresses(const char *service, const struct addrinfo *hints, struct addrinfo **out);

/* Connect with `client` (may be NULL); the status must be 200. */
h2conn *test_connect(const char *url, h2conn_client *client);
/* Connect, which must fail. Returns the error; the answer is in `response`. */
int test_connect_error(const char *url, const h2conn_options *options, h2conn_response *response);

/* The styles of a server, and that of a client without threads. What each test sees of them is the same. */
typedef enum test_style { TEST_BLOCKING, TEST_EVENTS, TEST_MANY_LOOPS, TEST_OWN_LOOP, TEST_STYLES } test_style;
/* Add tests once for each style: the servers they start with one of the handlers below, or with test_server_answer, are
 * of that style. */
void test_each_style(Suite *suite, void (*add)(TCase *tc));
/* Those of a server alone: for tests that need a session for each connection. */
void test_each_server_style(Suite *suite, void (*add)(TCase *tc));

/* The client that connections of TEST_OWN_LOOP share, driven by a loop of the test's: made before the test, ended after
 * it. NULL in other styles. */
void test_manual_begin(void);
void test_manual_end(void);
h2conn_client *test_manual(void);

/* Handlers, each with events that do the same: give back what comes and then the end; accept and return. */
void test_echo(void *user, h2conn_request *request);
void test_accept_only(void *user, h2conn_request *request);

/* ---- bytes ---- */

/* The byte at an offset of pattern `seed`. */
uint8_t test_byte(uint64_t offset, uint32_t seed);
void test_fill(uint8_t *out, size_t len, uint64_t offset, uint32_t seed);
/* Write `len` bytes of a pattern in pieces of random sizes; the first error, or H2CONN_OK. */
int test_write_pattern(h2conn *conn, uint64_t len, uint32_t seed);
/* Read to the end and compare. Returns the count, an error, or fails the test at a byte that differs. */
int64_t test_read_pattern(h2conn *conn, uint32_t seed);
/* Write a word and read as many bytes, which must be the same. */
void test_ask(h2conn *conn, const char *word);

/* ---- waiting for a state ---- */

/* A flag one thread raises and others wait for. */
typedef struct test_flag {
    pthread_mutex_t lock;
    pthread_cond_t raised;
    int count;
} test_flag;

#define TEST_FLAG                                                                                                      \
    { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }
void test_raise(test_flag *flag);
/* Wait until it was raised `count` times; the test fails when that takes too long. */
void test_await(test_flag *flag, int count);

/* Wait until `n` threads are blocked in calls on the connection, seen in its own list. */
void test_await_blocked(h2conn *conn, unsigned n);

/* ---- raw peers ---- */

/* A server that is a script: one accepted socket and what to do with it. Returning from it ends our side of the socket,
 * hears the client out and closes. */
typedef void (*test_script)(int fd, void *user);
typedef struct test_raw {
    int listening;
    pthread_t thread;
    test_script script;
    void *user;
    char url[H2CONN_WHY_BYTES];
} test_raw;
void test_raw_start(test_raw *raw, test_script script, void *user);
void test_raw_join(test_raw *raw);

/* A plain listening socket on 127.0.0.1; its URL goes to `url`. */
int test_listen_raw(char url[H2CONN_WHY_BYTES]);
/* A plain connected socket to a URL of 127.0.0.1. */
int test_dial_raw(const char *url);
/* Write all; read exactly `len` bytes, false at the end or an error before. */
void test_write_raw(int fd, const void *bytes, size_t len);
bool test_read_raw(int fd, void *bytes, size_t len);

/* A frame read from a raw socket; payloads up to 16,384 octets. False at the end. */
typedef struct test_frame {
    h2_frame_header header;
    uint8_t payload[H2_FRAME_SIZE_MIN];
} test_frame;
bool test_read_frame(int fd, test_frame *frame);
/* The next frame of a type, others passed over. */
bool test_await_frame(int fd, test_frame *frame, uint8_t type);
void test_write_frame(int fd, uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t len);
/* A raw server's start: read the client's preface, send SETTINGS and acknowledge the client's. `settings` are octets of
 * records. */
void test_greet_client(int fd, const void *settings, size_t len);
/* A raw client's: send preface and SETTINGS. */
void test_greet_server(int fd);
/* Wait for the client's request; returns its stream. */
uint32_t test_await_request(int fd);
/* HEADERS of a 200 response, and of a POST request to "/". */
void test_write_ok(int fd, uint32_t id, uint8_t flags);
void test_write_post(int fd, uint32_t id, uint8_t flags);

/* A test case of a name with TEST_SECONDS, added to the suite. */
TCase *test_case(Suite *suite, const char *name);

#endif
