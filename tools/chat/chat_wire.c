/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "chat_wire.h"

int chat_wire_accept(chat_wire *w, h2conn_request *request) {
    static const h2conn_field type = H2CONN_FIELD("content-type", "application/x-ndjson");
    static const h2conn_ws_options options = {.message_max = CHAT_ASK_BYTES, .close_timeout_ms = 2000};
    int error;
    w->ws = NULL;
    if (strcmp(h2conn_request_protocol(request), "websocket") == 0) {
        error = h2conn_ws_accept(&w->ws, request, NULL, 0, &options);
        if (error == H2CONN_OK) w->conn = h2conn_ws_conn(w->ws);
        return error;
    }
    error = h2conn_accept(&w->conn, request, 200, &type, 1);
    if (error == H2CONN_OK) h2conn_reader_of(&w->in, w->conn, w->buf, sizeof w->buf);
    return error;
}

ptrdiff_t chat_wire_read(chat_wire *w, char **text) {
    if (w->ws == NULL) return h2conn_reader_line(&w->in, text);
    *text = w->buf;
    return h2conn_ws_read_message(w->ws, w->buf, sizeof w->buf, NULL);
}

int chat_wire_write(chat_wire *w, const char *line, size_t len) {
    if (w->ws == NULL) return h2conn_write(w->conn, line, len, NULL);
    return h2conn_ws_send(w->ws, line, len - 1, true);
}

void chat_wire_read_until(chat_wire *w, int64_t at_ms) {
    if (w->ws == NULL)
        h2conn_set_read_deadline(w->conn, at_ms);
    else
        h2conn_ws_set_read_deadline(w->ws, at_ms);
}

void chat_wire_write_until(chat_wire *w, int64_t at_ms) {
    if (w->ws == NULL)
        h2conn_set_write_deadline(w->conn, at_ms);
    else
        h2conn_ws_set_write_deadline(w->ws, at_ms);
}

void chat_wire_close(chat_wire *w, bool slow) {
    if (slow) h2conn_reset(w->conn, H2_ENHANCE_YOUR_CALM);
    if (w->ws == NULL) {
        h2conn_close(w->conn);
        return;
    }
    /* What is not read until now will not be. */
    h2conn_ws_set_read_deadline(w->ws, 0);
    h2conn_ws_close(w->ws, H2CONN_WS_NORMAL, NULL);
    h2conn_ws_free(w->ws);
}
