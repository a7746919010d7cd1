/* SPDX-License-Identifier: MIT */
#ifndef TLS_TEST_H
#define TLS_TEST_H

/* What the TLS suites share: certificates, and a client and a server joined by an in-memory pipe. */

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include "h2tls.h"
#include "pipe.h"

enum { CLIENT = 0, SERVER = 1 };

/* Long before this many rounds something hangs. */
#define TEST_ROUNDS 500000

/* A peer that is wolfSSL itself, without the layer under test. */
typedef struct tls_raw {
    WOLFSSL_METHOD *(*method)(void);
    const char *suites;      /* NULL for what wolfSSL likes */
    const char *alpn;        /* a list separated by commas, NULL to say nothing of ALPN */
    bool alpn_strict;        /* refuse a peer without any of them */
    const char *cert;        /* of its certificate and key; NULL is "server" for a server, none for a client */
    WOLFSSL_SESSION *resume; /* NULL for a handshake of its own */
    unsigned tickets;        /* of a server under TLS 1.3; 0 is one */
} tls_raw;

typedef struct tls_pair {
    test_pipe *pipe;
    h2conn_transport below[2], above[2];
    h2tls_context *tls[2];
    h2conn_secure layer[2];
    WOLFSSL_CTX *wolf; /* of the raw side, where there is one */
    WOLFSSL *raw;
    int raw_side;
    bool raw_done;
} tls_pair;

/* What a pair is made of; zeroes but for the options give a pair for the host "localhost" over a pipe of 64 KiB. */
typedef struct tls_setup {
    h2tls_options options[2];
    const char *host;
    size_t capacity;
    int raw_side; /* with raw */
    const tls_raw *raw;
} tls_setup;

/* Make the certificates in a directory of their own, and remove it. */
void tls_certificates_make(void);
void tls_certificates_remove(void);

/* The full path of a certificate file, or NULL for NULL; it lives until the 16th call from now. */
const char *tls_file(const char *name);

/* A setup where the client trusts ca.pem and the server shows server.pem. */
tls_setup tls_sound(void);

void tls_pair_open(tls_pair *pair, const tls_setup *setup);
void tls_pair_close(tls_pair *pair);

/* Begin anew with the same contexts: a fresh pipe and fresh transports. */
void tls_pair_again(tls_pair *pair, const tls_setup *setup);

/* Make the raw side, its context included. */
void tls_raw_open(tls_pair *pair, const tls_raw *raw);
/* Its next connection, with the same context. */
void tls_raw_again(tls_pair *pair, const tls_raw *raw);
void tls_raw_close(tls_pair *pair);

/* Whether this side is through the handshake. */
bool tls_pair_done(const tls_pair *pair, int side);

/*
 * Let both sides work until each is through the handshake or has failed; the code of each goes to `code`, 0 for
 * success. As under poll, a side that asked for a direction is called again only once that direction is possible.
 */
void tls_pair_handshake(tls_pair *pair, ptrdiff_t code[2]);

/* Open, handshake, and fail the test unless it succeeds. */
void tls_pair_ready(tls_pair *pair, const tls_setup *setup);

/* Call recv of one side, letting the other work, until it gives bytes or ends. */
ptrdiff_t tls_pair_recv(tls_pair *pair, int side, void *buf, size_t len);

/* Send all of it from one side, which must succeed. */
void tls_pair_send(tls_pair *pair, int side, const void *buf, size_t len);

/* Whether a WANT code is fulfilled, so that the call may be repeated; true for any other. */
bool tls_pair_may(const tls_pair *pair, int side, ptrdiff_t code);

/* Send `bytes` from each side at once in calls of up to `call` bytes, and compare every byte that arrives. */
void tls_pair_exchange(tls_pair *pair, size_t bytes, size_t call);

/* Fails the test unless the side failed with this code and a sentence that contains `words`. */
void tls_expect_failure(tls_pair *pair, int side, ptrdiff_t code, ptrdiff_t wanted, const char *words);

/* Turn the clock forward that sessions age by. */
void tls_clock_forward(unsigned seconds);

Suite *tls_handshake_suite(void);
Suite *tls_stream_suite(void);
Suite *tls_records_suite(void);
Suite *tls_trust_suite(void);
Suite *tls_forged_suite(void);
Suite *tls_alpn_suite(void);
Suite *tls_versions_suite(void);
Suite *tls_tamper_suite(void);
Suite *tls_context_suite(void);
Suite *tls_resume_suite(void);
Suite *tls_resume_refused_suite(void);
Suite *tls_ending_suite(void);

#endif
