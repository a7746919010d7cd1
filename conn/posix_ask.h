/* SPDX-License-Identifier: MIT */
#ifndef POSIX_ASK_H
#define POSIX_ASK_H

/* A client's request, made once and put on one session or another: what connecting in a thread and by events share. */

#include "conn_url.h"
#include "posix_conn.h"

/* Without `timeout_ms`. */
#define POSIX_TIMEOUT_MS 30000
/* Sessions in a row that may go away without looking at the stream before that is the answer. */
#define POSIX_REFUSALS_MAX 3u

typedef struct posix_ask {
    h2conn_url url; /* without what points into the string it was made of */
    h2_field *fields;
    size_t n_fields;
    bool extended; /* CONNECT with a protocol: whether the server offers it is in its SETTINGS (RFC 8441, 3) */
    h2conn_informational informational;
    void *informational_user;
} posix_ask;

/* H2CONN_OK, EURL, EINVAL, ENOMEM. It keeps nothing of what was given. */
int posix_ask_init(posix_ask *ask, const char *url, const h2conn_options *options);
void posix_ask_end(posix_ask *ask);

/* When an attempt of these options is to end. */
int64_t posix_ask_deadline(const h2conn_options *options);

/* Open the stream on a session and tie the connection to it. H2_EAGAIN when it is too early: a session others opened is
 * used once the server's limits are known. Locked. */
h2_result posix_ask_open(const posix_ask *ask, h2conn *conn, posix_session *s, bool fresh);

/* The error of that, with a sentence and the HTTP/2 code of a session that failed. Locked. */
int posix_ask_result(posix_session *s, h2_result result, char why[H2CONN_WHY_BYTES], uint32_t *code);

/* Why a session that is closing takes no stream; likewise. */
int posix_ask_explain(posix_session *s, char why[H2CONN_WHY_BYTES], uint32_t *code);

#endif
