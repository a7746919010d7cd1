/* SPDX-License-Identifier: MIT */
#include "board.h"
#include "image.h"
#include "net_ethernet.h"

/* A device that serves: it takes one session over TLS and gives every connection its bytes back, until the client
 * goes. */

#define STREAMS 2
#define PORT    443

H2CONN_CORE_STORAGE(service, true, STREAMS, 4096, 32, 1024, 256, 256, 256, 1024, 1024);

typedef struct served {
    h2conn_core_conn *conn;
    uint8_t chunk[1000];
} served;

static served all[STREAMS];
static uint32_t bytes, failed, finished;

static void on_headers(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields, size_t n) {
    static const h2_field answer[] = {H2_FIELD(":status", "200")};
    (void)user;
    (void)fields;
    (void)n;
    if (section != H2_REQUEST || h2conn_core_respond(conn, answer, 1, 0) != H2CONN_OK) return;
    for (int i = 0; i < STREAMS; i++) {
        if (all[i].conn != NULL) continue;
        all[i].conn = conn;
        return;
    }
}

static void echo(served *s) {
    if (s->conn == NULL || !h2conn_core_writable(s->conn)) return;
    const ptrdiff_t n = h2conn_core_read(s->conn, s->chunk, sizeof s->chunk);
    if (n == H2CONN_EAGAIN) return;
    if (n > 0) {
        bytes += (uint32_t)n;
        h2conn_core_write(s->conn, s->chunk, (size_t)n, 0);
        return;
    }
    if (n < 0) failed++;
    if (n == 0) finished++;
    h2conn_core_close(s->conn);
    s->conn = NULL;
}

int main(void) {
    static net_tcp tcp;
    static h2conn_core core;
    h2conn_transport plain, secure;
    board_stack_paint();
    if (net_ethernet_start() != 0 || net_tcp_listen(&tcp, PORT) != 0) {
        board_print("no network\n");
        return 1;
    }
    board_print("listening\n");
    while (!tcp.connected) net_ethernet_poll();
    const uint32_t began = board_ms();
    plain = net_tcp_transport(&tcp);
    int result = net_tls_server(&plain, &image_certificate, &image_key, &secure);
    if (result == 0) result = h2conn_core_init(&core, &service_storage, &secure, on_headers, NULL);
    while (result == 0 && !h2conn_core_over(&core)) {
        image_poll(&core);
        for (int i = 0; i < STREAMS; i++) echo(&all[i]);
    }
    if (result == 0) image_report("server", bytes, bytes, began, sizeof service_memory + sizeof core);
    const bool good = result == 0 && failed == 0 && finished > 0 && net_tls_error() == 0;
    image_close(&tcp);
    board_print("server: %s (%d, session %d, TLS %d)\n", good ? "ok" : "FAILED", result, h2conn_core_error(&core),
                net_tls_error());
    return good ? 0 : 1;
}
