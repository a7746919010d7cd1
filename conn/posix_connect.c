/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "conn_text.h"
#include "posix_client.h"
#include "posix_conn.h"
#include "posix_time.h"

#define DEFAULT_TIMEOUT_MS 30000
/* Sessions in a row that may go away without looking at the stream before that is the answer. */
#define REFUSALS_MAX 3u

/* One h2conn_connect. */
typedef struct attempt {
    h2conn_client *client;
    const h2conn_options *options;
    h2conn_url url;
    h2conn *conn;
    h2_field *fields; /* of the request */
    size_t n_fields;
    int64_t deadline;
    posix_session *session; /* referenced */
    bool crowded;           /* others took all places of the session before this could */
    bool untouched;         /* the server has not looked at what failed: it may be asked again (RFC 9113, 8.7) */
    uint32_t code;
    char why[H2CONN_WHY_BYTES];
} attempt;

static h2_field pseudo_field(const char *name, const char *value, size_t len) {
    h2_field field = h2conn_field_of(name, "");
    field.value = value;
    field.value_len = len;
    return field;
}

static int make_fields(attempt *a) {
    const h2conn_options *options = a->options;
    const char *method = options->method != NULL ? options->method : "POST";
    const bool tunnel = options->protocol == NULL && strcmp(method, "CONNECT") == 0;
    if (options->protocol != NULL) method = "CONNECT";
    a->fields = malloc((H2CONN_PSEUDO_FIELDS + 1 + options->n_fields) * sizeof *a->fields);
    if (a->fields == NULL) return H2CONN_ENOMEM;
    a->fields[a->n_fields++] = h2conn_field_of(":method", method);
    a->fields[a->n_fields++] = pseudo_field(":authority", a->url.authority, a->url.authority_len);
    if (!tunnel) { /* RFC 9113, 8.5 */
        a->fields[a->n_fields++] = h2conn_field_of(":scheme", a->url.secure ? "https" : "http");
        a->fields[a->n_fields++] = pseudo_field(":path", a->url.path, a->url.path_len);
    }
    if (options->protocol != NULL) a->fields[a->n_fields++] = h2conn_field_of(":protocol", options->protocol);
    if (options->expect_continue) a->fields[a->n_fields++] = h2conn_field_of("expect", "100-continue");
    for (size_t i = 0; i < options->n_fields; i++) a->fields[a->n_fields++] = options->fields[i];
    return H2CONN_OK;
}

/* ---- one session ---- */

/* Open the stream now. H2_EAGAIN when it is too early: a session others opened is used once the server's limits are
 * known. */
static h2_result open_now(attempt *a, bool fresh) {
    posix_session *s = a->session;
    uint32_t id;
    /* Whether it offers extended CONNECT is in the server's SETTINGS too (RFC 8441, 3). */
    const bool early = fresh && a->options->protocol == NULL;
    if (!early && !h2_session_ready(s->link.session)) return H2_EAGAIN;
    const h2_result result = h2_stream_open(s->link.session, a->fields, a->n_fields, 0, &id);
    if (result != H2_OK) return result;
    posix_conn_attach(a->conn, s, id);
    a->conn->informational = a->options->informational;
    a->conn->informational_user = a->options->informational_user;
    return result;
}

/* Why a session that is closing takes no stream. */
static int explain_session(attempt *a) {
    posix_session *s = a->session;
    char text[H2CONN_WHY_BYTES];
    const h2_failure *failure = h2_session_failure(s->link.session);
    int error = h2conn_link_error(&s->link, NULL);
    if (error == H2CONN_OK || error == H2CONN_ECLOSED) error = H2CONN_EGOAWAY;
    a->code = failure->code;
    h2conn_explain(a->why, error, failure, posix_session_detail(s, text));
    return error;
}

static int result_of_open(attempt *a, h2_result result) {
    switch (result) {
    case H2_OK: return H2CONN_OK;
    case H2_ELIMIT: return H2CONN_ELIMIT;
    case H2_ESTATE: return H2CONN_EEXTENDED;
    case H2_ECLOSED:
    case H2_EPROTOCOL: return explain_session(a);
    default: return H2CONN_EINVAL;
    }
}

static int open_stream(attempt *a, posix_wait *w, bool fresh) {
    for (;;) {
        if (posix_session_is_closing(a->session)) return explain_session(a);
        h2_result result = open_now(a, fresh);
        if (result != H2_EAGAIN) return result_of_open(a, result);
        posix_session_flush(a->session, NULL);
        result = open_now(a, fresh);
        if (result != H2_EAGAIN) return result_of_open(a, result);
        if (posix_session_is_closing(a->session)) continue; /* sending failed: nobody will wake this thread */
        if (!posix_wait_step(w, a->deadline)) return H2CONN_ETIMEDOUT;
    }
}

/* Wait for the response. On failure `why` has the sentence, where the stream has one. Locked. */
static int await_response(h2conn *conn, bool interim, const int64_t *deadline, char *why, uint32_t *code) {
    posix_wait w;
    int result = H2CONN_OK;
    if (!posix_wait_begin(&w, conn->session, &conn->waits, POSIX_STATE)) return H2CONN_ENOMEM;
    while (conn->status == 0 && !(interim && conn->continued) && !conn->stream.closed && !conn->stream.discard &&
           result == H2CONN_OK)
        if (!posix_wait_step(&w, *deadline) && conn->status == 0) result = H2CONN_ETIMEDOUT;
    posix_wait_end(&w);
    if (conn->status != 0 || (interim && conn->continued)) return H2CONN_OK;
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
    if (a->conn == NULL || !posix_wait_begin(&w, s, &s->watchers, POSIX_STATE)) {
        free(a->conn);
        a->conn = NULL;
        return H2CONN_ENOMEM;
    }
    int result = open_stream(a, &w, fresh);
    const bool opened = result == H2CONN_OK;
    if (opened) posix_session_flush(s, NULL);
    posix_wait_end(&w);
    if (opened && !a->options->early)
        result = await_response(a->conn, a->options->expect_continue, &a->deadline, a->why, &a->code);
    if (result == H2CONN_OK) return result;
    /* A session that served others may go away at any time; a fresh one that does would do it again. */
    const bool refused =
        opened ? a->conn->stream.why.culprit == H2_BY_GOAWAY : result == H2CONN_EGOAWAY || result == H2CONN_ELOST;
    a->untouched = refused && !fresh;
    a->crowded = result == H2CONN_ELIMIT && (!fresh || s->conns > 0);
    drop_conn(a, opened);
    return result;
}

/* ---- until one answers ---- */

static int ask_sessions(attempt *a) {
    for (unsigned refusals = 0;;) {
        bool fresh;
        a->why[0] = '\0';
        int result = posix_client_session(&a->session, &fresh, a->client, &a->url, a->deadline, a->why);
        if (result != H2CONN_OK) return result;
        pthread_mutex_lock(&a->session->lock);
        result = ask(a, fresh);
        pthread_mutex_unlock(&a->session->lock);
        posix_session_unref(a->session);
        if (result != H2CONN_OK && a->untouched && ++refusals < REFUSALS_MAX) continue;
        if (result != H2CONN_OK && a->crowded) continue;
        return result;
    }
}

/* What a stream or session said is a sentence already; what the network said is only its end. */
static void explain(int result, const char *why, uint32_t code, h2conn_response *response) {
    h2conn_text text;
    response->code = code;
    const char *base = h2conn_strerror(result);
    const bool whole = strncmp(why, base, strlen(base)) == 0;
    h2conn_text_begin(&text, response->why, sizeof response->why);
    if (!whole) h2conn_text_add(&text, base);
    if (!whole && why[0] != '\0') h2conn_text_add(&text, ": ");
    h2conn_text_add(&text, why);
}

static void fill_response(const h2conn *conn, h2conn_response *response) {
    response->status = conn->status == 0 && conn->continued ? 100 : conn->status;
    response->fields = conn->head.fields;
    response->n_fields = conn->head.n;
}

static int connect_with(attempt *a, const char *url) {
    const h2conn_options *options = a->options;
    const int64_t timeout = options->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : options->timeout_ms;
    a->deadline = timeout > 0 ? h2conn_now() + timeout : 0;
    if (!h2conn_url_parse(&a->url, url) || a->url.port == 0) return H2CONN_EURL;
    if (options->n_fields > 0 && options->fields == NULL) return H2CONN_EINVAL;
    if (!h2conn_fields_are_plain(options->fields, options->n_fields)) return H2CONN_EINVAL;
    if (options->method != NULL && !h2conn_is_token(options->method)) return H2CONN_EINVAL;
    const bool secured = options->client != NULL ? posix_client_is_secured(options->client) : options->secure != NULL;
    if (a->url.secure && !secured) return H2CONN_EINVAL;
    int result = make_fields(a);
    a->client = options->client;
    if (result == H2CONN_OK && a->client == NULL) result = posix_client_private(&a->client, options);
    if (result == H2CONN_OK) result = ask_sessions(a);
    free(a->fields);
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
        explain(result, a.why, a.code, response);
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
    const int result = await_response(conn, false, &conn->read_deadline, why, &code);
    if (result == H2CONN_OK) fill_response(conn, response);
    pthread_mutex_unlock(&conn->session->lock);
    if (result != H2CONN_OK) explain(result, why, code, response);
    return result;
}
