/* SPDX-License-Identifier: MIT */
#include "net_tls.h"
#include <stdint.h>
#include <string.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>

#define PROTOCOL "h2"
/* The largest flight of a handshake, and the largest record of data. */
#define HOLD_BYTES 2048

static WOLFSSL_CTX *context;
static WOLFSSL *ssl;
static h2conn_transport lower;
static ptrdiff_t recv_wants, send_wants; /* what the level below last said */
static uint8_t hold[HOLD_BYTES];         /* sealed octets that the level below has not taken */
static size_t held;
static int failure;
static bool agreed;

static int pull(WOLFSSL *unused, char *buf, int len, void *ctx) {
    (void)unused;
    (void)ctx;
    const ptrdiff_t n = lower.recv(lower.ctx, buf, (size_t)len);
    if (n > 0) return (int)n;
    recv_wants = n;
    if (n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE) return WOLFSSL_CBIO_ERR_WANT_READ;
    return n == H2CONN_TRANSPORT_END ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_CONN_RST;
}

/* Send what is held. Returns 0 when nothing is left, else why not. */
static ptrdiff_t flush(void) {
    size_t sent = 0;
    ptrdiff_t n = 0;
    while (sent < held && (n = lower.send(lower.ctx, hold + sent, held - sent)) > 0) sent += (size_t)n;
    held -= sent;
    memmove(hold, hold + sent, held);
    return held == 0 ? 0 : n;
}

/* wolfSSL 5.5 miscounts a write that it has to repeat, so it is never made to: a record goes whole, or waits here. */
static int push(WOLFSSL *unused, char *buf, int len, void *ctx) {
    const size_t room = sizeof hold, n = (size_t)len < room ? (size_t)len : room;
    (void)unused;
    (void)ctx;
    send_wants = flush();
    if (send_wants == H2CONN_TRANSPORT_WANT_READ || send_wants == H2CONN_TRANSPORT_WANT_WRITE)
        return WOLFSSL_CBIO_ERR_WANT_WRITE;
    if (send_wants != 0) return WOLFSSL_CBIO_ERR_CONN_RST;
    memcpy(hold, buf, n);
    held = n;
    flush();
    return (int)n;
}

/* What a call that gave `ret` means to the caller. */
static ptrdiff_t outcome(int ret) {
    const int error = wolfSSL_get_error(ssl, ret);
    if (error == WOLFSSL_ERROR_WANT_READ) return recv_wants;
    if (error == WOLFSSL_ERROR_WANT_WRITE) return send_wants;
    if (error == WOLFSSL_ERROR_ZERO_RETURN) return H2CONN_TRANSPORT_END;
    failure = error;
    return error == SOCKET_PEER_CLOSED_E || error == SOCKET_ERROR_E ? H2CONN_TRANSPORT_ELOST : H2CONN_TRANSPORT_ETLS;
}

static bool agreed_on_h2(void) {
    char *name = NULL;
    unsigned short len = 0;
    return wolfSSL_ALPN_GetProtocol(ssl, &name, &len) == WOLFSSL_SUCCESS && len == sizeof PROTOCOL - 1 &&
           memcmp(name, PROTOCOL, len) == 0;
}

static ptrdiff_t shake_hands(void) {
    if (failure != 0) return H2CONN_TRANSPORT_ETLS;
    if (agreed) return 1;
    const int ret = wolfSSL_negotiate(ssl);
    if (ret != WOLFSSL_SUCCESS) return outcome(ret);
    if (!agreed_on_h2()) {
        failure = UNKNOWN_ALPN_PROTOCOL_NAME_E;
        return H2CONN_TRANSPORT_ETLS;
    }
    agreed = true;
    return 1;
}

static ptrdiff_t tls_recv(void *ctx, void *buf, size_t len) {
    (void)ctx;
    flush();
    const ptrdiff_t ready = shake_hands();
    if (ready <= 0) return ready;
    const int n = wolfSSL_read(ssl, buf, (int)len);
    return n > 0 ? n : outcome(n);
}

static ptrdiff_t tls_send(void *ctx, const void *buf, size_t len) {
    (void)ctx;
    send_wants = flush();
    if (send_wants != 0) return send_wants;
    const ptrdiff_t ready = shake_hands();
    if (ready <= 0) return ready;
    const int n = wolfSSL_write(ssl, buf, (int)len);
    return n > 0 ? n : outcome(n);
}

static int open_over(const h2conn_transport *below, h2conn_transport *above) {
    char protocol[] = PROTOCOL;
    wolfSSL_CTX_SetIORecv(context, pull);
    wolfSSL_CTX_SetIOSend(context, push);
    ssl = wolfSSL_new(context);
    if (ssl == NULL) return MEMORY_E;
    lower = *below;
    *above = (h2conn_transport){tls_recv, tls_send, NULL};
    const int set = wolfSSL_UseALPN(ssl, protocol, sizeof protocol - 1, WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    return set == WOLFSSL_SUCCESS ? 0 : set;
}

#ifndef NO_WOLFSSL_CLIENT
int net_tls_client(const h2conn_transport *below, const net_der *authority, const char *name, h2conn_transport *above) {
    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (context == NULL) return MEMORY_E;
    int result = wolfSSL_CTX_load_verify_buffer(context, authority->bytes, (long)authority->len, WOLFSSL_FILETYPE_ASN1);
    if (result != WOLFSSL_SUCCESS) return result;
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
    result = open_over(below, above);
    if (result != 0) return result;
    if (wolfSSL_check_domain_name(ssl, name) != WOLFSSL_SUCCESS) return BAD_FUNC_ARG;
    result = wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name));
    return result == WOLFSSL_SUCCESS ? 0 : result;
}
#endif

#ifndef NO_WOLFSSL_SERVER
int net_tls_server(const h2conn_transport *below, const net_der *certificate, const net_der *key,
                   h2conn_transport *above) {
    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
    if (context == NULL) return MEMORY_E;
    int result =
        wolfSSL_CTX_use_certificate_buffer(context, certificate->bytes, (long)certificate->len, WOLFSSL_FILETYPE_ASN1);
    if (result != WOLFSSL_SUCCESS) return result;
    result = wolfSSL_CTX_use_PrivateKey_buffer(context, key->bytes, (long)key->len, WOLFSSL_FILETYPE_ASN1);
    return result == WOLFSSL_SUCCESS ? open_over(below, above) : result;
}
#endif

bool net_tls_agreed(void) {
    return agreed;
}

int net_tls_error(void) {
    return failure;
}

const char *net_tls_suite(void) {
    return wolfSSL_get_cipher_name(ssl);
}

bool net_tls_close(void) {
    static bool said;
    if (ssl == NULL || failure != 0) return true;
    if (!said) wolfSSL_shutdown(ssl);
    said = true;
    return flush() != H2CONN_TRANSPORT_WANT_WRITE;
}
