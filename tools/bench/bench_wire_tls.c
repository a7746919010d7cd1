/* SPDX-License-Identifier: MIT */
/* wolfSSL on a socket and nothing else. A WOLFSSL object is used by one thread at a time, so a lock keeps the client's
 * reader and writer apart; the server has one thread, and waits in its calls. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bench_common.h"
#include "bench_wire.h"

#define RECORD_MAX 16384

/* As the library under test chooses: AES where the processor does it. */
#ifdef WOLFSSL_AESNI
#define SUITE "TLS13-AES128-GCM-SHA256"
#else
#define SUITE "TLS13-CHACHA20-POLY1305-SHA256"
#endif

typedef struct tls {
    bench_wire wire;
    WOLFSSL *ssl;
    pthread_mutex_t lock;
    int fd;
} tls;

static int least(size_t len) {
    return len < RECORD_MAX ? (int)len : RECORD_MAX;
}

/* Wait for what the last call asked for. False when it failed. */
static bool wait_for(const tls *t, int error) {
    struct pollfd p = {t->fd, 0, 0};
    if (error == WOLFSSL_ERROR_WANT_READ) p.events = POLLIN;
    if (error == WOLFSSL_ERROR_WANT_WRITE) p.events = POLLOUT;
    if (p.events == 0) return false;
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

static ptrdiff_t tls_read(bench_wire *wire, void *buf, size_t len) {
    tls *t = (tls *)wire;
    for (;;) {
        pthread_mutex_lock(&t->lock);
        int n = wolfSSL_read(t->ssl, buf, least(len));
        int error = n > 0 ? 0 : wolfSSL_get_error(t->ssl, n);
        pthread_mutex_unlock(&t->lock);
        if (n > 0) return n;
        if (error == WOLFSSL_ERROR_ZERO_RETURN) return 0;
        if (!wait_for(t, error)) return -1;
    }
}

static int tls_write(bench_wire *wire, const void *buf, size_t len) {
    tls *t = (tls *)wire;
    for (size_t done = 0; done < len;) {
        pthread_mutex_lock(&t->lock);
        int n = wolfSSL_write(t->ssl, (const char *)buf + done, least(len - done));
        int error = n > 0 ? 0 : wolfSSL_get_error(t->ssl, n);
        pthread_mutex_unlock(&t->lock);
        if (n > 0)
            done += (size_t)n;
        else if (!wait_for(t, error))
            return -1;
    }
    return 0;
}

static void tls_end(bench_wire *wire) {
    (void)wire;
}

static void tls_close(bench_wire *wire) {
    tls *t = (tls *)wire;
    wolfSSL_free(t->ssl);
    close(t->fd);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static const char *tls_suite(bench_wire *wire) {
    int suite = wolfSSL_get_current_cipher_suite(((tls *)wire)->ssl);
    return wolfSSL_get_cipher_name_iana_from_suite((unsigned char)(suite >> 8), (unsigned char)suite);
}

static bench_wire *tls_new(WOLFSSL_CTX *context, int fd) {
    static const bench_wire_ops ops = {tls_read, tls_write, tls_end, tls_close, tls_suite};
    tls *t = calloc(1, sizeof *t);
    if (!t) bench_die("out of memory");
    t->wire.ops = &ops;
    t->fd = fd;
    t->ssl = wolfSSL_new(context);
    pthread_mutex_init(&t->lock, NULL);
    if (!t->ssl || wolfSSL_set_fd(t->ssl, fd) != WOLFSSL_SUCCESS) bench_die("wolfSSL: no session");
    return &t->wire;
}

static WOLFSSL_CTX *context_new(bool server) {
    char cert[4096], key[4096], ca[4096];
    snprintf(cert, sizeof cert, "%s/server.pem", bench_certs);
    snprintf(key, sizeof key, "%s/server.key", bench_certs);
    snprintf(ca, sizeof ca, "%s/ca.pem", bench_certs);
    wolfSSL_Init();
    WOLFSSL_CTX *context = wolfSSL_CTX_new(server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method());
    bool good = context && wolfSSL_CTX_set_cipher_list(context, SUITE) == WOLFSSL_SUCCESS;
    wolfSSL_CTX_no_ticket_TLSv13(context);
    if (good && server)
        good = wolfSSL_CTX_use_certificate_chain_file(context, cert) == WOLFSSL_SUCCESS &&
               wolfSSL_CTX_use_PrivateKey_file(context, key, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS;
    else if (good)
        good = wolfSSL_CTX_load_verify_locations(context, ca, NULL) == WOLFSSL_SUCCESS;
    if (!good) bench_die("wolfSSL: no context from the certificates in %s", bench_certs);
    return context;
}

bench_wire *bench_tls_connect(const char *url, const char *task) {
    bench_wire *wire = tls_new(context_new(false), bench_dial(url));
    tls *t = (tls *)wire;
    if (wolfSSL_connect(t->ssl) != WOLFSSL_SUCCESS) bench_die("wolfSSL: no handshake with %s", url);
    fcntl(t->fd, F_SETFL, O_NONBLOCK);
    wolfSSL_set_using_nonblock(t->ssl, 1);
    bench_send_task(wire, task);
    return wire;
}

typedef struct server {
    WOLFSSL_CTX *context;
    bench_wire_handler handler;
} server;

static void tls_job(int fd, void *user) {
    const server *s = user;
    bench_wire *wire = tls_new(s->context, fd);
    char task[BENCH_TASK_BYTES];
    bool good = wolfSSL_accept(((tls *)wire)->ssl) == WOLFSSL_SUCCESS;
    if (good && bench_read_task(wire, task)) s->handler(wire, task);
    tls_close(wire);
}

void bench_tls_serve(bench_wire_handler handler) {
    server s = {context_new(true), handler};
    bench_accept_all(bench_listen(), tls_job, &s);
}
