/* SPDX-License-Identifier: MIT */
#ifndef H2TLS_H
#define H2TLS_H

/*
 * TLS for HTTP/2 by wolfSSL, as a transport on top of any transport.
 *
 * An h2tls_context holds one side's configuration: protocol versions, suites, own certificate, trust. Many transports
 * share it. What RFC 9113, section 9.2 demands is not optional: TLS 1.2 at least, with only AEAD suites with ephemeral
 * keys under 1.2 (TLS 1.3 preferred), SNI sent, no compression, no renegotiation, and ALPN "h2" agreed by both sides
 * (RFC 7301) or the handshake fails.
 *
 *     h2tls_options o = {.ca_file = "ca.pem"};           // zeroes are the safe defaults
 *     h2tls_context *tls;
 *     char why[H2TLS_WHY_BYTES];
 *     if (h2tls_client(&tls, &o, why) != 0) fprintf(stderr, "%s\n", why);
 *     h2conn_secure layer = h2tls_secure(tls);           // hand this to the connection layer
 *     ...
 *     h2tls_free(tls);                                   // after everything opened with it is released
 *
 * A context may be used from any thread once made. A transport opened from it is used by one thread at a time.
 *
 * The host that a client opens a transport for is a DNS name (in its ASCII form), an IPv4 or an IPv6 address without
 * brackets; it must be among the alternative names of the server's certificate (RFC 9525: the common name does not
 * count, and a wildcard is one whole label).
 *
 * Sessions are resumed (RFC 8446 section 2.2, RFC 5077), which spares both sides the certificates: a client offers what
 * an earlier connection to the same host left in the same context, a server takes the tickets that it gave itself.
 * A resumed connection stands for the proof of the full handshake at its beginning, and only for H2TLS_RESUME_SECONDS
 * after that or until the peer's certificate expires, however often it is resumed in between. h2tls_reload
 * forgets all sessions and refuses all tickets from before it. ALPN is agreed anew each time. A client keeps
 * H2TLS_SESSIONS at most, H2TLS_HOST_SESSIONS of them for one host, and offers each once; a server keeps none, only the
 * keys of its tickets, which it changes every H2TLS_RESUME_SECONDS. There is no early data (0-RTT).
 *
 * A failure usually leaves an alert that tells the peer why. What the level below does not take of it at once goes out
 * with the next call of any kind, so shut the transport down before releasing it, failed or not.
 */

#include <stdbool.h>
#include <stddef.h>
#include "h2conn_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that hold any explanation of this layer, terminator included. */
#define H2TLS_WHY_BYTES 256

/* What is kept to be resumed: for how long, in seconds; by a client, how many, how many of one host, and how large. */
#define H2TLS_RESUME_SECONDS 3600
#define H2TLS_SESSIONS       32
#define H2TLS_HOST_SESSIONS  4
#define H2TLS_SESSION_BYTES  8192

typedef struct h2tls_context h2tls_context;

/* Files are PEM, up to 16 MiB each, read once and whole; a pipe will do. Strings are read during the call only. Zero
 * means the default. */
typedef struct h2tls_options {
    /* Own chain, leaf first, and its private key. A server needs both; a client gives both for mutual TLS. */
    const char *cert_file;
    const char *key_file;
    /* Authorities to trust. Client default: the system's. Server: setting it demands a client certificate signed by
     * them. */
    const char *ca_file;
    /* Client: accept any certificate and name. For tests; everything sent can be read by who stands in between. */
    bool insecure;
    /* Oldest version to accept is TLS 1.2; this makes it TLS 1.3. */
    bool only_tls13;
    /* Every connection is a full handshake: no session is kept or offered, no ticket given or taken. */
    bool no_resume;
} h2tls_options;

/* Make a context for the client's or the server's side. Returns 0, or -1 with one sentence in `why`. Not to be called
 * while another thread makes the process's first context. */
int h2tls_client(h2tls_context **context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]);
int h2tls_server(h2tls_context **context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]);

/* Take certificates, keys, trust and versions from `options` anew, for transports opened from now on; those that are
 * open go on as they are. On failure all stays as it was. Returns 0, or -1 with one sentence in `why`. Any thread, at
 * any time before h2tls_free. */
int h2tls_reload(h2tls_context *context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]);

/* Release the context; every transport opened from it must have been released. NULL is ignored. */
void h2tls_free(h2tls_context *context);

/* The layer to hand to the connection options or to use directly; valid as long as the context. */
h2conn_secure h2tls_secure(h2tls_context *context);

/* About an opened transport whose handshake is complete: "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"; "" before. The
 * strings live as long as the process. */
const char *h2tls_version(const h2conn_transport *above);
const char *h2tls_suite(const h2conn_transport *above);

/* Whether the handshake, once complete, resumed a session; false before. */
bool h2tls_resumed(const h2conn_transport *above);

#ifdef __cplusplus
}
#endif
#endif
