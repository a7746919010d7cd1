/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2cat_channel.h"
#include "h2cat_stats.h"

int h2cat_channel_connect(h2cat_channel *c, h2cat_framing framing, const char *url, const h2conn_options *options,
                          h2conn_response *response) {
    *c = (h2cat_channel){.framing = framing};
    if (framing == H2CAT_PLAIN) return h2conn_connect(&c->conn, url, options, response);
    const int error = h2conn_ws_connect(&c->ws, url, options, NULL, response);
    if (error == H2CONN_OK) c->conn = h2conn_ws_conn(c->ws);
    return error;
}

int h2cat_channel_accept(h2cat_channel *c, h2cat_framing framing, h2conn_request *request, const tool_fields *fields) {
    *c = (h2cat_channel){.framing = framing};
    if (framing == H2CAT_PLAIN) return h2conn_accept(&c->conn, request, 200, fields->list, fields->n);
    const int error = h2conn_ws_accept(&c->ws, request, fields->list, fields->n, NULL);
    if (error == H2CONN_OK) c->conn = h2conn_ws_conn(c->ws);
    return error;
}

/* A text message ends a line; an empty binary one is nothing. */
static ptrdiff_t read_message(h2cat_channel *c, char *buf, size_t len) {
    h2conn_ws_piece piece;
    ptrdiff_t n;
    do {
        n = h2conn_ws_read(c->ws, buf, len - 1, &piece);
        if (n >= 0 && c->framing == H2CAT_LINES && piece.text && piece.end) buf[n++] = '\n';
    } while (n == 0);
    return n == H2CONN_EEND ? 0 : n;
}

ptrdiff_t h2cat_channel_read(h2cat_channel *c, char *buf, size_t len) {
    const ptrdiff_t n = c->ws ? read_message(c, buf, len) : h2conn_read(c->conn, buf, len);
    if (n > 0) h2cat_stats_count(0, (uint64_t)n);
    return n;
}

static int write_lines(h2cat_channel *c, const char *bytes, size_t len) {
    int error = H2CONN_OK;
    while (error == H2CONN_OK && len > 0) {
        const char *end = memchr(bytes, '\n', len);
        const size_t n = end ? (size_t)(end - bytes) : len, step = end ? n + 1 : n;
        error = h2conn_ws_write(c->ws, bytes, n, true, end != NULL, NULL);
        c->within = end == NULL;
        bytes += step;
        len -= step;
    }
    return error;
}

int h2cat_channel_write(h2cat_channel *c, const char *bytes, size_t len) {
    size_t written = 0;
    int error;
    if (!c->ws)
        error = h2conn_write(c->conn, bytes, len, &written);
    else if (c->framing == H2CAT_LINES)
        error = write_lines(c, bytes, len);
    else
        error = h2conn_ws_send(c->ws, bytes, len, false);
    h2cat_stats_count(c->ws && error == H2CONN_OK ? len : written, 0);
    return error;
}

void h2cat_channel_end(h2cat_channel *c) {
    if (!c->ws)
        h2conn_close_write(c->conn);
    else if (c->within)
        h2conn_ws_write(c->ws, NULL, 0, true, true, NULL);
    c->within = false;
}

void h2cat_channel_close(h2cat_channel *c) {
    if (c->ws)
        h2conn_ws_close(c->ws, H2CONN_WS_NORMAL, NULL);
    else
        h2conn_close(c->conn);
}

void h2cat_channel_reset(h2cat_channel *c, uint32_t code) {
    h2conn_reset(c->conn, code);
}

int h2cat_channel_wait(h2cat_channel *c) {
    /* Both have said Close. */
    return c->ws ? H2CONN_OK : h2conn_wait_closed(c->conn);
}

void h2cat_channel_read_deadline(h2cat_channel *c, int64_t at_ms) {
    if (c->ws)
        h2conn_ws_set_read_deadline(c->ws, at_ms);
    else
        h2conn_set_read_deadline(c->conn, at_ms);
}

void h2cat_channel_write_deadline(h2cat_channel *c, int64_t at_ms) {
    if (c->ws)
        h2conn_ws_set_write_deadline(c->ws, at_ms);
    else
        h2conn_set_write_deadline(c->conn, at_ms);
}

const char *h2cat_channel_why(h2cat_channel *c, char out[H2CONN_WHY_BYTES]) {
    return c->ws ? h2conn_ws_why(c->ws, out) : h2conn_why(c->conn, out);
}

void h2cat_channel_free(h2cat_channel *c, bool server) {
    if (c->ws)
        h2conn_ws_free(c->ws);
    else if (!server)
        h2conn_free(c->conn);
    *c = (h2cat_channel){0};
}
