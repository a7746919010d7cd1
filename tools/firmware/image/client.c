/* SPDX-License-Identifier: MIT */
#include "board.h"
#include "image.h"
#include "net_ethernet.h"

/* A device that holds one connection to a server over TLS: a mebibyte each way at the same time, then it ends its half,
 * reads to the server's end and closes. The port is the emulator's argument. */

#define BYTES 1048576u

H2CONN_CORE_STORAGE(uplink, false, 2, 4096, 16, 512, 256, 256, 256, 1024, 1024);

typedef struct exchange {
    uint32_t sent, received;
    bool wrong, ended;
} exchange;

static void give(h2conn_core_conn *conn, exchange *x) {
    static uint8_t out[1000];
    if (!h2conn_core_writable(conn) || x->sent == BYTES) return;
    const uint32_t n = BYTES - x->sent < sizeof out ? BYTES - x->sent : sizeof out;
    for (uint32_t i = 0; i < n; i++) out[i] = image_octet(x->sent + i);
    if (h2conn_core_write(conn, out, n, x->sent + n == BYTES ? H2_END : 0) != H2CONN_OK) return;
    x->sent += n;
}

static void take(h2conn_core_conn *conn, exchange *x) {
    uint8_t in[256];
    ptrdiff_t n;
    while ((n = h2conn_core_read(conn, in, sizeof in)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++) x->wrong |= in[i] != image_octet(x->received++);
    }
    if (n != H2CONN_EAGAIN) x->ended = true;
    if (n < 0 && n != H2CONN_EAGAIN) x->wrong = true;
}

static int talk(h2conn_core *core) {
    static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "https"),
                                       H2_FIELD(":authority", "localhost"), H2_FIELD(":path", "/"),
                                       H2_FIELD("user-agent", "h2conn-device")};
    const uint32_t began = board_ms();
    exchange x = {0, 0, false, false};
    h2conn_core_conn *conn;
    int result = h2conn_core_open(core, request, sizeof request / sizeof *request, &conn);
    if (result != H2CONN_OK) return result;
    while (!x.ended && !h2conn_core_over(core)) {
        image_poll(core);
        give(conn, &x);
        take(conn, &x);
    }
    take(conn, &x);
    const bool good = !x.wrong && x.received == BYTES && x.sent == BYTES && conn->status == 200 && conn->closed;
    image_report("client", x.sent, x.received, began, sizeof uplink_memory + sizeof *core);
    if (!good) {
        board_print("status %u, error %d, TLS error %d\n", (uint32_t)conn->status, conn->error, net_tls_error());
        return conn->error != H2CONN_OK ? conn->error : 1;
    }
    h2conn_core_close(conn);
    h2_session_goaway(h2conn_core_session(core), H2_NO_ERROR);
    while (!h2conn_core_over(core)) image_poll(core);
    return h2conn_core_error(core);
}

int main(void) {
    static net_tcp tcp;
    static h2conn_core core;
    h2conn_transport plain, secure;
    board_stack_paint();
    if (net_ethernet_start() != 0 || net_tcp_connect(&tcp, (uint16_t)board_argument(0)) != 0) {
        board_print("no network\n");
        return 1;
    }
    plain = net_tcp_transport(&tcp);
    int result = net_tls_client(&plain, &image_authority, "localhost", &secure);
    if (result == 0) result = h2conn_core_init(&core, &uplink_storage, &secure, NULL, NULL);
    if (result == 0) result = talk(&core);
    image_close(&tcp);
    board_print("client: %s (%d)\n", result == 0 ? "ok" : "FAILED", result);
    return result == 0 ? 0 : 1;
}
