/* SPDX-License-Identifier: MIT */
#include "port.h"

/* A client that sends what it reads back: open, read, write, half-close, close. */

H2CONN_CORE_STORAGE(client, false, 2, 2048, 16, 512, 256, 256, 256, 512, 512);

int main(void) {
    static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "https"),
                                       H2_FIELD(":authority", "device.example"), H2_FIELD(":path", "/uplink")};
    static h2conn_core core;
    static uint8_t chunk[64];
    h2conn_core_conn *conn = NULL;
    int result = h2conn_core_init(&core, &client_storage, &port_transport, NULL, NULL);
    if (result == H2CONN_OK) result = h2conn_core_open(&core, request, sizeof request / sizeof *request, &conn);
    while (result == H2CONN_OK && !h2conn_core_over(&core)) {
        h2conn_core_step(&core, port_clock_ms());
        if (conn == NULL || !h2conn_core_writable(conn)) continue;
        const ptrdiff_t n = h2conn_core_read(conn, chunk, sizeof chunk);
        if (n == H2CONN_EAGAIN) continue;
        if (n >= 0) h2conn_core_write(conn, chunk, (size_t)n, n == 0 ? H2_END : 0);
        if (n > 0) continue;
        h2conn_core_close(conn);
        conn = NULL;
    }
    return result == H2CONN_OK ? h2conn_core_error(&core) : result;
}
