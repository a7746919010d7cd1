/* SPDX-License-Identifier: MIT */
#include "board.h"
#include "h2conn_core.h"
#include <string.h>

/* A client and a server in static memory alone, joined by two byte rings: the server gives back what it gets. Linked
 * without a C library, so nothing here can have a heap. Prints the deepest stack of each call of the core. */

#define BYTES 200000u
#define PIPE  256u

H2CONN_CORE_STORAGE(near, false, 2, 512, 16, 512, 256, 256, 256, 200, 200);
H2CONN_CORE_STORAGE(far, true, 2, 512, 16, 512, 256, 256, 256, 200, 200);

typedef struct ring {
    uint8_t bytes[PIPE];
    uint32_t in, out; /* ever put in and taken out */
} ring;

typedef struct line {
    ring *from, *to;
} line;

static ptrdiff_t line_recv(void *ctx, void *buf, size_t len) {
    ring *r = ((line *)ctx)->from;
    uint8_t *out = buf;
    size_t n = 0;
    while (n < len && r->out != r->in) out[n++] = r->bytes[r->out++ % PIPE];
    return n > 0 ? (ptrdiff_t)n : H2CONN_TRANSPORT_WANT_READ;
}

static ptrdiff_t line_send(void *ctx, const void *buf, size_t len) {
    ring *r = ((line *)ctx)->to;
    const uint8_t *in = buf;
    size_t n = 0;
    while (n < len && r->in - r->out < PIPE) r->bytes[r->in++ % PIPE] = in[n++];
    return n > 0 ? (ptrdiff_t)n : H2CONN_TRANSPORT_WANT_WRITE;
}

static h2conn_core client, server;
static h2conn_core_conn *accepted;

static void on_headers(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields, size_t n) {
    static const h2_field answer[] = {H2_FIELD(":status", "200"), H2_FIELD("content-type", "application/octet-stream")};
    (void)user;
    (void)fields;
    (void)n;
    if (section == H2_REQUEST && h2conn_core_respond(conn, answer, 2, 0) == H2CONN_OK) accepted = conn;
}

static void echo(void) {
    static uint8_t chunk[100];
    if (accepted == NULL || !h2conn_core_writable(accepted)) return;
    const ptrdiff_t n = h2conn_core_read(accepted, chunk, sizeof chunk);
    if (n < 0) return;
    h2conn_core_write(accepted, chunk, (size_t)n, n == 0 ? H2_END : 0);
    if (n > 0) return;
    h2conn_core_close(accepted);
    accepted = NULL;
}

static uint8_t octet(uint32_t at) {
    return (uint8_t)(at * 31 + (at >> 8));
}

/* Returns whether the talk goes on. */
static bool talk(h2conn_core_conn *conn, uint32_t *sent, uint32_t *received) {
    static uint8_t out[90];
    uint8_t in[64];
    if (h2conn_core_writable(conn) && *sent < BYTES) {
        const uint32_t n = BYTES - *sent < sizeof out ? BYTES - *sent : sizeof out;
        for (uint32_t i = 0; i < n; i++) out[i] = octet(*sent + i);
        *sent += n;
        h2conn_core_write(conn, out, n, *sent == BYTES ? H2_END : 0);
    }
    const ptrdiff_t n = h2conn_core_read(conn, in, sizeof in);
    if (n == H2CONN_EAGAIN) return true;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (in[i] != octet((*received)++)) return false;
    }
    return n > 0;
}

int main(void) {
    static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"),
                                       H2_FIELD(":authority", "far.example"), H2_FIELD(":path", "/echo")};
    static ring up, down;
    static line near_line = {&down, &up}, far_line = {&up, &down};
    const h2conn_transport near_end = {line_recv, line_send, &near_line}, far_end = {line_recv, line_send, &far_line};
    h2conn_core_conn *conn;
    uint32_t sent = 0, received = 0;
    board_stack_paint();
    int result = h2conn_core_init(&server, &far_storage, &far_end, on_headers, NULL);
    if (result == 0) result = h2conn_core_init(&client, &near_storage, &near_end, NULL, NULL);
    if (result == 0) result = h2conn_core_open(&client, request, sizeof request / sizeof *request, &conn);
    if (result != 0) {
        board_print("error %d\n", result);
        return 1;
    }
    do {
        h2conn_core_step(&client, board_ms());
        h2conn_core_step(&server, board_ms());
        echo();
    } while (talk(conn, &sent, &received));
    const bool good = received == BYTES && h2conn_core_error(&client) == 0 && conn->error == 0;
    board_print("deepest stack %u bytes, %u bytes each way, heap 0: %s\n", board_stack_used(), received,
                good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
