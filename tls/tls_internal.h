/* SPDX-License-Identifier: MIT */
#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

/* What the files of this layer share. wolfSSL's own options come before any of its headers. */

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/openssl/x509v3.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <pthread.h>
#include <stdint.h>
#include "h2tls.h"

/* Of a record, RFC 8446 section 5.1: type, version, length. */
#define TLS_HEADER_BYTES 5
#define TLS_ALERT        21

/* The alert that answers a peer without our protocol, RFC 7301 section 3.2. */
#define TLS_ALERT_NO_APPLICATION_PROTOCOL 120

/* What a client remembers to resume, tls_session.c. */
typedef struct tls_session tls_session;
typedef struct tls_sessions {
    pthread_mutex_t lock;
    tls_session *newest; /* a list, each older than the one before */
} tls_sessions;

/* What a server seals its tickets with, tls_ticket.c. */
#define TLS_TICKET_KEY_BYTES 32
typedef struct tls_ticket_key {
    uint8_t name[WOLFSSL_TICKET_NAME_SZ];
    uint8_t key[TLS_TICKET_KEY_BYTES];
    uint64_t ends; /* sealing is over, in seconds of h2tls_seconds; 0 is none */
} tls_ticket_key;
typedef struct tls_tickets {
    pthread_mutex_t lock;
    tls_ticket_key keys[2]; /* in use, and the one before it */
    int bytes;              /* of what wolfSSL wants sealed, always as many; 0 before the first */
} tls_tickets;

/* What h2tls_reload replaces. What can be resumed goes with it. */
typedef struct tls_identity {
    WOLFSSL_CTX *wolf;
    tls_sessions sessions;
    tls_tickets tickets;
    size_t holders; /* transports opened with it, and the context while it is in force; the lock */
    bool insecure;
    bool verifies; /* no peer passes without a certificate that h2tls_verify found sound */
    bool resumes;
} tls_identity;

/* Room for what one call receives or seals: four full records, the rest of a fifth, and what sealing adds to them. */
#define TLS_BUFFER_BYTES ((size_t)65 * 1024)
/* Returned buffers that are kept for the next: as many as there are processors that seal and open at once, and some. */
#define TLS_POOL_KEPT 8

/* Buffers of TLS_BUFFER_BYTES that transports borrow while bytes are in them. */
typedef struct tls_pool {
    pthread_mutex_t lock; /* taken last, for a few instructions */
    uint8_t *kept[TLS_POOL_KEPT];
    size_t n;
} tls_pool;

/* Of a transport: whether it resumes a session, and what one made of it is worth. Times are of h2tls_seconds. */
typedef struct tls_resume {
    tls_identity *identity;
    const char *host;      /* of a client, the name that the session is for; NULL keeps none */
    uint64_t ends;         /* no resumption from then on; 0 until the peer is proven */
    uint64_t offered_ends; /* the same of the session that the client offers or the server took; 0 is none */
    unsigned kept;
    bool agreed; /* the handshake is complete */
} tls_resume;

struct h2tls_context {
    tls_pool pool;
    pthread_mutex_t lock;
    tls_identity *identity; /* the lock */
    bool server;
};

/* The identity in force, to be dropped when nothing made with it is left. */
tls_identity *h2tls_identity_take(h2tls_context *context);
void h2tls_identity_drop(h2tls_context *context, tls_identity *identity);

/* A host as it is verified: a DNS name, or an address where bytes is 4 or 16. */
typedef struct tls_host {
    char *name; /* owned; without a final dot, or the address as it was written */
    uint8_t address[16];
    size_t bytes;
} tls_host;

/* tls_error.c */

/* Which transport code ends a transport on which wolfSSL reported `error`. */
ptrdiff_t h2tls_error_code(int error);
/* The alert by which the peer caused this error, or -1. */
int h2tls_error_alert(int error, WOLFSSL *ssl);
/* Why, as one sentence; `alert` is the peer's or -1. */
void h2tls_error_text(int error, int alert, bool handshaking, char why[H2TLS_WHY_BYTES]);

/* tls_alpn.c */

/* Every transport of this context settles on h2 or fails. Returns 0, or -1 when out of memory. */
int h2tls_alpn_require(WOLFSSL *ssl);
/* Make a server refuse a client that offers no protocol at all, which ALPN itself lets pass. */
void h2tls_alpn_guard(WOLFSSL_CTX *wolf);
/* After the handshake: whether both sides agreed on h2. */
bool h2tls_alpn_agreed(WOLFSSL *ssl);
/* Whether this failed handshake failed because the client offered no h2. */
bool h2tls_alpn_refused(WOLFSSL *ssl, int error);

/* tls_name.c */

/* Take apart what the caller wants to reach. Returns 0, or -1 when out of memory or when it can be no host. */
int h2tls_host_set(tls_host *host, const char *text);
void h2tls_host_clear(tls_host *host);
/* Whether the certificate is for the host, RFC 9525 section 6: its alternative names alone count. */
bool h2tls_host_matches(const tls_host *host, const WOLFSSL_X509 *certificate);

/* tls_pool.c */

void h2tls_pool_init(tls_pool *pool);
void h2tls_pool_free(tls_pool *pool);
/* TLS_BUFFER_BYTES of room, or NULL. */
uint8_t *h2tls_buffer_get(tls_pool *pool);
/* NULL is ignored. */
void h2tls_buffer_put(tls_pool *pool, uint8_t *buffer);

/* tls_file.c */

/* The most a file of certificates or a key may hold. */
#define TLS_FILE_MAX (16u << 20)

typedef struct tls_file {
    uint8_t *bytes;
    size_t len;
} tls_file;

/* Read `what` whole. Returns 0, or -1 with a sentence that names it and the cause, and nothing to free. */
int h2tls_file_read(tls_file *file, const char *path, const char *what, char why[H2TLS_WHY_BYTES]);
/* Wipes it, as it may be a key. */
void h2tls_file_free(tls_file *file);

/* tls_clock.c */

uint64_t h2tls_seconds(void);

/* tls_resume.c */

void h2tls_wipe(void *memory, size_t len);
/* Let this context's sessions be resumed within the limits of h2tls.h, or not at all. */
void h2tls_resume_set(tls_identity *identity, bool server);
/* The peer's certificate is sound: a session lasts no longer than it. */
void h2tls_resume_proven(tls_resume *resume, const WOLFSSL_X509 *certificate);
/* How long what was proven in this handshake, or in the one it resumes, stands for later ones. */
uint64_t h2tls_resume_ends(tls_resume *resume);
/* Whether this handshake, which is complete, stands for one that proved the peer. */
bool h2tls_resume_done(tls_resume *resume, WOLFSSL *ssl);
/* The transport of this wolfSSL object, or NULL. */
tls_resume *h2tls_resume_of(WOLFSSL *ssl);

/* tls_session.c */

void h2tls_sessions_open(tls_sessions *sessions);
void h2tls_sessions_close(tls_sessions *sessions);
/* Offer the newest session for the transport's host, which leaves the list. */
void h2tls_session_offer(tls_resume *resume, WOLFSSL *ssl);
/* Keep none for the transport's host: a handshake that offered one has failed. */
void h2tls_sessions_forget(tls_resume *resume);
/* Keep what this connection could be resumed with. */
void h2tls_session_keep(tls_resume *resume, WOLFSSL *ssl);

/* tls_ticket.c */

void h2tls_tickets_open(tls_tickets *tickets);
void h2tls_tickets_close(tls_tickets *tickets);
/* Seals a ticket, or opens one: wolfSSL's callback. */
int h2tls_ticket(WOLFSSL *ssl, byte name[WOLFSSL_TICKET_NAME_SZ], byte iv[WOLFSSL_TICKET_IV_SZ],
                 byte mac[WOLFSSL_TICKET_MAC_SZ], int seal, byte *ticket, int len, int *out_len, void *ctx);

/* tls_thread.c */

/* This thread is about to use keys: what wolfSSL keeps for it is freed when it ends. */
void h2tls_thread_note(void);

/* tls_transport.c */

/* The last word on each certificate of a peer: wolfSSL calls it with what it found itself. */
int h2tls_verify(int sound, WOLFSSL_X509_STORE_CTX *store);
int h2tls_below_recv(WOLFSSL *ssl, char *buf, int len, void *ctx);
int h2tls_below_send(WOLFSSL *ssl, char *buf, int len, void *ctx);
int h2tls_open(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above);
int h2tls_shutdown(h2conn_transport *above);
void h2tls_release(h2conn_transport *above);
const char *h2tls_failure(const h2conn_transport *above);

#endif
