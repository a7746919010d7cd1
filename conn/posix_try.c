/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2conn_events.h"
#include "posix_handlers.h"

/*
 * Reading and writing without waiting. What is written is lent to the engine, which puts what the windows allow into
 * frames at once, and the rest is taken back: no connection has a buffer to send from. Only a little of that rest is
 * copied and stays lent, so that the stream keeps its place in line, the engine knows that it is blocked, and somebody
 * is told when it no longer is.
 */

#define KEPT_MAX 1024u

/* ---- read ---- */

static void after_read(h2conn *conn, ptrdiff_t result) {
    posix_session *s = conn->session;
    if (result > 0)
        conn->read_some = true;
    else
        conn->read_end = true;
    /* The window that reading opened. */
    if (!posix_in_callback_of(s) && h2conn_link_owes(&s->link)) posix_session_push(s);
}

ptrdiff_t h2conn_try_read(h2conn *conn, void *buf, size_t len) {
    if (conn == NULL || buf == NULL || len == 0) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    ptrdiff_t result;
    pthread_mutex_lock(&s->lock);
    if (h2conn_stream_read(&conn->stream, s->link.session, buf, len, &result))
        after_read(conn, result);
    else
        result = H2CONN_EAGAIN;
    pthread_mutex_unlock(&s->lock);
    return result;
}

ptrdiff_t h2conn_peek(h2conn *conn, const void **bytes) {
    if (conn == NULL || bytes == NULL) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    ptrdiff_t result;
    pthread_mutex_lock(&s->lock);
    if (!h2conn_stream_peek(&conn->stream, bytes, &result))
        result = H2CONN_EAGAIN;
    else if (result <= 0)
        conn->read_end = true;
    pthread_mutex_unlock(&s->lock);
    return result;
}

void h2conn_skip(h2conn *conn, size_t n) {
    if (conn == NULL) return;
    posix_session *s = conn->session;
    pthread_mutex_lock(&s->lock);
    n = h2conn_stream_skip(&conn->stream, s->link.session, n);
    if (n > 0) after_read(conn, (ptrdiff_t)n);
    pthread_mutex_unlock(&s->lock);
}

/* ---- write ---- */

/* Lend a copy of the first bytes of what is left, or what `flags` say when that is nothing. Without memory the stream
 * ends: a part must not pass for the whole. */
static int keep(h2conn *conn, const uint8_t *bytes, size_t left, size_t most, unsigned flags, size_t *taken) {
    h2_session *session = conn->session->link.session;
    if (left == 0) return h2conn_stream_write(&conn->stream, session, NULL, 0, flags);
    const size_t n = left < most ? left : most;
    posix_kept *kept = malloc(sizeof *kept + n);
    if (kept == NULL) {
        h2conn_stream_starve(&conn->stream, session);
        return H2CONN_ENOMEM;
    }
    kept->len = n;
    memcpy(kept->bytes, bytes, n);
    const int result = h2conn_stream_write(&conn->stream, session, kept->bytes, n, n == left ? flags : 0);
    if (result != H2CONN_OK) {
        free(kept);
        return result;
    }
    conn->kept = kept;
    conn->writing = true;
    *taken += n;
    return H2CONN_OK;
}

int posix_try_write(h2conn *conn, const void *buf, size_t len, size_t most, unsigned flags, size_t *taken) {
    h2conn_stream *stream = &conn->stream;
    h2_session *session = conn->session->link.session;
    *taken = 0;
    const int result = h2conn_stream_write(stream, session, buf, len, flags);
    if (result != H2CONN_OK) return result;
    posix_session_frame(conn->session);
    if (!stream->lent) {
        *taken = len - (stream->closed ? stream->unsent : 0);
        return *taken < len ? posix_conn_write_error(conn) : H2CONN_OK;
    }
    const size_t left = h2_stream_withdraw(session, stream->id);
    stream->lent = stream->ended = false;
    *taken = len - left;
    return keep(conn, (const uint8_t *)buf + *taken, left, most, flags, taken);
}

void posix_kept_end(h2conn *conn) {
    h2conn_stream *stream = &conn->stream;
    h2_session *session = conn->session->link.session;
    if (conn->kept == NULL || stream->ended || stream->closing || stream->closed) return;
    const size_t left = h2_stream_withdraw(session, stream->id);
    stream->lent = false;
    h2conn_stream_write(stream, session, conn->kept->bytes + conn->kept->len - left, left, H2_END);
}

void posix_kept_drop(h2conn *conn) {
    if (conn->kept == NULL) return;
    free(conn->kept);
    conn->kept = NULL;
    posix_conn_pass_turn(conn);
}

ptrdiff_t h2conn_try_write(h2conn *conn, const void *buf, size_t len) {
    if (conn == NULL || (buf == NULL && len > 0)) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    size_t taken = 0;
    pthread_mutex_lock(&s->lock);
    int result = posix_conn_write_error(conn);
    if (result == H2CONN_OK && conn->writing) result = H2CONN_EAGAIN;
    if (result == H2CONN_OK && len > 0) result = posix_try_write(conn, buf, len, KEPT_MAX, 0, &taken);
    if (taken < len && (result == H2CONN_OK || result == H2CONN_EAGAIN)) conn->wants_write = true;
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
    return taken > 0 || result == H2CONN_OK ? (ptrdiff_t)taken : result;
}

/* ---- the program's own ---- */

h2conn *h2conn_request_hold(h2conn_request *request) {
    if (request == NULL) return NULL;
    posix_session *s = request->conn.session;
    pthread_mutex_lock(&s->lock);
    request->conn.held = request->conn.handed = true;
    pthread_mutex_unlock(&s->lock);
    return &request->conn;
}

void h2conn_set_user(h2conn *conn, void *user) {
    if (conn != NULL) conn->user = user;
}

void *h2conn_user(const h2conn *conn) {
    return conn != NULL ? conn->user : NULL;
}
