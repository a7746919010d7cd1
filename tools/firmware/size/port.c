/* SPDX-License-Identifier: MIT */
#include "port.h"

int main(void);
void _start(void);

static ptrdiff_t port_recv(void *ctx, void *buf, size_t len) {
    (void)ctx;
    (void)buf;
    (void)len;
    return H2CONN_TRANSPORT_WANT_READ;
}

static ptrdiff_t port_send(void *ctx, const void *buf, size_t len) {
    (void)ctx;
    (void)buf;
    return (ptrdiff_t)len;
}

const h2conn_transport port_transport = {port_recv, port_send, NULL};

uint64_t port_clock_ms(void) {
    static volatile uint32_t ticks;
    return ticks++;
}

void _start(void) {
    for (;;) main();
}
