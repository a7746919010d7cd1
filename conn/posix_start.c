/* SPDX-License-Identifier: MIT */
#include "posix_start.h"
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "posix_time.h"

typedef posix_starting starting;

static void end_ask(starting *st) {
    if (st->ask != NULL) posix_ask_end(st->ask);
    free(st->ask);
    st->ask = NULL;
}

void posix_start_ref(starting *st) {
    pthread_mutex_lock(&st->lock);
    st->refs++;
    pthread_mutex_unlock(&st->lock);
}

void posix_start_unref(starting *st) {
    if (st == NULL) return;
    pthread_mutex_lock(&st->lock);
    const bool last = --st->refs == 0;
    pthread_mutex_unlock(&st->lock);
    if (!last) return;
    end_ask(st);
    pthread_mutex_destroy(&st->lock);
    free(st->why);
    free(st);
}

bool posix_start_step(starting *st, posix_start_state from, posix_start_state to) {
    pthread_mutex_lock(&st->lock);
    const bool was = st->state == from;
    if (was) st->state = to;
    pthread_mutex_unlock(&st->lock);
    return was;
}

int posix_start_check(starting *st, posix_start_state in, int64_t now, bool *is) {
    pthread_mutex_lock(&st->lock);
    *is = st->state == in;
    const int error = *is ? posix_until_check(&st->until, now) : H2CONN_OK;
    pthread_mutex_unlock(&st->lock);
    return error;
}

/* ---- failing ---- */

/* What ended the connection, and the sentence on it if there is memory for one. With its session locked. */
static void explain(starting *st, int error, uint32_t code, const char *why) {
    h2conn_stream *stream = &st->conn->stream;
    stream->closed = true;
    stream->error = (int8_t)error;
    stream->why = (h2_failure){.culprit = H2_BY_US, .code = code};
    if (st->why == NULL) st->why = malloc(H2CONN_WHY_BYTES);
    if (st->why != NULL) h2conn_complete(st->why, error, why);
}

void posix_start_fail_locked(starting *st, posix_start_state from, int error, uint32_t code, const char *why) {
    pthread_mutex_lock(&st->lock);
    const bool was = st->state == from;
    if (was) {
        st->state = POSIX_OVER;
        explain(st, error, code, why);
        posix_raise(st->conn, POSIX_DUE_CLOSE);
    }
    pthread_mutex_unlock(&st->lock);
    if (was) posix_loop_post(st->client->nowhere, true);
}

void posix_start_fail(starting *st, posix_start_state from, int error, uint32_t code, const char *why) {
    posix_session *nowhere = st->client->nowhere;
    pthread_mutex_lock(&nowhere->lock);
    posix_start_fail_locked(st, from, error, code, why);
    pthread_mutex_unlock(&nowhere->lock);
}

bool posix_start_why(const h2conn *conn, char out[H2CONN_WHY_BYTES]) {
    const starting *st = conn->starting;
    if (st == NULL || st->why == NULL) return false;
    memcpy(out, st->why, H2CONN_WHY_BYTES);
    return true;
}

/* ---- OPENING: with the session locked ---- */

/* Whether a session that did not look at it is worth another. */
static bool may_seek(const starting *st) {
    return (!st->fresh && st->refusals + 1 < POSIX_REFUSALS_MAX) || st->client->reconnect.first_ms > 0;
}

/* SEEKING again. A session that served others may go away at any time; of a fresh one the client is to know. */
static void seek_another(starting *st, posix_session *s, int error, const char *why) {
    const bool at_once = !st->fresh && ++st->refusals < POSIX_REFUSALS_MAX;
    posix_lost *lost = at_once ? NULL : malloc(sizeof *lost);
    if (lost != NULL) {
        lost->session = s;
        lost->error = error;
        memcpy(lost->why, why, sizeof lost->why);
        posix_session_ref(s);
    }
    st->lost = lost;
    if (posix_seek(st) || lost == NULL) return;
    st->lost = NULL;
    free(lost);
    posix_session_drop(s);
}

static void not_opened(starting *st, posix_session *s, int error, uint32_t code, const char *why) {
    const bool gone = error == H2CONN_EGOAWAY || error == H2CONN_ELOST;
    const bool crowded = error == H2CONN_ELIMIT && (!st->fresh || s->conns > 0);
    if (!crowded && !(gone && may_seek(st))) {
        posix_start_fail(st, POSIX_OPENING, error, code, why);
        return;
    }
    if (!posix_start_step(st, POSIX_OPENING, POSIX_SEEKING)) return;
    if (crowded)
        posix_seek(st);
    else
        seek_another(st, s, error, why);
}

static h2_result open_stream(starting *st, posix_session *s) {
    posix_session *nowhere = st->client->nowhere;
    h2_result result = H2_ECLOSED;
    pthread_mutex_lock(&nowhere->lock);
    pthread_mutex_lock(&st->lock);
    if (st->state == POSIX_OPENING) result = posix_ask_open(st->ask, st->conn, s, st->fresh);
    if (result == H2_OK) {
        st->state = st->early ? POSIX_OVER : POSIX_ASKING;
        posix_session_drop(nowhere);
        if (st->early) posix_raise(st->conn, POSIX_DUE_WRITE);
        if (st->early) s->asked = true;
    }
    pthread_mutex_unlock(&st->lock);
    pthread_mutex_unlock(&nowhere->lock);
    return result;
}

/* These return whether it stays in the session's list. */
static bool turn_opening(starting *st, posix_session *s, int64_t now) {
    char why[H2CONN_WHY_BYTES] = "";
    uint32_t code = H2_NO_ERROR;
    bool opening;
    int error = posix_start_check(st, POSIX_OPENING, now, &opening);
    if (error != H2CONN_OK) {
        posix_start_fail(st, POSIX_OPENING, error, code, "waiting for the server's SETTINGS");
        return false;
    }
    if (posix_session_is_closing(s)) {
        error = posix_ask_explain(s, why, &code);
        not_opened(st, s, error, code, why);
        return false;
    }
    const h2_result result = open_stream(st, s);
    if (result == H2_EAGAIN) return true;
    if (result == H2_OK) return !st->early;
    error = posix_ask_result(s, result, why, &code);
    not_opened(st, s, error, code, why);
    return false;
}

/* ---- ASKING and AGAIN ---- */

static bool turn_asking(starting *st, posix_session *s, int64_t now) {
    h2conn *conn = st->conn;
    const bool go_on = st->expects && conn->continued && conn->status == 0;
    const bool waits = conn->status == 0 && !go_on && !conn->stream.closed;
    bool asking;
    const int error = waits ? posix_start_check(st, POSIX_ASKING, now, &asking) : H2CONN_OK;
    if (waits && error == H2CONN_OK) return true;
    if (!posix_start_step(st, POSIX_ASKING, POSIX_OVER) || conn->status != 0 || conn->stream.closed) return false;
    if (go_on) {
        posix_raise(conn, POSIX_DUE_WRITE);
        return false;
    }
    h2_stream_reset(s->link.session, conn->stream.id, H2_CANCEL);
    explain(st, error, H2_CANCEL, "waiting for the response");
    return false;
}

bool posix_start_closed(h2conn *conn) {
    starting *st = conn->starting;
    posix_session *s = conn->session;
    if (st == NULL || conn->status != 0 || conn->in_line) return false;
    const bool lost = conn->stream.error == H2CONN_ELOST && s->link.sent == 0;
    const bool untouched = lost || conn->stream.why.culprit == H2_BY_GOAWAY;
    if (!untouched || !may_seek(st) || !posix_start_step(st, POSIX_ASKING, POSIX_AGAIN)) return false;
    posix_loop_post(s, true);
    return true;
}

static bool turn_again(starting *st, posix_session *s) {
    posix_session *nowhere = st->client->nowhere;
    h2conn *conn = st->conn;
    char why[H2CONN_WHY_BYTES];
    int error = H2CONN_OK;
    pthread_mutex_lock(&nowhere->lock);
    pthread_mutex_lock(&st->lock);
    const bool was = st->state == POSIX_AGAIN;
    if (was) {
        error = conn->stream.error;
        posix_conn_why(conn, why);
        h2conn_stream_discard(&conn->stream, s->link.session);
        h2conn_stream_init(&conn->stream, 0, &posix_chunks);
        st->state = POSIX_SEEKING;
    }
    pthread_mutex_unlock(&st->lock);
    if (was) {
        posix_nowhere_enter(st);
        posix_session_drop(s);
    }
    pthread_mutex_unlock(&nowhere->lock);
    if (was) seek_another(st, s, error, why);
    return false;
}

/* ---- the list of a session ---- */

static posix_start_state state_of(starting *st) {
    pthread_mutex_lock(&st->lock);
    const posix_start_state state = st->state;
    pthread_mutex_unlock(&st->lock);
    return state;
}

static bool turn(starting *st, posix_session *s, int64_t now) {
    switch (state_of(st)) {
    case POSIX_OPENING: return turn_opening(st, s, now);
    case POSIX_ASKING: return turn_asking(st, s, now);
    case POSIX_AGAIN: return turn_again(st, s);
    case POSIX_SEEKING:
    case POSIX_OVER:
    default: return false;
    }
}

/* Out of the list; one that is over needs its request no more. */
static void drop(starting *st) {
    pthread_mutex_lock(&st->lock);
    if (st->state == POSIX_OVER) end_ask(st);
    pthread_mutex_unlock(&st->lock);
    posix_start_unref(st);
}

void posix_starts_turn(posix_session *s, int64_t now) {
    if (s->nowhere) {
        posix_nowhere_turn(s, now);
        return;
    }
    starting *st = s->starts, **end = &s->starts;
    if (st == NULL) return;
    s->starts = NULL;
    s->starts_at = 0;
    s->opening_starts = 0;
    while (st != NULL) {
        starting *next = st->next;
        if (turn(st, s, now)) {
            st->next = NULL;
            *end = st;
            end = &st->next;
            s->starts_at = posix_earlier(s->starts_at, st->until.deadline);
            if (state_of(st) == POSIX_OPENING) s->opening_starts++;
        } else {
            drop(st);
        }
        st = next;
    }
    posix_session_announce(s);
}

/* A session that is closing is taken too: what it says is the answer. So is that of a fresh one to its first. */
static bool has_place(const posix_session *s, bool fresh) {
    const bool first = fresh && s->conns == 0 && s->opening_starts == 0;
    return first || posix_session_is_closing(s) || h2_session_room(s->link.session) > s->opening_starts;
}

bool posix_start_place(starting *st, posix_session *s, bool fresh) {
    const int64_t now = h2conn_now();
    pthread_mutex_lock(&s->lock);
    const bool taken = has_place(s, fresh);
    if (taken && posix_start_step(st, POSIX_SEEKING, POSIX_OPENING)) {
        starting **end = (starting **)&s->starts;
        posix_start_ref(st);
        st->fresh = fresh;
        st->next = NULL;
        while (*end != NULL) end = &(*end)->next;
        *end = st;
        posix_starts_turn(s, now);
        posix_session_push(s);
        posix_session_tick(s, now);
    }
    pthread_mutex_unlock(&s->lock);
    if (taken) posix_nowhere_left(st);
    return taken;
}

/* ---- the program's calls ---- */

/* Callbacks that free the connection may run as soon as something is raised. */
bool posix_start_end(h2conn *conn, bool tell) {
    starting *st = conn->starting;
    if (st == NULL) return false;
    posix_session *nowhere = st->client->nowhere;
    pthread_mutex_lock(&nowhere->lock);
    pthread_mutex_lock(&st->lock);
    const posix_start_state was = st->state;
    const bool none = was == POSIX_SEEKING || was == POSIX_OPENING;
    st->state = POSIX_OVER;
    st->refs++;
    if (none) {
        explain(st, H2CONN_ECLOSED, H2_CANCEL, "");
        if (tell) posix_raise(conn, POSIX_DUE_CLOSE);
    }
    pthread_mutex_unlock(&st->lock);
    if (none) posix_loop_post(nowhere, true);
    pthread_mutex_unlock(&nowhere->lock);
    if (none) posix_seek_end(st);
    posix_start_unref(st);
    if (was == POSIX_ASKING && tell) {
        /* on_close is not to wait until something can be sent. */
        h2conn_reset(conn, H2_CANCEL);
        return true;
    }
    if (was != POSIX_AGAIN) return none;
    posix_session *s = conn->session;
    pthread_mutex_lock(&s->lock);
    if (tell) posix_raise(conn, POSIX_DUE_CLOSE);
    posix_loop_post(s, true);
    pthread_mutex_unlock(&s->lock);
    return true;
}

static int starting_new(starting **out, const char *url, const h2conn_options *options) {
    starting *st = calloc(1, sizeof *st);
    if (st == NULL) return H2CONN_ENOMEM;
    pthread_mutex_init(&st->lock, NULL);
    st->refs = 1;
    st->client = options->client;
    st->early = options->early;
    st->expects = options->expect_continue;
    st->until = (posix_until){.deadline = posix_ask_deadline(options), .cancel = options->cancel};
    st->ask = malloc(sizeof *st->ask);
    const int result = st->ask != NULL ? posix_ask_init(st->ask, url, options) : H2CONN_ENOMEM;
    if (result == H2CONN_OK)
        *out = st;
    else
        posix_start_unref(st);
    return result;
}

/* Callbacks may run, and free it, before this returns: *out is set first, and not after. */
static bool conn_new(h2conn **out, starting *st, const h2conn_events *events, void *user) {
    posix_session *nowhere = st->client->nowhere;
    h2conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) return false;
    h2conn_stream_init(&conn->stream, 0, &posix_chunks);
    conn->events = events;
    conn->user = user;
    conn->starting = st;
    st->conn = *out = conn;
    posix_start_ref(st); /* the connection's, which may be gone any time from here on */
    pthread_mutex_lock(&nowhere->lock);
    posix_nowhere_enter(st);
    pthread_mutex_unlock(&nowhere->lock);
    return true;
}

/* Callbacks may run, and free the connection, before this returns. */
static void begin(starting *st) {
    bool seeking;
    const int error = posix_start_check(st, POSIX_SEEKING, h2conn_now(), &seeking);
    if (!seeking || error != H2CONN_OK) return; /* what ends it has been seen by nowhere's loop, or will be */
    posix_session *s = posix_client_find(st->client, &st->ask->url);
    if (s == NULL || !posix_start_place(st, s, false)) posix_seek(st);
    if (s != NULL) posix_session_unref(s);
}

int h2conn_connect_start(h2conn **conn, const char *url, const h2conn_options *options, const h2conn_events *events,
                         void *user) {
    starting *st;
    if (conn == NULL) return H2CONN_EINVAL;
    *conn = NULL;
    if (url == NULL || options == NULL || events == NULL) return H2CONN_EINVAL;
    h2conn_client *client = options->client;
    if (client == NULL) return H2CONN_EINVAL;
    int result = starting_new(&st, url, options);
    if (result != H2CONN_OK) return result;
    pthread_mutex_lock(&client->lock);
    result = posix_nowhere_make(client);
    if (result == H2CONN_OK && options->cancel != NULL) result = posix_heed(client, options->cancel);
    pthread_mutex_unlock(&client->lock);
    const bool made = result == H2CONN_OK && conn_new(conn, st, events, user);
    if (made) begin(st);
    posix_start_unref(st);
    return made ? H2CONN_OK : H2CONN_ENOMEM;
}
