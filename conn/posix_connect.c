/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "posix_ask.h"
#include "posix_client.h"
#include "posix_time.h"

/* One h2conn_connect. */
typedef struct attempt {
    h2conn_client *client;
    const h2conn_options *options;
    posix_ask ask;
    h2conn *conn;
    posix_until until;
    posix_session *session; /* referenced */
    bool crowded;           /* others took all places of the session before this could */
    bool untouched;         /* the server has not looked at what failed: it may be asked again (RFC 9113, 8.7) */
    uint32_t code;
    char why[H2CONN_WHY_BYTES];
} attempt;

/* ---- one session ---- */

/* Why a step was the last. */
static int gave_up(const posix_wait *w) {
    return posix_cancelled(w->cancel) ? H2CONN_ECANCELED : H2CONN_ETIMEDOUT;
}

/* A token is heard by a thread that polls. */
static bool begin_wait(posix_wait *w, posix_session *s, posix_wait **topic, const h2conn_cancel *cancel) {
    if (!posix_wait_begin(w, s, topic, POSIX_STATE)) return false;
    w->cancel = cancel;
    if (cancel == NULL || w->can_poll) return true;
    posix_wait_end(w);
    return false;
}

static int open_stream(attempt *a, posix_wait *w, bool fresh) {
    posix_session *s = a->session;
    for (;;) {
        if (posix_session_is_closing(s)) return posix_ask_explain(s, a->why, &a->code);
        h2_result result = posix_ask_open(&a->ask, a->conn, s, fresh);
        if (result == H2_EAGAIN) {
            posix_session_flush(s, NULL);
            result = posix_ask_open(&a->ask, a->conn, s, fresh);
        }
        if (result != H2_EAGAIN) return posix_ask_result(s, result, a->why, &a->code);
        if (posix_session_is_closing(s)) continue; /* sending failed: nobody will wake this thread */
        if (!posix_wait_step(w, a->until.deadline)) return gave_up(w);
    }
}

static bool is_answered(const h2conn *conn, bool interim) {
    return conn->status != 0 || (interim && conn->continued);
}

/* Wait for the response, up to a deadline that others may move. On failure `why` has the sentence, where the stream has
 * one. Locked. */
static int await_response(h2conn *conn, bool interim, const int64_t *deadline, const h2conn_cancel *cancel, char *why,
                          uint32_t *code) {
    posix_wait w;
    int result = H2CONN_OK;
    if (!begin_wait(&w, conn->session, &conn->waits, cancel)) return H2CONN_ENOMEM;
    while (!is_answered(conn, interim) && !conn->stream.closed && !conn->stream.discard && result == H2CONN_OK)
        if (!posix_wait_step(&w, *deadline)) result = gave_up(&w);
    posix_wait_end(&w);
    if (is_answered(conn, interim)) return H2CONN_OK;
    if (!conn->stream.closed) return conn->stream.discard ? H2CONN_ECLOSED : result;
    posix_conn_why(conn, why);
    *code = conn->stream.why.code;
    /* A stream that ended in good order without a response is none. */
    return conn->stream.error != H2CONN_OK ? conn->stream.error : H2CONN_EPROTOCOL;
}

static void drop_conn(attempt *a, bool opened) {
    if (opened) {
        posix_conn_close(a->conn);
        posix_conn_orphan(a->conn);
    } else {
        free(a->conn);
    }
    a->conn = NULL;
}

/* Ask on the session; locked. On failure the connection is gone. */
static int ask(attempt *a, bool fresh) {
    posix_session *s = a->session;
    posix_wait w;
    a->conn = calloc(1, sizeof *a->conn);
    if (a->conn == NULL || !begin_wait(&w, s, &s->watchers, a->options->cancel)) {
        free(a->conn);
        a->conn = NULL;
        return H2CONN_ENOMEM;
    }
    int result = open_stream(a, &w, fresh);
    const bool opened = result == H2CONN_OK;
    if (opened) posix_session_flush(s, NULL);
    posix_wait_end(&w);
    if (opened && a->options->early) s->asked = true;
    if (opened && !a->options->early)
        result =
            await_response(a->conn, a->options->expect_continue, &a->until.deadline, a->until.cancel, a->why, &a->code);
    if (result == H2CONN_OK) return result;
    const bool gone = result == H2CONN_EGOAWAY || result == H2CONN_ELOST;
    a->untouched = gone && (!opened || s->link.sent == 0 || a->conn->stream.why.culprit == H2_BY_GOAWAY);
    a->crowded = result == H2CONN_ELIMIT && (!fresh || s->conns > 0);
    drop_conn(a, opened);
    return result;
}

/* ---- until one answers ---- */

static int ask_session(attempt *a, bool fresh) {
    pthread_mutex_lock(&a->session->lock);
    const int result = ask(a, fresh);
    pthread_mutex_unlock(&a->session->lock);
    return result;
}

/* Whether another session is worth a try. One that served others may go away at any time; a fresh one that does would
 * do it again, at once at least. */
static bool try_another(attempt *a, int result, bool fresh, unsigned *refusals) {
    if (a->crowded) return true;
    if (!a->untouched) return false;
    if (!fresh && ++*refusals < POSIX_REFUSALS_MAX) return true;
    return posix_client_tries_again(a->client, a->session, result, a->why);
}

static int ask_sessions(attempt *a) {
    unsigned refusals = 0;
    for (;;) {
        bool fresh;
        a->why[0] = '\0';
        int result = posix_client_session(&a->session, &fresh, a->client, &a->ask.url, &a->until, a->why);
        if (result != H2CONN_OK) return result;
        a->crowded = a->untouched = false;
        result = ask_session(a, fresh);
        const bool again = result != H2CONN_OK && try_another(a, result, fresh, &refusals);
        posix_session_unref(a->session);
        if (!again) return result;
    }
}

static void fill_response(const h2conn *conn, h2conn_response *response) {
    response->status = conn->status == 0 && conn->continued ? 100 : conn->status;
    response->fields = conn->head != NULL ? conn->head->fields : NULL;
    response->n_fields = conn->head != NULL ? conn->head->n : 0;
}

static int connect_with(attempt *a, const char *url) {
    const h2conn_options *options = a->options;
    a->until = (posix_until){.deadline = posix_ask_deadline(options), .cancel = options->cancel};
    int result = posix_ask_init(&a->ask, url, options);
    if (result == H2CONN_OK && posix_cancelled(options->cancel)) result = H2CONN_ECANCELED;
    a->client = options->client;
    if (result == H2CONN_OK && a->client == NULL) result = posix_client_private(&a->client, options);
    if (result == H2CONN_OK) result = ask_sessions(a);
    posix_ask_end(&a->ask);
    if (options->client != NULL) return result;
    if (result == H2CONN_OK)
        a->conn->own = a->client;
    else
        posix_client_abandon(a->client);
    return result;
}

int h2conn_connect(h2conn **conn, const char *url, const h2conn_options *options, h2conn_response *response) {
    static const h2conn_options defaults;
    attempt a = {.options = options != NULL ? options : &defaults};
    if (response != NULL) memset(response, 0, sizeof *response);
    if (conn != NULL) *conn = NULL;
    const int result = conn != NULL && url != NULL ? connect_with(&a, url) : H2CONN_EINVAL;
    if (result == H2CONN_OK) *conn = a.conn;
    if (response == NULL) return result;
    if (result != H2CONN_OK) {
        response->code = a.code;
        h2conn_complete(response->why, result, a.why);
    } else if (!a.options->early) {
        fill_response(a.conn, response);
    }
    return result;
}

int h2conn_await_response(h2conn *conn, h2conn_response *response) {
    char why[H2CONN_WHY_BYTES] = "";
    uint32_t code = H2_NO_ERROR;
    h2conn_response unwanted;
    if (conn == NULL) return H2CONN_EINVAL;
    if (response == NULL) response = &unwanted;
    memset(response, 0, sizeof *response);
    pthread_mutex_lock(&conn->session->lock);
    const int result = await_response(conn, false, &conn->read_deadline, NULL, why, &code);
    if (result == H2CONN_OK) fill_response(conn, response);
    pthread_mutex_unlock(&conn->session->lock);
    if (result == H2CONN_OK) return result;
    response->code = code;
    h2conn_complete(response->why, result, why);
    return result;
}
