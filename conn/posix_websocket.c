/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "posix_websocket.h"

/* Opening and closing. */

#define SUCCESS_MIN 200
#define SUCCESS_MAX 299
#define REFUSED     400

static const h2conn_field version = H2CONN_FIELD("sec-websocket-version", "13");

static void release(h2conn_ws *ws) {
    pthread_cond_destroy(&ws->turn);
    pthread_mutex_destroy(&ws->lock);
    free(ws->in);
    free(ws->out);
    free(ws);
}

static h2conn_ws *make(bool server, const h2conn_ws_options *options) {
    h2conn_ws *ws = calloc(1, sizeof *ws);
    if (ws == NULL) return NULL;
    if (posix_cond_init(&ws->turn) != 0) {
        free(ws);
        return NULL;
    }
    pthread_mutex_init(&ws->lock, NULL);
    if (options != NULL) ws->options = *options;
    if (ws->options.message_max == 0) ws->options.message_max = H2CONN_WS_MESSAGE_DEFAULT;
    if (ws->options.close_timeout_ms <= 0) ws->options.close_timeout_ms = H2CONN_WS_CLOSE_DEFAULT;
    ws->server = server;
    ws->in = malloc(POSIX_WS_CHUNK);
    ws->out = malloc(H2CONN_WS_HEADER_MAX + POSIX_WS_CHUNK);
    h2conn_ws_parser_init(&ws->parser, server, ws->options.message_max);
    if (ws->in != NULL && ws->out != NULL) return ws;
    release(ws);
    return NULL;
}

/* ---- fields ---- */

static const h2conn_field *find(const h2conn_field *fields, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (fields[i].name_len == strlen(name) && memcmp(fields[i].name, name, fields[i].name_len) == 0)
            return &fields[i];
    return NULL;
}

/* Whether `one` is an element of the comma-separated list. */
static bool lists(const h2conn_field *list, const h2conn_field *one) {
    const char *at = list->value, *end = list->value + list->value_len;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma != NULL ? comma : end, *next = stop;
        while (at < stop && (*at == ' ' || *at == '\t')) at++;
        while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t')) stop--;
        if ((size_t)(stop - at) == one->value_len && memcmp(at, one->value, one->value_len) == 0) return true;
        at = next + 1;
    }
    return false;
}

/* RFC 6455, 4.1: a server chooses among what was offered. */
static bool chose_well(const h2conn_options *asked, const h2conn_response *response) {
    const h2conn_field *extension = find(response->fields, response->n_fields, "sec-websocket-extensions");
    const h2conn_field *chosen = find(response->fields, response->n_fields, "sec-websocket-protocol");
    if (extension != NULL) return false;
    if (chosen == NULL) return true;
    for (size_t i = 0; i < asked->n_fields; i++) {
        const h2conn_field *f = &asked->fields[i];
        if (find(f, 1, "sec-websocket-protocol") != NULL && lists(f, chosen)) return true;
    }
    return false;
}

/* ---- client ---- */

static int judge_response(const h2conn_options *asked, h2conn_response *response) {
    if (response->status < SUCCESS_MIN || response->status > SUCCESS_MAX) {
        snprintf(response->why, sizeof response->why, "the server answered with status %d", response->status);
        return H2CONN_ESTATE;
    }
    if (chose_well(asked, response)) return H2CONN_OK;
    snprintf(response->why, sizeof response->why,
             "the server chose an extension or a subprotocol that was not asked for (RFC 6455, 4.1)");
    return H2CONN_EPROTOCOL;
}

static int connect_ws(h2conn_ws *ws, const char *url, h2conn_options *options, h2conn_response *response) {
    const size_t n = options->n_fields;
    h2conn_field *fields = malloc((n + 1) * sizeof *fields);
    if (fields == NULL) return H2CONN_ENOMEM;
    fields[0] = version;
    if (n > 0) memcpy(fields + 1, options->fields, n * sizeof *fields);
    options->fields = fields;
    options->n_fields = n + 1;
    options->protocol = "websocket";
    options->method = NULL;
    options->early = options->expect_continue = false;
    int error = h2conn_connect(&ws->conn, url, options, response);
    if (error == H2CONN_OK) error = judge_response(options, response);
    free(fields);
    return error;
}

int h2conn_ws_connect(h2conn_ws **ws, const char *url, const h2conn_options *options,
                      const h2conn_ws_options *ws_options, h2conn_response *response) {
    h2conn_options own = {0};
    h2conn_response unseen;
    if (ws == NULL) return H2CONN_EINVAL;
    *ws = NULL;
    if (options != NULL) own = *options;
    if (own.n_fields > 0 && own.fields == NULL) return H2CONN_EINVAL;
    if (response == NULL) response = &unseen;
    *response = (h2conn_response){0};
    h2conn_ws *made = make(false, ws_options);
    const int error = made != NULL ? connect_ws(made, url, &own, response) : H2CONN_ENOMEM;
    if (error == H2CONN_OK) {
        *ws = made;
        return H2CONN_OK;
    }
    if (made != NULL) {
        h2conn_free(made->conn);
        release(made);
    }
    response->fields = NULL;
    response->n_fields = 0;
    return error;
}

/* ---- server ---- */

static bool is_for_us(const h2conn_request *request) {
    size_t n;
    const h2conn_field *fields = h2conn_request_fields(request, &n);
    const h2conn_field *asked = find(fields, n, "sec-websocket-version");
    return strcmp(h2conn_request_protocol(request), "websocket") == 0 && asked != NULL &&
           asked->value_len == version.value_len && memcmp(asked->value, version.value, version.value_len) == 0;
}

int h2conn_ws_accept(h2conn_ws **ws, h2conn_request *request, const h2conn_field *fields, size_t n,
                     const h2conn_ws_options *ws_options) {
    static const char sorry[] = "this is a WebSocket of version 13 (RFC 6455, 4.4; RFC 8441, 5)\n";
    if (ws == NULL || request == NULL) return H2CONN_EINVAL;
    *ws = NULL;
    if (!is_for_us(request)) {
        h2conn_respond(request, REFUSED, &version, 1, sorry, sizeof sorry - 1);
        return H2CONN_EINVAL;
    }
    h2conn_ws *made = make(true, ws_options);
    if (made == NULL) return H2CONN_ENOMEM;
    const int error = h2conn_accept(&made->conn, request, SUCCESS_MIN, fields, n);
    if (error != H2CONN_OK) {
        release(made);
        return error;
    }
    *ws = made;
    return H2CONN_OK;
}

/* ---- both ---- */

static bool reason_is_valid(uint16_t code, const char *reason, size_t len) {
    h2conn_utf8 utf8 = {0};
    return h2conn_ws_code_is_valid(code) && len < H2CONN_WS_REASON_BYTES &&
           h2conn_utf8_take(&utf8, (const uint8_t *)reason, len) && utf8.left == 0;
}

/* Our Close has gone: see that the peer's comes. Locked. */
static int finish(h2conn_ws *ws) {
    if (ws->peer_closed) {
        h2conn_close_write(ws->conn);
        return H2CONN_OK;
    }
    posix_ws_set_conn_deadline(ws, ws->close_by);
    if (ws->reading) return H2CONN_OK;
    ws->reading = true;
    pthread_mutex_unlock(&ws->lock);
    const int error = posix_ws_drain(ws);
    pthread_mutex_lock(&ws->lock);
    ws->reading = false;
    return error == H2CONN_EEND ? H2CONN_OK : error;
}

int h2conn_ws_close(h2conn_ws *ws, uint16_t code, const char *reason) {
    const size_t len = reason != NULL ? strlen(reason) : 0;
    if (ws == NULL || !reason_is_valid(code, reason, len)) return H2CONN_EINVAL;
    const int64_t by = posix_after(h2conn_now(), ws->options.close_timeout_ms);
    pthread_mutex_lock(&ws->lock);
    int error = ws->error == H2CONN_EEND ? H2CONN_OK : ws->error;
    if (error == H2CONN_OK && !ws->close_sent) {
        error = posix_ws_send_close(ws, code, reason, len, by);
        if (error == H2CONN_OK) {
            ws->close_by = by;
            error = finish(ws);
        }
        if (error != H2CONN_OK) h2conn_reset(ws->conn, H2_CANCEL);
    }
    pthread_mutex_unlock(&ws->lock);
    return error;
}

uint16_t h2conn_ws_close_code(h2conn_ws *ws, char reason[H2CONN_WS_REASON_BYTES]) {
    pthread_mutex_lock(&ws->lock);
    uint16_t code = ws->peer_code;
    if (code == 0 && ws->error != H2CONN_OK) code = H2CONN_WS_ABNORMAL;
    if (reason != NULL) memcpy(reason, ws->reason, sizeof ws->reason);
    pthread_mutex_unlock(&ws->lock);
    return code;
}

const char *h2conn_ws_why(h2conn_ws *ws, char out[H2CONN_WHY_BYTES]) {
    pthread_mutex_lock(&ws->lock);
    const int error = ws->error;
    const h2conn_ws_rule rule = ws->rule;
    const unsigned code = ws->peer_code;
    char reason[H2CONN_WS_REASON_BYTES];
    memcpy(reason, ws->reason, sizeof reason);
    pthread_mutex_unlock(&ws->lock);
    out[0] = '\0';
    if (rule != H2CONN_WS_RULE_NONE)
        snprintf(out, H2CONN_WHY_BYTES, "the peer broke a rule: %s", h2conn_ws_rule_text(rule));
    else if (error == H2CONN_EEND)
        snprintf(out, H2CONN_WHY_BYTES, "the peer closed the WebSocket with code %u%s%s", code, *reason ? ": " : "",
                 reason);
    else if (error == H2CONN_ECUT)
        snprintf(out, H2CONN_WHY_BYTES, "the stream ended without a Close frame (RFC 6455, 7.1.5)");
    else if (error != H2CONN_OK && *h2conn_why(ws->conn, out) == '\0')
        snprintf(out, H2CONN_WHY_BYTES, "%s", h2conn_strerror(error));
    return out;
}

void h2conn_ws_set_read_deadline(h2conn_ws *ws, int64_t at_ms) {
    pthread_mutex_lock(&ws->lock);
    ws->read_deadline = at_ms;
    posix_ws_set_conn_deadline(ws, posix_earlier(at_ms, ws->close_by));
    pthread_mutex_unlock(&ws->lock);
}

void h2conn_ws_set_write_deadline(h2conn_ws *ws, int64_t at_ms) {
    pthread_mutex_lock(&ws->lock);
    ws->write_deadline = at_ms;
    h2conn_set_write_deadline(ws->conn, at_ms);
    pthread_cond_broadcast(&ws->turn);
    pthread_mutex_unlock(&ws->lock);
}

h2conn *h2conn_ws_conn(h2conn_ws *ws) {
    return ws->conn;
}

void h2conn_ws_free(h2conn_ws *ws) {
    if (ws == NULL) return;
    if (ws->error == H2CONN_OK && !ws->close_sent) h2conn_ws_close(ws, H2CONN_WS_NORMAL, NULL);
    if (ws->server) {
        h2conn_close(ws->conn);
    } else {
        /* RFC 6455, 7.1.1: the server ends first, and is not cut short while it does. */
        h2conn_set_read_deadline(ws->conn, h2conn_now() + POSIX_WS_END_MS);
        if (ws->error == H2CONN_EEND) h2conn_wait_closed(ws->conn);
        h2conn_free(ws->conn);
    }
    release(ws);
}
