/* SPDX-License-Identifier: MIT */
/*
 * The sessions that a client may resume: of one context, each under the name that was proven when it began, as the
 * bytes wolfSSL writes it as. Each is offered once, since a ticket that is seen twice tells who watches that the two
 * connections are of one client (RFC 8446 appendix C.4), and the connection leaves another.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tls_internal.h"

/* A server may send tickets without end; no more of one connection are kept. */
#define KEPT_MAX 8

struct tls_session {
    tls_session *older;
    char *host;
    uint64_t ends;
    int len;
    unsigned char bytes[];
};

void h2tls_sessions_open(tls_sessions *sessions) {
    pthread_mutex_init(&sessions->lock, NULL);
}

static void forget(tls_session *session) {
    if (session == NULL) return;
    h2tls_wipe(session->bytes, (size_t)session->len);
    free(session->host);
    free(session);
}

void h2tls_sessions_close(tls_sessions *sessions) {
    while (sessions->newest != NULL) {
        tls_session *session = sessions->newest;
        sessions->newest = session->older;
        forget(session);
    }
    pthread_mutex_destroy(&sessions->lock);
}

static bool is_for(const tls_session *session, const char *host) {
    return strcasecmp(session->host, host) == 0;
}

/* Drop what is over, and the oldest of what is too much. */
static void trim(tls_sessions *sessions, const char *host, uint64_t now) {
    unsigned all = 0, of_host = 0;
    for (tls_session **at = &sessions->newest; *at != NULL;) {
        tls_session *session = *at;
        bool ours = is_for(session, host);
        if (session->ends > now && all < H2TLS_SESSIONS && (!ours || of_host < H2TLS_HOST_SESSIONS)) {
            all++;
            of_host += ours;
            at = &session->older;
        } else {
            *at = session->older;
            forget(session);
        }
    }
}

void h2tls_sessions_forget(tls_resume *resume) {
    tls_sessions *sessions = &resume->identity->sessions;
    if (resume->host == NULL) return;
    pthread_mutex_lock(&sessions->lock);
    for (tls_session **at = &sessions->newest; *at != NULL;) {
        tls_session *session = *at;
        if (!is_for(session, resume->host)) {
            at = &session->older;
            continue;
        }
        *at = session->older;
        forget(session);
    }
    pthread_mutex_unlock(&sessions->lock);
}

/* Take the newest session of the host off the list; NULL when there is none. */
static tls_session *take(tls_sessions *sessions, const char *host) {
    pthread_mutex_lock(&sessions->lock);
    trim(sessions, host, h2tls_seconds());
    tls_session **at = &sessions->newest;
    while (*at != NULL && !is_for(*at, host)) at = &(*at)->older;
    tls_session *session = *at;
    if (session != NULL) *at = session->older;
    pthread_mutex_unlock(&sessions->lock);
    return session;
}

void h2tls_session_offer(tls_resume *resume, WOLFSSL *ssl) {
    if (!resume->identity->resumes || resume->host == NULL) return;
    tls_session *session = take(&resume->identity->sessions, resume->host);
    if (session == NULL) return;
    const unsigned char *bytes = session->bytes;
    WOLFSSL_SESSION *wolf = wolfSSL_d2i_SSL_SESSION(NULL, &bytes, session->len);
    if (wolf != NULL && wolfSSL_set_session(ssl, wolf) == WOLFSSL_SUCCESS) resume->offered_ends = session->ends;
    wolfSSL_SESSION_free(wolf);
    forget(session);
}

/*
 * Under TLS 1.2 sessions are named by their servers (RFC 5246, section 7.4.1.3), for which 32 bytes are usual. No
 * tickets are asked for: wolfSSL 5.5.4 takes each one it offers for accepted, and fails when the server wants the full
 * handshake.
 */
static bool has_id(WOLFSSL_SESSION *wolf) {
    unsigned int len = 0;
    return wolfSSL_SESSION_get_id(wolf, &len) != NULL && len == 32;
}

/* The session as bytes; NULL when it is too large to be kept, or memory is short. */
static tls_session *write_session(WOLFSSL_SESSION *wolf, const char *host) {
    int len = wolfSSL_i2d_SSL_SESSION(wolf, NULL);
    if (len <= 0 || len > H2TLS_SESSION_BYTES) return NULL;
    tls_session *session = malloc(sizeof *session + (size_t)len);
    if (session == NULL) return NULL;
    session->len = len;
    session->host = strdup(host);
    unsigned char *bytes = session->bytes;
    if (session->host != NULL && wolfSSL_i2d_SSL_SESSION(wolf, &bytes) == len) return session;
    forget(session);
    return NULL;
}

void h2tls_session_keep(tls_resume *resume, WOLFSSL *ssl) {
    tls_sessions *sessions = &resume->identity->sessions;
    if (!resume->identity->resumes || resume->host == NULL || resume->kept >= KEPT_MAX) return;
    uint64_t now = h2tls_seconds(), ends = h2tls_resume_ends(resume);
    if (ends <= now) return;
    WOLFSSL_SESSION *wolf = wolfSSL_get1_session(ssl);
    bool useful =
        wolf != NULL && (wolfSSL_version(ssl) == TLS1_3_VERSION ? wolfSSL_SESSION_has_ticket(wolf) : has_id(wolf));
    tls_session *session = useful ? write_session(wolf, resume->host) : NULL;
    wolfSSL_SESSION_free(wolf);
    if (session == NULL) return;
    session->ends = ends;
    resume->kept++;
    pthread_mutex_lock(&sessions->lock);
    session->older = sessions->newest;
    sessions->newest = session;
    trim(sessions, resume->host, now);
    pthread_mutex_unlock(&sessions->lock);
}
