/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "posix_start.h"
#include "posix_time.h"

/* What the engine reports, with the session locked: notes for the connection concerned, and a call to who waits for it.
 */

static h2conn *conn_of(const posix_session *s, uint32_t id) {
    return h2_stream_user(s->link.session, id);
}

/* ---- header sections ---- */

static void end_of_peer(h2conn *conn, bool end) {
    if (end) conn->stream.peer_ended = true;
    if (end) posix_raise(conn, POSIX_DUE_READ);
    posix_wake_all(conn->waits, POSIX_READ | POSIX_STATE);
}

static void take_response(h2conn *conn, const h2_field *fields, size_t n) {
    conn->head = posix_section_new(fields, n);
    if (conn->head == NULL) {
        h2conn_stream_starve(&conn->stream, conn->session->link.session);
        return;
    }
    conn->status = h2conn_section_status(conn->head);
    posix_raise(conn, POSIX_DUE_RESPONSE);
}

static void take_trailers(h2conn *conn, const h2_field *fields, size_t n) {
    conn->trailers = posix_section_new(fields, n);
    if (conn->trailers == NULL) h2conn_stream_starve(&conn->stream, conn->session->link.session);
}

/* The program sees regular fields only; :status, which comes first, is what `status` was read from. */
static void take_informational(h2conn *conn, const h2_field *fields, size_t n) {
    const int status = h2conn_status_of(&fields[0]);
    if (status == 100) conn->continued = true;
    if (status == 100 && conn->starting != NULL) posix_loop_post(conn->session, true);
    if (conn->informational != NULL) conn->informational(conn->informational_user, status, fields + 1, n - 1);
    posix_wake_all(conn->waits, POSIX_STATE);
}

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    posix_session *s = user;
    if (section == H2_REQUEST) {
        s->owner->request(s->owner, s, id, fields, n, end);
        return;
    }
    h2conn *conn = conn_of(s, id);
    if (conn == NULL) return;
    if (section == H2_INFORMATIONAL) {
        take_informational(conn, fields, n);
        return;
    }
    end_of_peer(conn, end);
    /* Without memory for them the stream is reset, and the connection may be gone. */
    if (section == H2_RESPONSE) take_response(conn, fields, n);
    if (section == H2_TRAILERS) take_trailers(conn, fields, n);
}

/* ---- DATA ---- */

/* Straight to the threads that wait to read, in their order; one that has some and has not looked yet gets more.
 * Returns how many bytes they took. */
static size_t give_readers(h2conn *conn, const uint8_t *bytes, size_t len) {
    size_t given = 0;
    for (posix_reader *reader = conn->readers; reader != NULL && given < len; reader = reader->next) {
        const size_t room = reader->len - reader->got, n = len - given < room ? len - given : room;
        memcpy(reader->buf + reader->got, bytes + given, n);
        reader->got += n;
        given += n;
    }
    return given;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    posix_session *s = user;
    h2conn *conn = conn_of(s, id);
    if (conn == NULL) {
        h2_stream_consumed(s->link.session, id, len);
        return;
    }
    if (end) conn->stream.peer_ended = true;
    size_t given = 0;
    if (conn->stream.received.bytes == 0 && !conn->stream.discard) given = give_readers(conn, bytes, len);
    if (given > 0) h2_stream_consumed(s->link.session, id, given);
    posix_wake_all(conn->waits, end ? POSIX_READ | POSIX_STATE : POSIX_READ);
    if (given < len || end) posix_raise(conn, POSIX_DUE_READ);
    if (given < len) h2conn_stream_data(&conn->stream, s->link.session, bytes + given, len - given);
}

/* ---- sending ---- */

static void on_sent(void *user, uint32_t id) {
    posix_session *s = user;
    h2conn *conn = conn_of(s, id);
    if (conn == NULL) return;
    posix_wake_all(conn->waits, POSIX_WRITE);
    posix_kept_drop(conn);
    h2conn_stream_sent(&conn->stream, &s->link);
}

/* ---- ends ---- */

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    posix_session *s = user;
    h2conn *conn = conn_of(s, id);
    posix_wake_all(s->watchers, POSIX_ANY);
    if (conn == NULL) return;
    s->conns--;
    h2conn_stream_closed(&conn->stream, &s->link, why);
    posix_kept_drop(conn);
    posix_wake_all(conn->waits, POSIX_ANY);
    if (posix_start_closed(conn)) return;
    if (conn->orphan)
        posix_conn_orphan(conn);
    else if (conn->events != NULL)
        posix_raise(conn, POSIX_DUE_CLOSE);
    else if (s->owner->gone != NULL)
        s->owner->gone(s->owner, conn);
}

static void on_settings(void *user) {
    posix_session *s = user;
    posix_wake_all(s->watchers, POSIX_ANY);
    if (s->starts != NULL) posix_loop_post(s, true);
}

static void on_goaway(void *user, uint32_t last_stream_id, uint32_t code) {
    posix_session *s = user;
    (void)last_stream_id;
    (void)code;
    s->leaving = true;
    posix_wake_all(s->watchers, POSIX_ANY);
}

static void on_pong(void *user, const uint8_t opaque[H2_PING_BYTES]) {
    posix_session *s = user;
    (void)opaque;
    s->ping_rtt_us = posix_now_us() - s->ping_sent_us;
    s->pinging = false;
    s->pongs++;
    posix_wake_all(s->watchers, POSIX_ANY);
}

static bool on_grow(void *user, int64_t octets) {
    posix_session *s = user;
    return posix_window_grant(&s->owner->window_memory, octets);
}

static void on_frame(void *user, bool sent, const h2_frame_header *header, const uint8_t *payload, size_t n) {
    posix_session *s = user;
    s->owner->trace(s->owner->trace_user, posix_session_remote(s), sent, header, payload, n);
}

h2_handlers posix_session_handlers(bool trace) {
    return (h2_handlers){.on_headers = on_headers,
                         .on_data = on_data,
                         .on_sent = on_sent,
                         .on_closed = on_closed,
                         .on_settings = on_settings,
                         .on_pong = on_pong,
                         .on_goaway = on_goaway,
                         .on_frame = trace ? on_frame : NULL,
                         .on_grow = on_grow};
}
