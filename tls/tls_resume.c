/* SPDX-License-Identifier: MIT */
/*
 * What a resumed handshake stands for. It proves nothing but that the peer is the one of an earlier handshake, so what
 * that one proved is carried along with the time when it is no longer to be relied on. wolfSSL's own session cache is
 * not used: it is one for the whole process, and asks neither for the context nor for the name.
 */

#include <time.h>
#include "tls_internal.h"

/* Through a pointer to volatile, so that it is done although nobody looks at the memory again. */
void h2tls_wipe(void *memory, size_t len) {
    volatile uint8_t *bytes = memory;
    while (len > 0) bytes[--len] = 0;
}

static void resume_nothing(WOLFSSL_CTX *wolf) {
    wolfSSL_CTX_set_options(wolf, WOLFSSL_OP_NO_TICKET);
#ifdef HAVE_SESSION_TICKET
    wolfSSL_CTX_no_ticket_TLSv13(wolf);
    wolfSSL_CTX_set_TicketEncCb(wolf, NULL);
#endif
}

#ifdef HAVE_EXT_CACHE
/* TLS 1.3 brings tickets at any time after the handshake. */
static int on_session(WOLFSSL *ssl, WOLFSSL_SESSION *session) {
    tls_resume *resume = h2tls_resume_of(ssl);
    (void)session;
    if (resume != NULL && resume->agreed) h2tls_session_keep(resume, ssl);
    return 0; /* the session stays wolfSSL's */
}
#endif

void h2tls_resume_set(tls_identity *identity, bool server) {
    WOLFSSL_CTX *wolf = identity->wolf;
    wolfSSL_CTX_set_session_cache_mode(wolf, WOLFSSL_SESS_CACHE_OFF);
    wolfSSL_CTX_set_session_cache_mode(wolf, WOLFSSL_SESS_CACHE_NO_INTERNAL);
#ifdef WOLFSSL_EARLY_DATA
    wolfSSL_CTX_set_max_early_data(wolf, 0);
#endif
#if defined(HAVE_SESSION_TICKET) && defined(HAVE_EXT_CACHE) && defined(HAVE_CHACHA) && defined(HAVE_POLY1305)
    if (identity->resumes) {
        wolfSSL_CTX_set_timeout(wolf, H2TLS_RESUME_SECONDS);
        if (server) {
            wolfSSL_CTX_set_TicketHint(wolf, H2TLS_RESUME_SECONDS);
            wolfSSL_CTX_set_TicketEncCb(wolf, h2tls_ticket);
            wolfSSL_CTX_set_TicketEncCtx(wolf, identity);
        } else {
            wolfSSL_CTX_sess_set_new_cb(wolf, on_session);
        }
        return;
    }
#endif
    (void)server;
    identity->resumes = false;
    resume_nothing(wolf);
}

/* Seconds until the certificate expires. */
static uint64_t seconds_left(const WOLFSSL_X509 *certificate) {
    struct tm expires;
    const WOLFSSL_ASN1_TIME *not_after = wolfSSL_X509_get_notAfter(certificate);
    if (not_after == NULL || wolfSSL_ASN1_TIME_to_tm(not_after, &expires) != WOLFSSL_SUCCESS) return 0;
    int64_t left = (int64_t)timegm(&expires) - (int64_t)time(NULL);
    return left > 0 ? (uint64_t)left : 0;
}

void h2tls_resume_proven(tls_resume *resume, const WOLFSSL_X509 *certificate) {
    uint64_t left = resume->identity->resumes ? seconds_left(certificate) : 0;
    resume->ends = h2tls_seconds() + (left < H2TLS_RESUME_SECONDS ? left : H2TLS_RESUME_SECONDS);
}

uint64_t h2tls_resume_ends(tls_resume *resume) {
    /* Where nobody asks who the peer is, the first handshake counts. */
    if (resume->ends == 0 && !resume->identity->verifies) resume->ends = h2tls_seconds() + H2TLS_RESUME_SECONDS;
    return resume->ends;
}

bool h2tls_resume_done(tls_resume *resume, WOLFSSL *ssl) {
    bool resumed = resume->offered_ends != 0 && wolfSSL_session_reused(ssl);
    if (resumed) resume->ends = resume->offered_ends;
    return resumed;
}
