/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "posix_handlers.h"

#define ACCEPT_MIN 200
#define ACCEPT_MAX 299
#define NOT_FOUND  404

h2conn_request *posix_request_new(posix_session *s, uint32_t id, const h2_field *fields, size_t n, bool end) {
    h2conn_request *request = malloc(sizeof *request + h2conn_section_bytes(fields, n));
    if (request == NULL) return NULL;
    memset(request, 0, sizeof *request);
    h2conn_section_copy(&request->conn.head, request + 1, fields, n);
    posix_conn_attach(&request->conn, s, id);
    request->conn.stream.peer_ended = end;
    return request;
}

void posix_request_run(h2conn_request *request, h2conn_handler handler, void *user) {
    posix_session *s = request->conn.session;
    handler(user, request);
    h2conn_respond(request, NOT_FOUND, NULL, 0, NULL, 0);
    pthread_mutex_lock(&s->lock);
    posix_conn_close(&request->conn);
    posix_session_ref(s);
    posix_conn_orphan(&request->conn);
    pthread_mutex_unlock(&s->lock);
    posix_session_unref(s);
}

/* ---- what the client asked ---- */

const char *h2conn_request_method(const h2conn_request *request) {
    return request->conn.head.pseudo[H2CONN_METHOD];
}

const char *h2conn_request_path(const h2conn_request *request) {
    return request->conn.head.pseudo[H2CONN_PATH];
}

const char *h2conn_request_authority(const h2conn_request *request) {
    return request->conn.head.pseudo[H2CONN_AUTHORITY];
}

const char *h2conn_request_scheme(const h2conn_request *request) {
    return request->conn.head.pseudo[H2CONN_SCHEME];
}

const h2conn_field *h2conn_request_fields(const h2conn_request *request, size_t *n) {
    *n = request->conn.head.n;
    return request->conn.head.fields;
}

/* ---- the answer ---- */

/* Send a header section, waiting for room. Locked. */
static int send_head(h2conn *conn, const h2_field *fields, size_t n, unsigned flags) {
    posix_session *s = conn->session;
    posix_wait w;
    h2_result result = h2_stream_respond(s->link.session, conn->stream.id, fields, n, flags);
    if (result == H2_EAGAIN) {
        if (!posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) return H2CONN_ENOMEM;
        do {
            posix_session_flush(s, NULL);
            result = h2_stream_respond(s->link.session, conn->stream.id, fields, n, flags);
        } while (result == H2_EAGAIN && posix_wait_step(&w, conn->write_deadline));
        posix_wait_end(&w);
    }
    switch (result) {
    case H2_OK: return H2CONN_OK;
    case H2_EAGAIN: return H2CONN_ETIMEDOUT;
    case H2_EINVAL: return H2CONN_EINVAL;
    default: return conn->stream.closed && conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_ESTATE;
    }
}

/* The status and fields, once. Locked. */
static int answer(h2conn_request *request, int status, const h2conn_field *fields, size_t n, unsigned flags) {
    char digits[H2CONN_STATUS_DIGITS + 1];
    h2conn *conn = &request->conn;
    if (conn->status != 0) return H2CONN_ESTATE;
    if (conn->stream.closed) return conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_ESTATE;
    h2_field *all = malloc((n + 1) * sizeof *all);
    if (all == NULL) return H2CONN_ENOMEM;
    all[0] = h2conn_field_of_status(digits, status);
    if (n > 0) memcpy(all + 1, fields, n * sizeof *all);
    const bool ended = conn->stream.ended;
    conn->status = status;
    conn->stream.ended = (flags & H2_END) != 0;
    const int result = send_head(conn, all, n + 1, flags);
    free(all);
    if (result != H2CONN_OK) {
        conn->status = 0;
        conn->stream.ended = ended;
    }
    return result;
}

int h2conn_accept(h2conn **conn, h2conn_request *request, int status, const h2conn_field *fields, size_t n) {
    if (conn == NULL || request == NULL || (n > 0 && fields == NULL)) return H2CONN_EINVAL;
    *conn = NULL;
    if (status < ACCEPT_MIN || status > ACCEPT_MAX || !h2conn_fields_are_plain(fields, n)) return H2CONN_EINVAL;
    posix_session *s = request->conn.session;
    pthread_mutex_lock(&s->lock);
    const int result = answer(request, status, fields, n, 0);
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
    if (result == H2CONN_OK) *conn = &request->conn;
    return result;
}

int h2conn_respond(h2conn_request *request, int status, const h2conn_field *fields, size_t n, const void *body,
                   size_t len) {
    if (request == NULL || (n > 0 && fields == NULL) || (len > 0 && body == NULL)) return H2CONN_EINVAL;
    if (status < ACCEPT_MIN || status > H2CONN_STATUS_MAX || !h2conn_fields_are_plain(fields, n)) return H2CONN_EINVAL;
    h2conn *conn = &request->conn;
    posix_session *s = conn->session;
    size_t written;
    /* RFC 9110, 9.3.2: the answer to HEAD has no content. */
    if (strcmp(h2conn_request_method(request), "HEAD") == 0) len = 0;
    pthread_mutex_lock(&s->lock);
    int result = answer(request, status, fields, n, len == 0 ? H2_END : 0);
    if (result == H2CONN_OK) {
        h2conn_stream_discard(&conn->stream, s->link.session);
        if (len > 0) result = posix_conn_write(conn, body, len, H2_END, &written);
        posix_conn_close(conn);
    }
    posix_session_settle(s);
    pthread_mutex_unlock(&s->lock);
    return result;
}
