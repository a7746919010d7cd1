/* SPDX-License-Identifier: MIT */
/* A peer made of wolfSSL alone, in the shape of a transport, to say and do what the layer under test never would. */

#include "tls_test.h"

#include <stdio.h>
#include <string.h>
#include <wolfssl/error-ssl.h>

static int raw_below_recv(WOLFSSL *ssl, char *buf, int len, void *ctx) {
    const h2conn_transport *below = ctx;
    (void)ssl;
    ptrdiff_t n = below->recv(below->ctx, buf, (size_t)len);
    if (n > 0) return (int)n;
    return n == H2CONN_TRANSPORT_WANT_READ ? WOLFSSL_CBIO_ERR_WANT_READ : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static int raw_below_send(WOLFSSL *ssl, char *buf, int len, void *ctx) {
    const h2conn_transport *below = ctx;
    (void)ssl;
    ptrdiff_t n = below->send(below->ctx, buf, (size_t)len);
    if (n > 0) return (int)n;
    return n == H2CONN_TRANSPORT_WANT_WRITE ? WOLFSSL_CBIO_ERR_WANT_WRITE : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static ptrdiff_t raw_result(WOLFSSL *ssl, int n) {
    if (n > 0) return n;
    switch (wolfSSL_get_error(ssl, n)) {
    case WOLFSSL_ERROR_WANT_READ: return H2CONN_TRANSPORT_WANT_READ;
    case WOLFSSL_ERROR_WANT_WRITE: return H2CONN_TRANSPORT_WANT_WRITE;
    case WOLFSSL_ERROR_ZERO_RETURN: return H2CONN_TRANSPORT_END;
    default: return H2CONN_TRANSPORT_ETLS;
    }
}

/* wolfSSL_read and wolfSSL_write forget the last flight when it did not fit below; these calls do not. */
static bool shake_hands(tls_pair *pair) {
    if (pair->raw_done) return true;
    int ret = pair->raw_side == SERVER ? wolfSSL_accept(pair->raw) : wolfSSL_connect(pair->raw);
    return pair->raw_done = ret == WOLFSSL_SUCCESS;
}

static ptrdiff_t raw_recv(void *ctx, void *buf, size_t len) {
    tls_pair *pair = ctx;
    return raw_result(pair->raw, shake_hands(pair) ? wolfSSL_read(pair->raw, buf, (int)len) : -1);
}

static ptrdiff_t raw_send(void *ctx, const void *buf, size_t len) {
    tls_pair *pair = ctx;
    return raw_result(pair->raw, shake_hands(pair) ? wolfSSL_write(pair->raw, buf, (int)len) : -1);
}

static const char *raw_failure(const h2conn_transport *above) {
    (void)above;
    return NULL;
}

static void show_certificate(WOLFSSL_CTX *wolf, const char *name) {
    char cert[48], key[48];
    if (name == NULL) return;
    snprintf(cert, sizeof cert, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    ck_assert_int_eq(wolfSSL_CTX_use_certificate_chain_file(wolf, tls_file(cert)), WOLFSSL_SUCCESS);
    ck_assert_int_eq(wolfSSL_CTX_use_PrivateKey_file(wolf, tls_file(key), WOLFSSL_FILETYPE_PEM), WOLFSSL_SUCCESS);
}

static void open_connection(tls_pair *pair, const tls_raw *raw) {
    int side = pair->raw_side;
    pair->raw = wolfSSL_new(pair->wolf);
    ck_assert_ptr_nonnull(pair->raw);
    if (side == CLIENT) wolfSSL_UseSessionTicket(pair->raw);
    /* wolfSSL refuses a session that holds nothing to resume. */
    if (raw->resume != NULL) wolfSSL_set_session(pair->raw, raw->resume);
    if (raw->alpn != NULL) {
        char list[64];
        unsigned int len = (unsigned int)strlen(raw->alpn);
        ck_assert_uint_lt(len, sizeof list);
        memcpy(list, raw->alpn, len + 1);
        unsigned char options = raw->alpn_strict ? WOLFSSL_ALPN_FAILED_ON_MISMATCH : WOLFSSL_ALPN_CONTINUE_ON_MISMATCH;
        ck_assert_int_eq(wolfSSL_UseALPN(pair->raw, list, len, options), WOLFSSL_SUCCESS);
    }
    wolfSSL_SetIOReadCtx(pair->raw, &pair->below[side]);
    wolfSSL_SetIOWriteCtx(pair->raw, &pair->below[side]);
    pair->above[side] = (h2conn_transport){.recv = raw_recv, .send = raw_send, .ctx = pair};
    pair->layer[side].failure = raw_failure;
}

void tls_raw_open(tls_pair *pair, const tls_raw *raw) {
    int side = pair->raw_side;
    pair->wolf = wolfSSL_CTX_new(raw->method());
    ck_assert_ptr_nonnull(pair->wolf);
    wolfSSL_CTX_SetIORecv(pair->wolf, raw_below_recv);
    wolfSSL_CTX_SetIOSend(pair->wolf, raw_below_send);
    wolfSSL_CTX_set_verify(pair->wolf, WOLFSSL_VERIFY_NONE, NULL);
    wolfSSL_CTX_clear_mode(pair->wolf, SSL_MODE_AUTO_RETRY);
    if (raw->suites != NULL) ck_assert_int_eq(wolfSSL_CTX_set_cipher_list(pair->wolf, raw->suites), WOLFSSL_SUCCESS);
    show_certificate(pair->wolf, raw->cert != NULL ? raw->cert : side == SERVER ? "server" : NULL);
    if (raw->tickets != 0) wolfSSL_CTX_set_num_tickets(pair->wolf, raw->tickets);
    open_connection(pair, raw);
}

void tls_raw_again(tls_pair *pair, const tls_raw *raw) {
    wolfSSL_free(pair->raw);
    pair->raw_done = false;
    open_connection(pair, raw);
}

void tls_raw_close(tls_pair *pair) {
    wolfSSL_free(pair->raw);
    wolfSSL_CTX_free(pair->wolf);
}
