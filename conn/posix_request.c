/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "posix_handlers.h"

#define ACCEPT_MIN   200
#define ACCEPT_MAX   299
#define NOT_FOUND    404
#define NO_CONTENT   204
#define NOT_MODIFIED 304
#define CONTINUE     100
#define SWITCHING    101
/* Of an answer that needs no memory to be put together. */
#define FEW_FIELDS 16u

h2conn_request *posix_request_new(size_t bytes, posix_session *s, uint32_t id, const h2_field *fields, size_t n,
                                  bool end) {
    h2conn_request *request = malloc(bytes);
    h2conn_section *head = posix_section_new(fields, n);
    if (request == NULL || head == NULL) {
        free(request);
        free(head);
        return NULL;
    }
    memset(request, 0, bytes);
    request->conn.head = head;
    posix_conn_attach(&request->conn, s, id);
    request->conn.stream.peer_ended = end;
    return request;
}

void posix_request_run(h2conn_request *request, h2conn_handler handler, void *user) {
    posix_session *s = request->conn.session;
    handler(user, request);
    pthread_mutex_lock(&s->lock);
    posix_request_not_found(request);
    posix_conn_close(&request->conn);
    posix_session_ref(s);
    posix_conn_orphan(&request->conn);
    posix_session_rest(s);
    posix_session_leave(s);
}

/* ---- what the client asked ---- */

const char *h2conn_request_method(const h2conn_request *request) {
    return request->conn.head->pseudo[H2CONN_METHOD];
}

const char *h2conn_request_path(const h2conn_request *request) {
    return request->conn.head->pseudo[H2CONN_PATH];
}

const char *h2conn_request_authority(const h2conn_request *request) {
    return request->conn.head->pseudo[H2CONN_AUTHORITY];
}

const char *h2conn_request_scheme(const h2conn_request *request) {
    return request->conn.head->pseudo[H2CONN_SCHEME];
}

const char *h2conn_request_protocol(const h2conn_request *request) {
    return request->conn.head->pseudo[H2CONN_PROTOCOL];
}

const h2conn_field *h2conn_request_fields(const h2conn_request *request, size_t *n) {
    *n = request->conn.head->n;
    return request->conn.head->fields;
}

/* ---- the answer ---- */

int posix_conn_send_head(h2conn *conn, const h2_field *fields, size_t n, unsigned flags) {
    posix_session *s = conn->session;
    posix_wait w;
    h2_result result = h2_stream_respond(s->link.session, conn->stream.id, fields, n, flags);
    if (result == H2_EAGAIN && posix_in_callback()) {
        posix_session_frame(s);
        result = h2_stream_respond(s->link.session, conn->stream.id, fields, n, flags);
    } else if (result == H2_EAGAIN) {
        if (!posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) return H2CONN_ENOMEM;
        do {
            posix_session_flush(s, NULL);
            result = h2_stream_respond(s->link.session, conn->stream.id, fields, n, flags);
        } while (result == H2_EAGAIN && posix_wait_step(&w, conn->write_deadline));
        posix_wait_end(&w);
    }
    switch (result) {
    case H2_OK: return H2CONN_OK;
    case H2_EAGAIN: return posix_conn_late(conn);
    case H2_EINVAL: return H2CONN_EINVAL;
    case H2_ENOMEM: return H2CONN_ENOMEM;
    default: return conn->stream.closed && conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_ESTATE;
    }
}

/* The status and fields, once. Locked. */
static int answer(h2conn_request *request, int status, const h2conn_field *fields, size_t n, const h2_field *length,
                  unsigned flags) {
    char digits[H2CONN_STATUS_DIGITS + 1];
    h2conn *conn = &request->conn;
    if (conn->status != 0) return H2CONN_ESTATE;
    if (conn->stream.closed) return conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_ESTATE;
    h2_field few[FEW_FIELDS];
    h2_field *all = n + 2 <= FEW_FIELDS ? few : malloc((n + 2) * sizeof *all);
    if (all == NULL) return H2CONN_ENOMEM;
    all[0] = h2conn_field_of_status(digits, status);
    if (n > 0) memcpy(all + 1, fields, n * sizeof *all);
    n++;
    if (length != NULL) all[n++] = *length;
    const bool ended = conn->stream.ended;
    conn->status = status;
    conn->stream.ended = (flags & H2_END) != 0;
    const int result = posix_conn_send_head(conn, all, n, flags);
    if (all != few) free(all);
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
    const int result = answer(request, status, fields, n, NULL, 0);
    if (result == H2CONN_OK) request->conn.handed = true;
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
    if (result == H2CONN_OK) *conn = &request->conn;
    return result;
}

static bool has_field(const h2conn_field *fields, size_t n, const char *name, size_t len) {
    for (size_t i = 0; i < n; i++)
        if (fields[i].name_len == len && memcmp(fields[i].name, name, len) == 0) return true;
    return false;
}

/* RFC 9110, 15.3.5, 15.4.5. */
static bool excludes_content(int status) {
    return status == NO_CONTENT || status == NOT_MODIFIED;
}

static bool wants_length(int status, const h2conn_field *fields, size_t n) {
    static const char name[] = "content-length";
    return !excludes_content(status) && !has_field(fields, n, name, sizeof name - 1);
}

/* With events the body is copied as far as it does not fit. */
static int send_body(h2conn *conn, const void *body, size_t len) {
    size_t taken;
    if (conn->events == NULL) return posix_conn_write(conn, body, len, H2_END, &taken);
    return posix_try_write(conn, body, len, SIZE_MAX, H2_END, &taken);
}

/* Locked. */
static int respond(h2conn_request *request, int status, const h2conn_field *fields, size_t n, const void *body,
                   size_t len) {
    h2conn *conn = &request->conn;
    char digits[H2CONN_LENGTH_DIGITS + 1];
    const h2_field length = h2conn_field_of_length(digits, len);
    if (conn->status != 0) return H2CONN_ESTATE;
    /* RFC 9110, 9.3.2: the answer to HEAD has no content either. */
    if (excludes_content(status) || strcmp(h2conn_request_method(request), "HEAD") == 0) len = 0;
    const h2_field *added = wants_length(status, fields, n) ? &length : NULL;
    int result = answer(request, status, fields, n, added, len == 0 ? H2_END : 0);
    if (result != H2CONN_OK) return result;
    h2conn_stream_discard(&conn->stream, conn->session->link.session);
    if (len > 0) result = send_body(conn, body, len);
    posix_conn_close(conn);
    return result;
}

int h2conn_respond(h2conn_request *request, int status, const h2conn_field *fields, size_t n, const void *body,
                   size_t len) {
    if (request == NULL || (n > 0 && fields == NULL) || (len > 0 && body == NULL)) return H2CONN_EINVAL;
    if (status < ACCEPT_MIN || status > H2CONN_STATUS_MAX || !h2conn_fields_are_plain(fields, n)) return H2CONN_EINVAL;
    posix_session *s = request->conn.session;
    pthread_mutex_lock(&s->lock);
    const int result = respond(request, status, fields, n, body, len);
    posix_session_settle(s);
    pthread_mutex_unlock(&s->lock);
    return result;
}

void posix_request_not_found(h2conn_request *request) {
    respond(request, NOT_FOUND, NULL, 0, NULL, 0);
}

/* ---- before the answer ---- */

/* Locked. */
static int inform(h2conn *conn, int status, const h2conn_field *fields, size_t n) {
    char digits[H2CONN_STATUS_DIGITS + 1];
    if (conn->status != 0) return H2CONN_ESTATE;
    h2_field *all = malloc((n + 1) * sizeof *all);
    if (all == NULL) return H2CONN_ENOMEM;
    all[0] = h2conn_field_of_status(digits, status);
    if (n > 0) memcpy(all + 1, fields, n * sizeof *all);
    const int result = posix_conn_send_head(conn, all, n + 1, 0);
    free(all);
    if (result == H2CONN_OK && status == CONTINUE) conn->continued = true;
    posix_session_push(conn->session);
    return result;
}

int h2conn_inform(h2conn_request *request, int status, const h2conn_field *fields, size_t n) {
    if (request == NULL || (n > 0 && fields == NULL) || !h2conn_fields_are_plain(fields, n)) return H2CONN_EINVAL;
    if (status < CONTINUE || status >= ACCEPT_MIN || status == SWITCHING) return H2CONN_EINVAL;
    pthread_mutex_lock(&request->conn.session->lock);
    const int result = inform(&request->conn, status, fields, n);
    pthread_mutex_unlock(&request->conn.session->lock);
    return result;
}

/* RFC 9110, 10.1.1: the value is not case-sensitive. */
static bool expects_continue(const h2conn_section *head) {
    for (size_t i = 0; i < head->n; i++) {
        if (strcmp(head->fields[i].name, "expect") == 0 && strcasecmp(head->fields[i].value, "100-continue") == 0)
            return true;
    }
    return false;
}

ptrdiff_t h2conn_request_read(h2conn_request *request, void *buf, size_t len) {
    if (request == NULL) return H2CONN_EINVAL;
    h2conn *conn = &request->conn;
    int result = H2CONN_OK;
    pthread_mutex_lock(&conn->session->lock);
    const bool waits = conn->status == 0 && !conn->continued && !conn->stream.peer_ended && !conn->stream.closed;
    if (waits && expects_continue(conn->head)) result = inform(conn, CONTINUE, NULL, 0);
    pthread_mutex_unlock(&conn->session->lock);
    return result == H2CONN_OK ? h2conn_read(conn, buf, len) : result;
}
