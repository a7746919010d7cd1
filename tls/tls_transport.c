/* SPDX-License-Identifier: MIT */
/*
 * A transport on top of any transport.
 *
 * wolfSSL never learns that the transport below is full or gone: what it wants to send and the level below does not
 * take is held here and goes out first on the next call of any kind. So every wolfSSL call runs to its end, alerts and
 * key updates included, and none is ever repeated. (wolfSSL 5.5 counts a repeated write wrongly when another message
 * was waiting before it, and then drops bytes.) The memory is the same: wolfSSL would keep those bytes itself.
 *
 * The two directions fail apart: when sending is lost, the peer's alert may still be waiting to be read.
 *
 * wolfSSL sends record by record and asks for each one's header and body apart. Once the handshake is done, records of
 * one call are sent together, and what has come is received at once and given to wolfSSL as it asks. A call that has
 * bytes for its caller does not receive a second time: of a record that is not all there, wolfSSL keeps what is.
 *
 * Invariant: when recv gives fewer bytes than it was asked for, or a WANT code, nothing is left in here that was
 * received, but for the beginning of a record: `ahead` is empty and wolfSSL has no decrypted bytes. So the caller may
 * wait for the level below.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tls_internal.h"

/* The plaintext of one record, RFC 8446 section 5.1. */
#define RECORD_MAX 16384
/* Plaintext sealed in one call: four full records and one for the few bytes by which headers of frames make so much
 * data longer, so that those do not go alone. */
#define SEND_MAX     (4 * RECORD_MAX + 512)
#define SEND_RECORDS 5
/* What a record adds with the suites that HTTP/2 allows: RFC 5288, 3; RFC 7905, 2; RFC 8446, 5.2. More than that is
 * found room for. */
#define RECORD_OVERHEAD 64
/* When more than this is held besides the caller's own bytes, nothing is read: what a peer sends may not make it grow
 * without end. Of the caller's bytes as many are held as one call seals, or two peers that send would both stop
 * reading.
 */
#define HELD_MAX (2 * RECORD_MAX)
/* Bytes that one call takes from below at most, so that records without data keep nobody else waiting: what four frames
 * of HTTP/2 and their headers come to in TLS 1.3. With more than that, who passes on what came would have some left
 * over each time. */
#define CALL_MAX (4 * (RECORD_MAX + 22) + 36 + 22)
/* A direction that has not ended; no transport code is positive. */
#define LIVE 1

typedef struct transport {
    h2tls_context *context;
    tls_identity *identity;
    h2conn_transport below;
    WOLFSSL *ssl;
    tls_host host; /* what a client verifies */
    tls_resume resume;
    char *why; /* NULL until it fails */
    const char *version, *suite;
    uint8_t *held; /* sealed bytes that the level below has not taken */
    size_t held_len, held_from, held_cap;
    uint8_t *ahead; /* bytes received that wolfSSL has not asked for; NULL when there are none */
    size_t ahead_len, ahead_from;
    bool gathering;      /* what is sealed is held, to be sent with what follows */
    size_t sealed;       /* plaintext within the held bytes, of which the caller has not been told */
    size_t taken;        /* bytes received from below in this call */
    bool given;          /* this call has bytes for its caller */
    ptrdiff_t wait_recv; /* the last WANT code of each function below */
    ptrdiff_t wait_send;
    ptrdiff_t recv_end; /* LIVE, or what recv returns for ever */
    ptrdiff_t send_end;
    ptrdiff_t below_recv_end; /* LIVE, or how the level below ended */
    ptrdiff_t below_send_end;
    uint8_t header[TLS_HEADER_BYTES]; /* of the handshake, the last bytes received */
    bool agreed;                      /* the handshake is complete */
    bool done;                        /* and all of it is sent: from here on only the caller's bytes are waited for */
    bool peer_known;                  /* its certificate passed h2tls_verify */
    bool wrong_host;
    bool resumed;
} transport;

/* Hand `len` bytes below. Returns how many were taken; fewer than all after noting why. */
static size_t push(transport *t, const uint8_t *bytes, size_t len) {
    size_t sent = 0;
    while (sent < len && t->below_send_end == LIVE) {
        ptrdiff_t n = t->below.send(t->below.ctx, bytes + sent, len - sent);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        if (n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE)
            t->wait_send = n;
        else
            t->below_send_end = n == H2CONN_TRANSPORT_END ? H2CONN_TRANSPORT_ELOST : n;
        break;
    }
    return sent;
}

static void drop_held(transport *t) {
    if (t->held_cap == TLS_BUFFER_BYTES)
        h2tls_buffer_put(&t->context->pool, t->held);
    else
        free(t->held);
    t->held = NULL;
    t->held_len = t->held_from = t->held_cap = 0;
}

/* Send what is held. Returns 0 when nothing is left, else why not. */
static ptrdiff_t flush(transport *t) {
    if (t->held_len == 0) return t->below_send_end == LIVE ? 0 : t->below_send_end;
    t->held_from += push(t, t->held + t->held_from, t->held_len - t->held_from);
    if (t->held_from == t->held_len || t->below_send_end != LIVE) drop_held(t);
    if (t->below_send_end != LIVE) return t->below_send_end;
    return t->held_len == 0 ? 0 : t->wait_send;
}

/* Have room for `len` more bytes to hold. */
static int hold_room(transport *t, size_t len) {
    size_t kept = t->held_len - t->held_from;
    if (t->held_cap - t->held_len >= len) return 0;
    bool lent = kept + len > RECORD_MAX && kept + len <= TLS_BUFFER_BYTES;
    uint8_t *grown = lent ? h2tls_buffer_get(&t->context->pool) : malloc(kept + len);
    if (grown == NULL) return -1;
    if (kept > 0) memcpy(grown, t->held + t->held_from, kept);
    drop_held(t);
    t->held = grown;
    t->held_len = kept;
    t->held_cap = lent ? TLS_BUFFER_BYTES : kept + len;
    return 0;
}

static int hold(transport *t, const uint8_t *bytes, size_t len) {
    if (hold_room(t, len) != 0) return -1;
    memcpy(t->held + t->held_len, bytes, len);
    t->held_len += len;
    return 0;
}

int h2tls_below_send(WOLFSSL *ssl, char *buf, int len, void *ctx) {
    transport *t = ctx;
    const uint8_t *bytes = (const uint8_t *)buf;
    size_t all = (size_t)len, sent = 0;
    (void)ssl;
    if (!t->gathering && flush(t) == 0) sent = push(t, bytes, all);
    if (sent == all || t->below_send_end != LIVE) return len;
    return hold(t, bytes + sent, all - sent) == 0 ? len : WOLFSSL_CBIO_ERR_GENERAL;
}

static void note_header(transport *t, const char *bytes, size_t len) {
    size_t fresh = len < TLS_HEADER_BYTES ? len : TLS_HEADER_BYTES, kept = TLS_HEADER_BYTES - fresh;
    memmove(t->header, t->header + fresh, kept);
    memcpy(t->header + kept, bytes + len - fresh, fresh);
}

/* Receive from below; once the handshake is done as much as has come. */
static ptrdiff_t receive(transport *t, char *buf, size_t len) {
    size_t most = CALL_MAX - t->taken;
    uint8_t *ahead = t->done && len < most ? h2tls_buffer_get(&t->context->pool) : NULL;
    if (ahead == NULL) return t->below.recv(t->below.ctx, buf, len);
    ptrdiff_t n = t->below.recv(t->below.ctx, ahead, most);
    if (n > 0 && (size_t)n < len) len = (size_t)n;
    if (n > 0) memcpy(buf, ahead, len);
    if (n <= (ptrdiff_t)len) {
        h2tls_buffer_put(&t->context->pool, ahead);
        return n;
    }
    t->ahead = ahead;
    t->ahead_from = len;
    t->ahead_len = (size_t)n;
    return (ptrdiff_t)len;
}

static int take_ahead(transport *t, char *buf, size_t len) {
    size_t left = t->ahead_len - t->ahead_from;
    if (len > left) len = left;
    memcpy(buf, t->ahead + t->ahead_from, len);
    t->ahead_from += len;
    if (len == left) {
        h2tls_buffer_put(&t->context->pool, t->ahead);
        t->ahead = NULL;
    }
    return (int)len;
}

int h2tls_below_recv(WOLFSSL *ssl, char *buf, int len, void *ctx) {
    transport *t = ctx;
    (void)ssl;
    if (t->ahead != NULL) return take_ahead(t, buf, (size_t)len);
    bool full = t->held_len - t->held_from > HELD_MAX + t->sealed;
    if (full || t->given || t->taken >= CALL_MAX) {
        t->wait_recv = full ? t->wait_send : H2CONN_TRANSPORT_WANT_READ;
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    ptrdiff_t n = receive(t, buf, (size_t)len);
    if (n > 0) {
        t->taken += (size_t)n + (t->ahead != NULL ? t->ahead_len - t->ahead_from : 0);
        if (!t->agreed) note_header(t, buf, (size_t)n);
        return (int)n;
    }
    if (n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE) {
        t->wait_recv = n;
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    t->below_recv_end = n;
    return n == H2CONN_TRANSPORT_END ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_CONN_RST;
}

/*
 * What wolfSSL found unsound stays so, and a server's leaf must be for the host that was asked for. wolfSSL's own name
 * check is not used: it lets wildcards and common names stand for addresses, and reads past the name for a bare "*".
 */
int h2tls_verify(int sound, WOLFSSL_X509_STORE_CTX *store) {
    if (!sound || wolfSSL_X509_STORE_CTX_get_error_depth(store) != 0) return sound;
    WOLFSSL *ssl = wolfSSL_X509_STORE_CTX_get_ex_data(store, wolfSSL_get_ex_data_X509_STORE_CTX_idx());
    const WOLFSSL_X509 *certificate = wolfSSL_X509_STORE_CTX_get_current_cert(store);
    transport *t = ssl != NULL ? wolfSSL_GetIOReadCtx(ssl) : NULL;
    if (t == NULL || certificate == NULL) return 0;
    t->peer_known = t->context->server || h2tls_host_matches(&t->host, certificate);
    t->wrong_host = !t->peer_known;
    if (t->peer_known) h2tls_resume_proven(&t->resume, certificate);
    return t->peer_known;
}

tls_resume *h2tls_resume_of(WOLFSSL *ssl) {
    transport *t = wolfSSL_GetIOReadCtx(ssl);
    return t != NULL ? &t->resume : NULL;
}

/*
 * A client that refuses a server's TLS 1.3 certificate may say so in plaintext, as OpenSSL does, for it has not
 * switched its own keys yet. wolfSSL gives up at the header of that record, so its two bytes are still below. Anybody
 * could have written them: they explain the failure and decide nothing.
 */
static int plaintext_alert(transport *t) {
    static const uint8_t header[TLS_HEADER_BYTES] = {TLS_ALERT, 3, 3, 0, 2};
    uint8_t body[2];
    size_t got = 0;
    if (memcmp(t->header, header, sizeof header) != 0) return -1;
    while (got < sizeof body) {
        ptrdiff_t n = t->below.recv(t->below.ctx, body + got, sizeof body - got);
        if (n <= 0) return -1;
        got += (size_t)n;
    }
    return body[1];
}

static void explain(transport *t, int error) {
    t->why = malloc(H2TLS_WHY_BYTES);
    if (t->why == NULL) return;
    if (t->wrong_host) {
        snprintf(t->why, H2TLS_WHY_BYTES, "the peer's certificate is not for %s", t->host.name);
    } else {
        bool plain = error == PARSE_ERROR && !t->agreed;
        int alert_code = plain ? plaintext_alert(t) : h2tls_error_alert(error, t->ssl);
        h2tls_error_text(error, alert_code, !t->agreed, t->why);
    }
}

/* Both directions end here, but for what is held, which may be the alert that tells the peer. */
static ptrdiff_t fail(transport *t, int error) {
    ptrdiff_t code = h2tls_error_code(error);
    if (code == H2CONN_TRANSPORT_ELOST && t->below_recv_end == H2CONN_TRANSPORT_ETLS) code = H2CONN_TRANSPORT_ETLS;
    if (h2tls_alpn_refused(t->ssl, error)) error = UNKNOWN_ALPN_PROTOCOL_NAME_E;
    if (!t->agreed && t->resume.offered_ends != 0) h2tls_sessions_forget(&t->resume);
    explain(t, error);
    return t->recv_end = t->send_end = code;
}

/* What a wolfSSL call that gave `ret` means to our caller. */
static ptrdiff_t outcome(transport *t, int ret) {
    int error = wolfSSL_get_error(t->ssl, ret);
    bool lost = h2tls_error_code(error) == H2CONN_TRANSPORT_ELOST;
    if (error == WOLFSSL_ERROR_WANT_READ) {
        if (!t->done && t->below_send_end != LIVE) return fail(t, SOCKET_PEER_CLOSED_E);
        return !t->done && t->held_len > 0 ? t->wait_send : t->wait_recv;
    }
    if (error == WOLFSSL_ERROR_ZERO_RETURN && t->done) return t->recv_end = H2CONN_TRANSPORT_END;
    if (error == WOLFSSL_ERROR_ZERO_RETURN) return fail(t, SOCKET_PEER_CLOSED_E);
    return fail(t, lost && t->below_recv_end == LIVE ? MEMORY_E : error);
}

static ptrdiff_t agree(transport *t) {
    h2tls_thread_note();
    int ret = t->context->server ? wolfSSL_accept(t->ssl) : wolfSSL_connect(t->ssl);
    if (ret != WOLFSSL_SUCCESS) return outcome(t, ret);
    t->resumed = h2tls_resume_done(&t->resume, t->ssl);
    if (t->identity->verifies && !t->peer_known && !t->resumed) return fail(t, VERIFY_CERT_ERROR);
    if (!h2tls_alpn_agreed(t->ssl)) return fail(t, UNKNOWN_ALPN_PROTOCOL_NAME_E);
    int suite = wolfSSL_get_current_cipher_suite(t->ssl);
    t->version = wolfSSL_get_version(t->ssl);
    t->suite = wolfSSL_get_cipher_name_iana_from_suite((unsigned char)(suite >> 8), (unsigned char)suite);
    if (wolfSSL_version(t->ssl) == TLS1_2_VERSION) h2tls_session_keep(&t->resume, t->ssl);
    t->agreed = t->resume.agreed = true;
    return 0;
}

/* Returns 0 when bytes of the caller may flow, else the code that the caller gets instead. */
static ptrdiff_t handshake(transport *t) {
    t->taken = 0;
    t->given = false;
    if (t->done) return 0;
    ptrdiff_t code = t->agreed ? 0 : agree(t);
    if (code != 0) return code;
    /* Nobody but us knows that the peer still lacks our last message: it must be out before we wait for anything else.
     */
    if (t->held_len > 0) return t->wait_send;
    t->done = true;
    return 0;
}

static ptrdiff_t tls_recv(void *ctx, void *buf, size_t len) {
    transport *t = ctx;
    flush(t);
    if (t->recv_end != LIVE) return t->recv_end;
    ptrdiff_t code = handshake(t);
    if (code != 0) return code;
    size_t got = 0;
    do {
        size_t room = len - got;
        int n = wolfSSL_read(t->ssl, (char *)buf + got, room < RECORD_MAX ? (int)room : RECORD_MAX);
        if (n <= 0) {
            code = outcome(t, n); /* a final one is given again by the next call */
            return got > 0 ? (ptrdiff_t)got : code;
        }
        got += (size_t)n;
        t->given = true;
    } while (got < len && (t->ahead != NULL || wolfSSL_pending(t->ssl) > 0));
    return (ptrdiff_t)got;
}

/* What the caller repeats after a WANT code is sealed already, and only reported once the level below has taken it. */
static ptrdiff_t report_sealed(transport *t, size_t len) {
    size_t n = t->sealed < len ? t->sealed : len;
    t->sealed -= n;
    return (ptrdiff_t)n;
}

/* Seal `len` bytes and send them, the records together when they are several. Returns what wolfSSL gave last. */
static int seal(transport *t, const char *bytes, size_t len) {
    int n = 1;
    t->gathering = len > RECORD_MAX && hold_room(t, len + SEND_RECORDS * RECORD_OVERHEAD) == 0;
    while (len > 0 && n > 0) {
        n = wolfSSL_write(t->ssl, bytes, len < RECORD_MAX ? (int)len : RECORD_MAX);
        if (n <= 0) break;
        t->sealed += (size_t)n;
        bytes += n;
        len -= (size_t)n;
    }
    if (t->gathering) {
        t->gathering = false;
        flush(t);
    }
    return n;
}

static ptrdiff_t tls_send(void *ctx, const void *buf, size_t len) {
    transport *t = ctx;
    ptrdiff_t blocked = flush(t);
    if (t->send_end != LIVE) return t->send_end;
    if (t->done && blocked != 0) return blocked;
    ptrdiff_t code = handshake(t);
    if (code != 0) return code;
    if (t->sealed > 0) return report_sealed(t, len);
    if (len > SEND_MAX) len = SEND_MAX;
    int n = seal(t, buf, len);
    if (n <= 0) return outcome(t, n);
    if (t->below_send_end != LIVE) return t->below_send_end;
    return t->held_len > 0 ? t->wait_send : report_sealed(t, len);
}

static int prepare(transport *t, const char *host) {
    t->ssl = wolfSSL_new(t->identity->wolf);
    if (t->ssl == NULL || h2tls_alpn_require(t->ssl) != 0) return -1;
    wolfSSL_SetIOReadCtx(t->ssl, t);
    wolfSSL_SetIOWriteCtx(t->ssl, t);
    if (t->context->server) return 0;
    if (host == NULL || h2tls_host_set(&t->host, host) != 0) return t->identity->insecure ? 0 : -1;
    /* RFC 6066 section 3: names are asked for, addresses are not. */
    size_t len = t->host.bytes == 0 ? strlen(t->host.name) : 0;
    if (len > 0 && wolfSSL_UseSNI(t->ssl, WOLFSSL_SNI_HOST_NAME, t->host.name, (unsigned short)len) != WOLFSSL_SUCCESS)
        return -1;
    t->resume.host = t->host.name;
    h2tls_session_offer(&t->resume, t->ssl);
    return 0;
}

static void destroy(transport *t) {
    wolfSSL_free(t->ssl);
    h2tls_identity_drop(t->context, t->identity);
    h2tls_host_clear(&t->host);
    drop_held(t);
    h2tls_buffer_put(&t->context->pool, t->ahead);
    free(t->why);
    free(t);
}

int h2tls_open(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above) {
    transport *t = calloc(1, sizeof *t);
    if (t == NULL) return H2CONN_TRANSPORT_ETLS;
    t->below = *below;
    t->recv_end = t->send_end = t->below_recv_end = t->below_send_end = LIVE;
    t->version = t->suite = "";
    t->context = ctx;
    t->identity = t->resume.identity = h2tls_identity_take(ctx);
    if (prepare(t, host) != 0) {
        destroy(t);
        return H2CONN_TRANSPORT_ETLS;
    }
    *above = (h2conn_transport){.recv = tls_recv, .send = tls_send, .ctx = t};
    return 0;
}

int h2tls_shutdown(h2conn_transport *above) {
    transport *t = above->ctx;
    if (t->done && t->send_end == LIVE) wolfSSL_shutdown(t->ssl);
    if (t->send_end == LIVE) t->send_end = H2CONN_TRANSPORT_ELOST;
    return (int)flush(t);
}

void h2tls_release(h2conn_transport *above) {
    destroy(above->ctx);
    *above = (h2conn_transport){.recv = NULL};
}

const char *h2tls_failure(const h2conn_transport *above) {
    const transport *t = above->ctx;
    if (t->why != NULL) return t->why;
    if (t->recv_end != LIVE && t->recv_end != H2CONN_TRANSPORT_END)
        return "TLS failed, and no memory was left to say why";
    return t->below_send_end != LIVE ? "the peer is gone: nothing more can be sent" : NULL;
}

const char *h2tls_version(const h2conn_transport *above) {
    return ((const transport *)above->ctx)->version;
}

const char *h2tls_suite(const h2conn_transport *above) {
    return ((const transport *)above->ctx)->suite;
}

bool h2tls_resumed(const h2conn_transport *above) {
    const transport *t = above->ctx;
    return t->agreed && t->resumed;
}
