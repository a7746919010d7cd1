/* SPDX-License-Identifier: MIT */
#include "image.h"
#include "board.h"
#include "net_ethernet.h"

#define CLOSE_MS 3000u

uint8_t image_octet(uint32_t at) {
    return (uint8_t)(at * 31 + (at >> 8) + (at >> 16));
}

bool image_poll(h2conn_core *core) {
    net_ethernet_poll();
    return h2conn_core_step(core, board_ms());
}

void image_close(net_tcp *tcp) {
    const uint32_t began = board_ms();
    while (!net_tls_close() && board_ms() - began < CLOSE_MS) net_ethernet_poll();
    net_tcp_close(tcp);
    while (!tcp->ended && !tcp->lost && board_ms() - began < CLOSE_MS) net_ethernet_poll();
}

void image_report(const char *what, uint32_t sent, uint32_t received, uint32_t began_ms, uint32_t core_bytes) {
    const uint32_t ms = board_ms() - began_ms;
    board_print("%s: %u bytes sent, %u received in %u ms, %s\n", what, sent, received, ms, net_tls_suite());
    board_print("h2conn: heap 0, static memory %u bytes; TLS: heap %u bytes; deepest stack of all %u bytes\n",
                core_bytes, image_heap(), board_stack_used());
}
