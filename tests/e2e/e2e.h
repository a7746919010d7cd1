/* SPDX-License-Identifier: MIT */
#ifndef E2E_H
#define E2E_H

/* What the end-to-end suites share: certificates, a server in a thread, and bytes that can be told from one another.
 * Everything runs over real sockets on loopback, through the public headers. */

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2conn_events.h"
#include "h2tls.h"

/* No test waits longer than this for one call. */
#define E2E_PATIENCE_MS 20000
/* No test runs longer than this, sanitizers included. */
#define E2E_TEST_SECONDS 240

#define E2E_SUITES(X)                                                                                                  \
    X(e2e_bulk_suite)                                                                                                  \
    X(e2e_fleet_suite)                                                                                                 \
    X(e2e_sessions_suite)                                                                                              \
    X(e2e_halves_suite)                                                                                                \
    X(e2e_trust_suite)                                                                                                 \
    X(e2e_addresses_suite)                                                                                             \
    X(e2e_failures_suite)                                                                                              \
    X(e2e_hostile_suite)

#define E2E_SUITE_DECLARE(suite) Suite *suite(void);
E2E_SUITES(E2E_SUITE_DECLARE)
#undef E2E_SUITE_DECLARE

/* Make the certificates of tests/support/certs.sh in a directory of their own, and remove it. */
void e2e_certificates_make(void);
void e2e_certificates_remove(void);

/* The path of one of them; it lives until the 16th call from now. */
const char *e2e_file(const char *name);

/* Options of a server that shows server.pem, and of a client that trusts ca.pem. */
h2tls_options e2e_server_tls(void);
h2tls_options e2e_client_tls(void);

typedef struct e2e_server {
    h2conn_server *server;
    h2tls_context *tls;
    pthread_t thread;
    int result; /* of h2conn_server_run, after e2e_server_join */
    char url[H2CONN_WHY_BYTES];
} e2e_server;

/* Serve on `listen`, with TLS when its scheme is https: `tls`, or e2e_server_tls when NULL. The URL with the real port
 * is in `url`. */
void e2e_server_start(e2e_server *s, const char *listen, const h2tls_options *tls, h2conn_handler handler, void *user);
/* The same when it may be impossible to listen there: false then. */
bool e2e_server_try(e2e_server *s, const char *listen, const h2tls_options *tls, h2conn_handler handler, void *user);
void e2e_server_stop(e2e_server *s);
/* Wait for run to end by itself, and release. */
void e2e_server_join(e2e_server *s);

/* Gives back what comes, and then the end. */
void e2e_echo(void *user, h2conn_request *request);

/* Add tests in two cases: in the second, servers with e2e_echo give back by events on two loops. */
void e2e_both_styles(Suite *suite, void (*add)(TCase *tc));

/* A client side with trust; `options` has it set. */
typedef struct e2e_client {
    h2tls_context *tls;
    h2conn_secure secure;
    h2conn_options options;
} e2e_client;

/* With `tls` NULL e2e_client_tls. */
void e2e_client_open(e2e_client *c, const h2tls_options *tls);
void e2e_client_close(e2e_client *c);

/* Connect, which must give status 200. The connection has a read and a write deadline of E2E_PATIENCE_MS. */
h2conn *e2e_connect(const e2e_client *c, const char *url);
/* Connect with these TLS options, which must fail. Returns the error; the sentence is in `why`. */
int e2e_connect_error(const char *url, const h2tls_options *tls, char why[H2CONN_WHY_BYTES]);

/* The byte at an offset of the test pattern `seed`. */
uint8_t e2e_byte(uint64_t offset, uint32_t seed);
void e2e_fill(uint8_t *out, size_t len, uint64_t offset, uint32_t seed);

/* Send `len` bytes of a pattern and the end; 0, or an error. */
int e2e_send(h2conn *conn, uint64_t len, uint32_t seed);
/* Read to the peer's end and compare. Returns the number of bytes, or an error; H2CONN_EINVAL for a byte that differs.
 */
int64_t e2e_receive(h2conn *conn, uint32_t seed);
/* Both at once, with a thread: `len` bytes of a pattern go out while as many of another come in. 0, or an error. */
int e2e_both_ways(h2conn *conn, uint64_t len, uint32_t send_seed, uint32_t receive_seed);

/* Write a word and read as many bytes, which must be the same. */
void e2e_ask(h2conn *conn, const char *word);

/* A plain listening socket on 127.0.0.1, its port in `url` behind `scheme`. */
int e2e_listen_raw(const char *scheme, char url[H2CONN_WHY_BYTES]);
/* A plain connected socket to the server of a URL with an IPv4 address. */
int e2e_dial_raw(const char *url);

#endif
