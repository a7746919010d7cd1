/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>
#include "h2conn_events.h"
#include "posix_handlers.h"
#include "posix_time.h"

/*
 * Events are noted by the engine's handlers, in whatever thread they run, and told by the loop's thread: a connection
 * with any stands in one of its session's lines. One turn calls those that were in line when it began, as far as its
 * time goes, so that no connection keeps others waiting. New requests stand in a line of their own, which moves while
 * there is room for answers: a peer that does not read is not served on. An answer that found no room waits there too.
 */

/* Room for the longest header block there is by default. */
#define ANSWER_ROOM (H2_FRAME_HEADER_BYTES + H2_FRAME_SIZE_MIN)

/* The session whose callbacks this thread calls. */
static _Thread_local const posix_session *calling;

bool posix_in_callback_of(const posix_session *s) {
    return calling == s;
}

bool posix_in_callback(void) {
    return calling != NULL;
}

bool posix_session_defer(posix_session *s) {
    if (calling == NULL || calling->loop != s->loop) return false;
    if (calling != s) posix_loop_post(s, true);
    return true;
}

static void join(posix_due *line, h2conn *conn) {
    conn->in_line = true;
    conn->due_next = NULL;
    conn->due_place = line->first != NULL ? line->end : &line->first;
    *conn->due_place = conn;
    line->end = &conn->due_next;
    line->n++;
}

static void leave(posix_due *line, h2conn *conn) {
    *conn->due_place = conn->due_next;
    if (conn->due_next != NULL)
        conn->due_next->due_place = conn->due_place;
    else
        line->end = conn->due_place;
    conn->in_line = false;
    line->n--;
}

/* Nobody wants to be told of it. */
static bool is_given_up(const h2conn *conn) {
    return conn->orphan || conn->freeing;
}

void posix_raise(h2conn *conn, unsigned due) {
    if (conn->events == NULL || is_given_up(conn)) return;
    if (conn->stream.discard) due &= ~(unsigned)POSIX_DUE_READ;
    if (conn->stream.closed) due &= ~(unsigned)POSIX_DUE_WRITE;
    conn->due = (uint8_t)(conn->due | due);
    if (conn->due == 0 || conn->in_line) return;
    join(due & POSIX_DUE_OPEN ? &conn->session->opening : &conn->session->due, conn);
    posix_session_announce(conn->session);
}

bool posix_withdraw(h2conn *conn) {
    if (!(conn->due & POSIX_DUE_OPEN)) return false;
    leave(&conn->session->opening, conn);
    posix_conn_orphan(conn);
    return true;
}

int posix_conn_late(h2conn *conn) {
    if (!posix_in_callback()) return H2CONN_ETIMEDOUT;
    conn->due |= POSIX_DUE_WRITE;
    if (!conn->in_line) join(&conn->session->opening, conn);
    posix_session_announce(conn->session);
    return H2CONN_EAGAIN;
}

static bool has_room(const posix_session *s) {
    const h2conn_link *link = &s->link;
    return h2conn_link_pending(link) == 0 || POSIX_BUFFER_BYTES - link->tx_end >= ANSWER_ROOM;
}

bool posix_session_has_due(const posix_session *s) {
    return s->due.first != NULL || (s->opening.first != NULL && has_room(s));
}

void posix_session_announce(posix_session *s) {
    if (!s->turning && posix_session_has_due(s)) posix_loop_post(s, true);
}

/* ---- callbacks, called with the lock free ---- */

typedef void callback(void *user, h2conn *conn);

static void call(h2conn *conn, callback *what) {
    posix_session *s = conn->session;
    if (what == NULL) return;
    pthread_mutex_unlock(&s->lock);
    what(conn->events->user, conn);
    pthread_mutex_lock(&s->lock);
}

/* A request nobody took or answered gets 404, and one nobody took is not talked of again. */
static void tell_open(h2conn *conn) {
    posix_session *s = conn->session;
    h2conn_request *request = (h2conn_request *)conn;
    /* A stream that has ended before its turn is none. */
    if (conn->events->on_open != NULL && !conn->stream.closed) {
        pthread_mutex_unlock(&s->lock);
        conn->events->on_open(conn->events->user, request);
        pthread_mutex_lock(&s->lock);
    }
    if (conn->held || is_given_up(conn)) return;
    if (conn->status == 0) posix_request_not_found(request);
    free(conn->head);
    conn->head = NULL;
    if (conn->handed) return;
    posix_conn_close(conn);
    posix_conn_orphan(conn);
}

static void tell_response(h2conn *conn) {
    posix_session *s = conn->session;
    if (conn->events->on_response == NULL || conn->head == NULL) return;
    const h2conn_response response = {.status = conn->status, .fields = conn->head->fields, .n_fields = conn->head->n};
    pthread_mutex_unlock(&s->lock);
    conn->events->on_response(conn->events->user, conn, &response);
    pthread_mutex_lock(&s->lock);
}

/* Whether reading would find something. */
static bool is_unread(const h2conn *conn) {
    const h2conn_stream *stream = &conn->stream;
    if (is_given_up(conn) || stream->discard) return false;
    return stream->received.bytes > 0 || ((stream->peer_ended || stream->closed) && !conn->read_end);
}

/* A server's connection is the library's again, unless held. */
static void tell_close(h2conn *conn) {
    call(conn, conn->events->on_close);
    if (conn->session->link.server && !conn->held && !is_given_up(conn)) {
        h2conn_stream_close(&conn->stream, &conn->session->link);
        posix_conn_orphan(conn);
    }
}

/* One that reads and leaves some is called again, before it hears of the end. */
static void tell(h2conn *conn) {
    const unsigned due = conn->due;
    conn->due = 0;
    conn->read_some = false;
    if (due & POSIX_DUE_OPEN && !is_given_up(conn)) tell_open(conn);
    if (due & POSIX_DUE_RESPONSE && !is_given_up(conn)) tell_response(conn);
    if (due & POSIX_DUE_READ && is_unread(conn)) call(conn, conn->events->on_readable);
    if (due & POSIX_DUE_WRITE && !is_given_up(conn) && !conn->stream.closed) call(conn, conn->events->on_writable);
    if (conn->read_some && is_unread(conn))
        posix_raise(conn, POSIX_DUE_READ | (due & POSIX_DUE_CLOSE));
    else if (due & POSIX_DUE_CLOSE && !is_given_up(conn))
        tell_close(conn);
}

/* ---- turns ---- */

static void serve(posix_session *s, h2conn *conn) {
    conn->calling = true;
    tell(conn);
    conn->calling = false;
    if (s->watchers != NULL) posix_wake_all(s->watchers, POSIX_ANY);
    if (conn->orphan) posix_conn_orphan(conn);
}

/* Those in line now, one at least, as long as the time lasts. */
static void serve_line(posix_session *s, posix_due *line, int64_t until_us) {
    for (uint32_t n = line->n; n > 0 && line->first != NULL; n--) {
        if (line == &s->opening && !has_room(s)) return;
        h2conn *conn = line->first;
        leave(line, conn);
        serve(s, conn);
        if (n > 1 && posix_now_us() >= until_us) return;
    }
}

void posix_session_dispatch(posix_session *s) {
    if (!posix_session_has_due(s)) return;
    const bool many = s->opening.n + s->due.n > 1;
    const int64_t until_us = many ? posix_now_us() + posix_session_slice(s) / 2 : 0;
    /* A callback may free a client that has no thread of its own, which is seen to its end in here. */
    const posix_session *before = calling;
    calling = s;
    serve_line(s, &s->opening, until_us);
    serve_line(s, &s->due, until_us);
    calling = before;
}

void posix_silence(h2conn *conn) {
    posix_session *s = conn->session;
    posix_wait w;
    conn->freeing = true;
    if (!conn->calling || posix_in_callback()) return;
    if (posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) {
        while (conn->calling) posix_wait_step(&w, 0);
        posix_wait_end(&w);
    }
    while (conn->calling) {
        pthread_mutex_unlock(&s->lock);
        sched_yield();
        pthread_mutex_lock(&s->lock);
    }
}
