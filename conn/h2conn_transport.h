/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_TRANSPORT_H
#define H2CONN_TRANSPORT_H

/*
 * A transport moves bytes and never waits: two functions and a context. Anything can be one: a socket, lwIP, a serial
 * line, a test pipe, or TLS on top of another transport (h2tls.h). This header needs nothing else of the library.
 *
 * Both functions return a count of at least 1 when bytes moved, and otherwise one of the codes below. A code other than
 * the two WANT ones is final: every later call returns it again. `len` is at least 1.
 *
 * A transport that encrypts may need to send in order to receive and the other way round, so either function may
 * ask for either direction; a plain one only ever returns WANT_READ from recv and WANT_WRITE from send.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    H2CONN_TRANSPORT_END = 0,         /* recv: the peer ended the stream in good order. Never returned by send. */
    H2CONN_TRANSPORT_WANT_READ = -1,  /* call again when the lower level can receive */
    H2CONN_TRANSPORT_WANT_WRITE = -2, /* call again when the lower level can send */
    H2CONN_TRANSPORT_ELOST = -3,      /* the peer is gone: reset, unreachable, ended in the middle of a record */
    H2CONN_TRANSPORT_ETLS = -4        /* the security layer failed or refused; its own text says why */
};

typedef struct h2conn_transport {
    /* Receive up to `len` bytes into `buf`. After fewer, or a WANT code, the transport holds nothing itself: what comes
     * next shows at the lowest level. */
    ptrdiff_t (*recv)(void *ctx, void *buf, size_t len);
    /* Send up to `len` bytes of `buf`. After a WANT code the caller repeats the call with the same first bytes. */
    ptrdiff_t (*send)(void *ctx, const void *buf, size_t len);
    void *ctx;
} h2conn_transport;

/*
 * A security layer makes a transport on top of a transport. h2tls.h supplies it for wolfSSL; the connection layer
 * knows only this struct. `ctx` is the layer's shared configuration (certificates, trust), which must outlive what it
 * opened and may open from several threads at once.
 *
 * The handshake runs inside the first calls of recv and send. One opened transport is used by one thread at a time.
 */
typedef struct h2conn_secure {
    /* Open over `below`, which must outlive it. `host` is the name to ask for and to verify; NULL on the server's side.
     * Fills `above` and returns 0, or a negative H2CONN_TRANSPORT_ code with `above` untouched. */
    int (*open)(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above);
    /* Queue and try to send the closing notice, or what is left of the alert of a failure, without waiting. Returns 0
     * when nothing is left to send, a WANT code when something is, else another code: no more is owed. After it send
     * gives H2CONN_TRANSPORT_ELOST; recv goes on to the peer's end. */
    int (*shutdown)(h2conn_transport *above);
    /* Release what open made. Does not touch the transport below. */
    void (*release)(h2conn_transport *above);
    /* Why `above` failed, one sentence without a final full stop that lives as long as `above`; NULL when it has not.
     */
    const char *(*failure)(const h2conn_transport *above);
    void *ctx;
} h2conn_secure;

#ifdef __cplusplus
}
#endif
#endif
