/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "conn_error.h"
#include "posix_start.h"
#include "posix_time.h"

h2conn_section *posix_section_new(const h2_field *fields, size_t n) {
    h2conn_section *section = malloc(sizeof *section + h2conn_section_bytes(fields, n));
    if (section != NULL) h2conn_section_copy(section, section + 1, fields, n);
    return section;
}

/* ---- a connection comes and goes ---- */

void posix_conn_attach(h2conn *conn, posix_session *s, uint32_t id) {
    h2conn_stream_init(&conn->stream, id, &posix_chunks);
    conn->session = s;
    posix_session_ref(s);
    s->conns++;
    h2_stream_set_user(s->link.session, id, conn);
}

void posix_conn_orphan(h2conn *conn) {
    posix_session *s = conn->session;
    conn->orphan = true;
    if (!conn->stream.closed || conn->in_line || conn->calling) return;
    h2conn_stream_discard(&conn->stream, s->link.session);
    free(conn->head);
    free(conn->kept);
    free(conn->trailers);
    posix_start_unref(conn->starting);
    free(conn);
    posix_session_drop(s);
}

/* ---- why ---- */

int posix_conn_error(const h2conn *conn) {
    return conn->stream.closed ? conn->stream.error : H2CONN_OK;
}

void posix_conn_why(h2conn *conn, char out[H2CONN_WHY_BYTES]) {
    if (posix_start_why(conn, out)) return;
    const int error = posix_conn_error(conn);
    char text[H2CONN_WHY_BYTES];
    const bool outside = error == H2CONN_ELOST || error == H2CONN_ETLS;
    const char *detail = outside ? posix_session_detail(conn->session, text) : NULL;
    h2conn_explain(out, error, &conn->stream.why, detail);
}

uint32_t h2conn_code(h2conn *conn) {
    pthread_mutex_lock(&conn->session->lock);
    const uint32_t code = conn->stream.closed ? conn->stream.why.code : H2_NO_ERROR;
    pthread_mutex_unlock(&conn->session->lock);
    return code;
}

const char *h2conn_why(h2conn *conn, char out[H2CONN_WHY_BYTES]) {
    pthread_mutex_lock(&conn->session->lock);
    posix_conn_why(conn, out);
    pthread_mutex_unlock(&conn->session->lock);
    return out;
}

const char *h2conn_local_addr(const h2conn *conn) {
    return posix_session_local(conn->session);
}

const char *h2conn_remote_addr(const h2conn *conn) {
    return posix_session_remote(conn->session);
}

/* ---- ends ---- */

void posix_conn_close(h2conn *conn) {
    posix_session *s = conn->session;
    posix_kept_end(conn);
    h2conn_stream_close(&conn->stream, &s->link);
    posix_wake_all(conn->waits, POSIX_ANY);
    posix_session_push(s);
}

int h2conn_close(h2conn *conn) {
    if (conn == NULL) return H2CONN_EINVAL;
    if (posix_start_end(conn, true)) return H2CONN_OK;
    posix_session *s = conn->session;
    pthread_mutex_lock(&s->lock);
    posix_conn_close(conn);
    pthread_mutex_unlock(&s->lock);
    return H2CONN_OK;
}

int h2conn_reset(h2conn *conn, uint32_t code) {
    if (conn == NULL) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    pthread_mutex_lock(&s->lock);
    h2conn_stream_discard(&conn->stream, s->link.session);
    conn->stream.closing = true;
    h2_stream_reset(s->link.session, conn->stream.id, code);
    posix_wake_all(conn->waits, POSIX_ANY);
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
    return H2CONN_OK;
}

void h2conn_free(h2conn *conn) {
    if (conn == NULL) return;
    posix_start_end(conn, false);
    posix_session *s = conn->session;
    h2conn_client *own = conn->own;
    pthread_mutex_lock(&s->lock);
    posix_session_ref(s);
    posix_silence(conn);
    posix_conn_close(conn);
    posix_conn_orphan(conn);
    pthread_mutex_unlock(&s->lock);
    posix_session_unref(s);
    h2conn_client_free(own);
}

int h2conn_wait_closed(h2conn *conn) {
    if (conn == NULL) return H2CONN_EINVAL;
    posix_session *s = conn->session;
    posix_wait w;
    int result = H2CONN_OK;
    pthread_mutex_lock(&s->lock);
    if (!conn->stream.closed && !posix_wait_begin(&w, s, &conn->waits, POSIX_STATE)) {
        result = H2CONN_ENOMEM;
    } else if (!conn->stream.closed) {
        while (!conn->stream.closed && result == H2CONN_OK)
            if (!posix_wait_step(&w, conn->read_deadline) && !conn->stream.closed) result = H2CONN_ETIMEDOUT;
        posix_wait_end(&w);
    }
    if (result == H2CONN_OK) result = posix_conn_error(conn);
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- deadlines ---- */

static void set_deadlines(h2conn *conn, const int64_t *read_at, const int64_t *write_at) {
    pthread_mutex_lock(&conn->session->lock);
    if (read_at != NULL) conn->read_deadline = *read_at;
    if (write_at != NULL) conn->write_deadline = *write_at;
    posix_wake_all(conn->waits, POSIX_ANY);
    pthread_mutex_unlock(&conn->session->lock);
}

void h2conn_set_read_deadline(h2conn *conn, int64_t at_ms) {
    set_deadlines(conn, &at_ms, NULL);
}

void h2conn_set_write_deadline(h2conn *conn, int64_t at_ms) {
    set_deadlines(conn, NULL, &at_ms);
}

void h2conn_set_deadline(h2conn *conn, int64_t at_ms) {
    set_deadlines(conn, &at_ms, &at_ms);
}

/* ---- ping ---- */

/* Start one, once no other is under way. Returns true when it is. */
static bool start_ping(posix_session *s) {
    static const uint8_t opaque[H2_PING_BYTES] = {'h', '2', 'c', 'o', 'n', 'n'};
    if (s->pinging || h2_session_ping(s->link.session, opaque) != H2_OK) return false;
    s->pinging = true;
    s->ping_sent_us = posix_now_us();
    return true;
}

/* The round trip, or an error. A thread that gives up leaves its ping to the next, which may only start when it is
 * answered. */
static int64_t ping(posix_session *s, int64_t deadline) {
    posix_wait w;
    if (!posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) return H2CONN_ENOMEM;
    uint32_t before = 0;
    bool mine = false, in_time = true;
    int64_t result = H2CONN_OK;
    while (result == H2CONN_OK) {
        if (mine && s->pongs != before) {
            result = s->ping_rtt_us;
            break;
        }
        if (!mine) {
            before = s->pongs;
            mine = start_ping(s);
        }
        if (posix_session_is_closing(s)) {
            const int error = h2conn_link_error(&s->link, NULL);
            result = error != H2CONN_OK ? error : H2CONN_ELOST;
        } else if (!in_time) {
            result = H2CONN_ETIMEDOUT;
        } else {
            in_time = posix_wait_step(&w, deadline);
        }
    }
    posix_wait_end(&w);
    return result;
}

int h2conn_ping(h2conn *conn, int64_t timeout_ms, int64_t *rtt_us) {
    if (conn == NULL || rtt_us == NULL || timeout_ms <= 0) return H2CONN_EINVAL;
    pthread_mutex_lock(&conn->session->lock);
    const int64_t result = ping(conn->session, posix_after(h2conn_now(), timeout_ms));
    pthread_mutex_unlock(&conn->session->lock);
    if (result < 0) return (int)result;
    *rtt_us = result;
    return H2CONN_OK;
}
