/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "fault_talk.h"
#include "h2conn_websocket.h"

#define CHUNK 4096

static const h2conn_field sum[] = {H2CONN_FIELD("x-sum", "1")};

static void fault_answer(void *user, h2conn_request *request) {
    h2conn *conn;
    char buf[CHUNK];
    ptrdiff_t n;
    (void)user;
    if (h2conn_accept(&conn, request, 200, sum, 1) != H2CONN_OK) return;
    h2conn_set_deadline(conn, h2conn_now() + FAULT_PATIENCE_MS);
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        if (h2conn_write(conn, buf, (size_t)n, NULL) != H2CONN_OK) return;
    }
    if (n == 0) h2conn_close_write_with(conn, sum, 1);
}

static void open_echo(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, sum, 1);
}

static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n != 0) return;
    /* EAGAIN calls again; without memory for the trailers the client must not take this for the whole. */
    const int error = h2conn_close_write_with(conn, sum, 1);
    if (error != H2CONN_OK && error != H2CONN_EAGAIN) h2conn_reset(conn, H2_INTERNAL_ERROR);
}

static const h2conn_events echo = {.on_open = open_echo, .on_readable = give_back, .on_writable = give_back};

static int write_all(h2conn *conn, size_t bytes) {
    char buf[CHUNK];
    int error = H2CONN_OK;
    memset(buf, 'x', sizeof buf);
    for (size_t at = 0; at < bytes && error == H2CONN_OK; at += sizeof buf)
        error = h2conn_write(conn, buf, bytes - at < sizeof buf ? bytes - at : sizeof buf, NULL);
    return error == H2CONN_OK ? h2conn_close_write_with(conn, sum, 1) : error;
}

static int read_all(h2conn *conn, size_t bytes) {
    char buf[CHUNK];
    size_t at = 0, trailers;
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++)
            if (buf[i] != 'x') return FAULT_WRONG;
        at += (size_t)n;
    }
    if (n < 0) return (int)n;
    h2conn_trailers(conn, &trailers);
    /* An end that is clean says that no byte is missing; without memory for the trailers they are left out. */
    if (at != bytes) return FAULT_WRONG;
    return trailers == 1 ? H2CONN_OK : H2CONN_ECUT;
}

int fault_ask(const char *url, size_t bytes) {
    h2conn *conn;
    h2conn_response response;
    const h2conn_options options = {.fields = sum, .n_fields = 1, .timeout_ms = FAULT_PATIENCE_MS};
    int error = h2conn_connect(&conn, url, &options, &response);
    if (error != H2CONN_OK) return conn == NULL && response.why[0] != '\0' ? error : FAULT_WRONG;
    h2conn_set_deadline(conn, h2conn_now() + FAULT_PATIENCE_MS);
    error = response.status == 200 ? write_all(conn, bytes) : H2CONN_ESTATE;
    if (error == H2CONN_OK) error = read_all(conn, bytes);
    h2conn_free(conn);
    return error;
}

/* ---- WebSocket ---- */

static void answer_websocket(void *user, h2conn_request *request) {
    h2conn_ws *ws;
    h2conn_ws_piece piece;
    char buf[CHUNK];
    ptrdiff_t n;
    (void)user;
    if (h2conn_ws_accept(&ws, request, NULL, 0, NULL) != H2CONN_OK) return;
    h2conn_ws_set_read_deadline(ws, h2conn_now() + FAULT_PATIENCE_MS);
    h2conn_ws_set_write_deadline(ws, h2conn_now() + FAULT_PATIENCE_MS);
    while ((n = h2conn_ws_read(ws, buf, sizeof buf, &piece)) >= 0)
        if (h2conn_ws_write(ws, buf, (size_t)n, piece.text, piece.end, NULL) != H2CONN_OK) break;
    h2conn_ws_free(ws);
}

static int send_message(h2conn_ws *ws, size_t bytes) {
    char buf[CHUNK];
    int error = H2CONN_OK;
    memset(buf, 'x', sizeof buf);
    for (size_t at = 0; at < bytes && error == H2CONN_OK; at += sizeof buf) {
        const size_t n = bytes - at < sizeof buf ? bytes - at : sizeof buf;
        error = h2conn_ws_write(ws, buf, n, true, at + n == bytes, NULL);
    }
    return error;
}

static int read_message(h2conn_ws *ws, size_t bytes) {
    h2conn_ws_piece piece = {.end = false};
    char buf[CHUNK];
    size_t at = 0;
    while (!piece.end) {
        const ptrdiff_t n = h2conn_ws_read(ws, buf, sizeof buf, &piece);
        /* The server may have gone, in good order, before it had said all. */
        if (n < 0) return n == H2CONN_EEND ? H2CONN_ECUT : (int)n;
        for (ptrdiff_t i = 0; i < n; i++)
            if (buf[i] != 'x') return FAULT_WRONG;
        at += (size_t)n;
    }
    return at == bytes && piece.text ? H2CONN_OK : FAULT_WRONG;
}

static int ask_websocket(const char *url, size_t bytes) {
    h2conn_ws *ws;
    h2conn_response response;
    const h2conn_options options = {.timeout_ms = FAULT_PATIENCE_MS};
    int error = h2conn_ws_connect(&ws, url, &options, NULL, &response);
    if (error == H2CONN_ENOMEM) return ws == NULL ? error : FAULT_WRONG;
    if (error != H2CONN_OK) return ws == NULL && response.why[0] != '\0' ? error : FAULT_WRONG;
    h2conn_ws_set_read_deadline(ws, h2conn_now() + FAULT_PATIENCE_MS);
    h2conn_ws_set_write_deadline(ws, h2conn_now() + FAULT_PATIENCE_MS);
    error = send_message(ws, bytes);
    if (error == H2CONN_OK) error = read_message(ws, bytes);
    if (error == H2CONN_OK) error = h2conn_ws_close(ws, H2CONN_WS_NORMAL, NULL);
    h2conn_ws_free(ws);
    return error;
}

/* ---- both ---- */

const fault_talk fault_talks[FAULT_TALKS] = {{"by a handler", fault_answer, fault_ask, 1, false},
                                             {"by events", NULL, fault_ask, 1, false},
                                             {"by events on two loops", NULL, fault_ask, 2, false},
                                             {"WebSocket", answer_websocket, ask_websocket, 1, true}};

int fault_server_new(h2conn_server **server, const fault_talk *talk) {
    h2_config config = h2_config_hosted(true);
    config.connect_protocol = true;
    const h2conn_server_options options = {.handler = talk->answer,
                                           .events = talk->answer == NULL ? &echo : NULL,
                                           .loops = talk->loops,
                                           .config = talk->websocket ? &config : NULL};
    return h2conn_server_new(server, &options);
}
