/* SPDX-License-Identifier: MIT */
#include "posix_handlers.h"
#include "posix_time.h"

/* Blocking reads and writes. */

/* Without memory to wait the stream ends: a handler that returns now must not make a part pass for the whole. */
static int starve(h2conn *conn) {
    h2conn_stream_starve(&conn->stream, conn->session->link.session);
    posix_session_push(conn->session);
    return H2CONN_ENOMEM;
}

/* ---- read ---- */

static void join_readers(h2conn *conn, posix_reader *reader) {
    posix_reader **place = &conn->readers;
    while (*place != NULL) place = &(*place)->next;
    reader->place = place;
    *place = reader;
}

static void leave_readers(posix_reader *reader) {
    *reader->place = reader->next;
    if (reader->next != NULL) reader->next->place = reader->place;
}

/* Wait until there is something to read. */
static ptrdiff_t read_waiting(h2conn *conn, void *buf, size_t len) {
    posix_session *s = conn->session;
    posix_reader reader = {.buf = buf, .len = len};
    posix_wait w;
    ptrdiff_t result = H2CONN_ETIMEDOUT;
    if (!posix_wait_begin(&w, s, &conn->waits, POSIX_READ)) return starve(conn);
    join_readers(conn, &reader);
    for (;;) {
        const bool in_time = posix_wait_step(&w, conn->read_deadline);
        if (reader.got > 0) {
            result = (ptrdiff_t)reader.got;
            break;
        }
        if (h2conn_stream_read(&conn->stream, s->link.session, buf, len, &result) || !in_time) break;
    }
    leave_readers(&reader);
    posix_wait_end(&w);
    return result;
}

ptrdiff_t h2conn_read(h2conn *conn, void *buf, size_t len) {
    if (conn == NULL || buf == NULL || len == 0) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    ptrdiff_t result;
    pthread_mutex_lock(&s->lock);
    if (!conn->stream.discard && posix_is_past(conn->read_deadline)) {
        result = H2CONN_ETIMEDOUT;
    } else if (!h2conn_stream_read(&conn->stream, s->link.session, buf, len, &result)) {
        result = read_waiting(conn, buf, len);
    } else if (h2conn_link_owes(&s->link)) {
        posix_session_push(s); /* the window that reading opened */
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- write ---- */

int posix_conn_write_error(const h2conn *conn) {
    if (conn->stream.ended || conn->stream.closing) return H2CONN_ECLOSED;
    if (!conn->stream.closed) return H2CONN_OK;
    return conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_ECLOSED;
}

/* Wait for the turn, which is handed on in the order of arrival. */
static int take_turn(h2conn *conn) {
    posix_wait w;
    int result = H2CONN_OK;
    if (!conn->writing) {
        conn->writing = true;
        return H2CONN_OK;
    }
    if (!posix_wait_begin(&w, conn->session, &conn->waits, POSIX_TURN)) return starve(conn);
    while (!w.granted && result == H2CONN_OK) {
        result = posix_conn_write_error(conn);
        if (result == H2CONN_OK && !posix_wait_step(&w, conn->write_deadline) && !w.granted) result = H2CONN_ETIMEDOUT;
    }
    const bool granted = w.granted;
    posix_wait_end(&w);
    return granted ? H2CONN_OK : result;
}

void posix_conn_pass_turn(h2conn *conn) {
    conn->writing = false;
    for (posix_wait *w = conn->waits; w != NULL; w = w->topic_next) {
        if (w->what != POSIX_TURN || w->granted) continue;
        conn->writing = w->granted = true;
        posix_wake(w);
        return;
    }
    if (!conn->wants_write) return;
    conn->wants_write = false;
    posix_raise(conn, POSIX_DUE_WRITE);
}

/* Whether this thread has to see its bytes, which are in frames, to the socket: nobody else is sending. */
static bool must_send(const posix_session *s, uint64_t framed) {
    return s->link.sent < framed && !s->sending && !posix_session_is_closing(s);
}

/* Wait until the lent bytes are in frames and those with somebody who sends them. Returns whether it was in time. */
static bool wait_sent(h2conn *conn) {
    posix_session *s = conn->session;
    posix_wait w;
    if (!posix_wait_begin(&w, s, &conn->waits, POSIX_WRITE)) {
        if (conn->stream.lent) starve(conn);
        return true;
    }
    bool in_time = true;
    while (conn->stream.lent && !conn->stream.closing && in_time) in_time = posix_wait_step(&w, conn->write_deadline);
    const uint64_t framed = s->link.framed;
    while (in_time && !conn->stream.lent && must_send(s, framed)) in_time = posix_wait_step(&w, conn->write_deadline);
    posix_wait_end(&w);
    return in_time;
}

/* With the turn. */
static int write_all(h2conn *conn, const void *buf, size_t len, unsigned flags, size_t *written) {
    posix_session *s = conn->session;
    int result = h2conn_stream_write(&conn->stream, s->link.session, buf, len, flags);
    if (result != H2CONN_OK) return result;
    const bool left = flags & H2_END && posix_handlers_pressed();
    if (left || s->sending) posix_session_frame(s);
    if (!left || conn->stream.lent) posix_session_flush(s, NULL);
    if (conn->stream.lent || (!left && must_send(s, s->link.framed))) {
        const bool in_time = wait_sent(conn);
        if (!in_time && conn->stream.lent) result = H2CONN_ETIMEDOUT;
    }
    size_t unsent = conn->stream.closed ? conn->stream.unsent : 0;
    if (conn->stream.lent) {
        unsent = h2_stream_withdraw(s->link.session, conn->stream.id);
        conn->stream.lent = conn->stream.ended = false;
    }
    *written = len - unsent;
    if (conn->stream.closed && unsent > 0) result = posix_conn_write_error(conn);
    return result;
}

int posix_conn_write(h2conn *conn, const void *buf, size_t len, unsigned flags, size_t *written) {
    int result = posix_conn_write_error(conn);
    *written = 0;
    if (result == H2CONN_OK && posix_is_past(conn->write_deadline)) result = H2CONN_ETIMEDOUT;
    if (result == H2CONN_OK) result = take_turn(conn);
    if (result != H2CONN_OK) return result;
    result = posix_conn_write_error(conn);
    if (result == H2CONN_OK && (len > 0 || flags != 0)) result = write_all(conn, buf, len, flags, written);
    posix_conn_pass_turn(conn);
    return result;
}

int h2conn_write(h2conn *conn, const void *buf, size_t len, size_t *written) {
    size_t none;
    if (written == NULL) written = &none;
    *written = 0;
    if (conn == NULL || (buf == NULL && len > 0)) return H2CONN_EINVAL;
    pthread_mutex_lock(&conn->session->lock);
    const int result = posix_conn_write(conn, buf, len, 0, written);
    posix_session_settle(conn->session);
    pthread_mutex_unlock(&conn->session->lock);
    return result;
}

/* In a callback nobody waits for the turn. */
static int take_turn_or_note(h2conn *conn) {
    if (!conn->writing || !posix_in_callback()) return take_turn(conn);
    conn->wants_write = true;
    return H2CONN_EAGAIN;
}

int h2conn_close_write(h2conn *conn) {
    if (conn == NULL) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    int result = H2CONN_OK;
    pthread_mutex_lock(&s->lock);
    if (conn->kept != NULL) {
        posix_kept_end(conn);
    } else if (!conn->stream.ended && !conn->stream.closing) {
        result = take_turn_or_note(conn);
        if (result == H2CONN_OK) {
            result = h2conn_stream_write(&conn->stream, s->link.session, NULL, 0, H2_END);
            posix_conn_pass_turn(conn);
        }
    }
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- trailers ---- */

/* With the turn. The header block may have to wait for room. */
static int send_trailers(h2conn *conn, const h2_field *fields, size_t n) {
    posix_session *s = conn->session;
    posix_wait w;
    h2_result result = h2_stream_trailers(s->link.session, conn->stream.id, fields, n);
    if (result == H2_EAGAIN && posix_in_callback()) {
        posix_session_frame(s);
        result = h2_stream_trailers(s->link.session, conn->stream.id, fields, n);
    } else if (result == H2_EAGAIN) {
        if (!posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) return H2CONN_ENOMEM;
        do {
            posix_session_flush(s, NULL);
            result = h2_stream_trailers(s->link.session, conn->stream.id, fields, n);
        } while (result == H2_EAGAIN && posix_wait_step(&w, conn->write_deadline));
        posix_wait_end(&w);
    }
    if (result == H2_OK) return H2CONN_OK;
    if (result == H2_EINVAL) return H2CONN_EINVAL;
    if (result == H2_ENOMEM) return H2CONN_ENOMEM;
    if (result == H2_EAGAIN) return posix_conn_late(conn);
    return posix_conn_write_error(conn) != H2CONN_OK ? posix_conn_write_error(conn) : H2CONN_ESTATE;
}

int h2conn_close_write_with(h2conn *conn, const h2conn_field *fields, size_t n) {
    if (conn == NULL || (n > 0 && fields == NULL) || !h2conn_fields_are_plain(fields, n)) return H2CONN_EINVAL;
    pthread_mutex_lock(&conn->session->lock);
    int result = posix_conn_write_error(conn);
    if (result == H2CONN_OK) result = take_turn_or_note(conn);
    if (result == H2CONN_OK) {
        result = posix_conn_write_error(conn);
        if (result == H2CONN_OK) result = send_trailers(conn, fields, n);
        if (result == H2CONN_OK) conn->stream.ended = true;
        posix_conn_pass_turn(conn);
        posix_session_push(conn->session);
    }
    pthread_mutex_unlock(&conn->session->lock);
    return result;
}

const h2conn_field *h2conn_trailers(h2conn *conn, size_t *n) {
    pthread_mutex_lock(&conn->session->lock);
    const h2conn_section *trailers = conn->trailers;
    pthread_mutex_unlock(&conn->session->lock);
    *n = trailers != NULL ? trailers->n : 0;
    return trailers != NULL ? trailers->fields : NULL;
}
