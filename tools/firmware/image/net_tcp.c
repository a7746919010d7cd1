/* SPDX-License-Identifier: MIT */
#include "net_tcp.h"
#include <string.h>
#include "lwip/tcp.h"

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error) {
    net_tcp *tcp = arg;
    (void)pcb;
    tcp->connected = error == ERR_OK;
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
    net_tcp *tcp = arg;
    (void)pcb;
    (void)error;
    if (p == NULL)
        tcp->ended = true;
    else if (tcp->received == NULL)
        tcp->received = p;
    else
        pbuf_cat(tcp->received, p);
    return ERR_OK;
}

static void on_error(void *arg, err_t error) {
    net_tcp *tcp = arg;
    (void)error;
    tcp->lost = true;
    tcp->pcb = NULL; /* lwIP has freed it */
}

static void adopt(net_tcp *tcp, struct tcp_pcb *pcb) {
    tcp->pcb = pcb;
    tcp_arg(pcb, tcp);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
}

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t error) {
    net_tcp *tcp = arg;
    if (error != ERR_OK || tcp->connected) return ERR_VAL;
    adopt(tcp, pcb);
    tcp->connected = true;
    return ERR_OK;
}

int net_tcp_connect(net_tcp *tcp, uint16_t port) {
    ip_addr_t host;
    struct tcp_pcb *pcb = tcp_new();
    memset(tcp, 0, sizeof *tcp);
    if (pcb == NULL) return -1;
    IP_ADDR4(&host, 10, 0, 2, 2);
    adopt(tcp, pcb);
    return tcp_connect(pcb, &host, port, on_connected) == ERR_OK ? 0 : -1;
}

int net_tcp_listen(net_tcp *tcp, uint16_t port) {
    struct tcp_pcb *pcb = tcp_new();
    memset(tcp, 0, sizeof *tcp);
    if (pcb == NULL || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK) return -1;
    pcb = tcp_listen(pcb);
    if (pcb == NULL) return -1;
    tcp_arg(pcb, tcp);
    tcp_accept(pcb, on_accepted);
    return 0;
}

static ptrdiff_t take(void *ctx, void *buf, size_t len) {
    net_tcp *tcp = ctx;
    struct pbuf *p = tcp->received;
    if (p == NULL) {
        if (tcp->lost) return H2CONN_TRANSPORT_ELOST;
        return tcp->ended ? H2CONN_TRANSPORT_END : H2CONN_TRANSPORT_WANT_READ;
    }
    const size_t left = (size_t)(p->len - tcp->taken), n = len < left ? len : left;
    memcpy(buf, (const char *)p->payload + tcp->taken, n);
    tcp->taken = (uint16_t)(tcp->taken + n);
    if (tcp->taken == p->len) {
        tcp->received = p->next;
        if (p->next != NULL) pbuf_ref(p->next);
        pbuf_free(p);
        tcp->taken = 0;
    }
    if (tcp->pcb != NULL) tcp_recved(tcp->pcb, (u16_t)n);
    return (ptrdiff_t)n;
}

static ptrdiff_t give(void *ctx, const void *buf, size_t len) {
    net_tcp *tcp = ctx;
    if (tcp->lost) return H2CONN_TRANSPORT_ELOST;
    if (!tcp->connected) return H2CONN_TRANSPORT_WANT_WRITE;
    const size_t room = tcp_sndbuf(tcp->pcb), n = len < room ? len : room;
    if (n == 0 || tcp_write(tcp->pcb, buf, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        tcp_output(tcp->pcb);
        return H2CONN_TRANSPORT_WANT_WRITE;
    }
    tcp_output(tcp->pcb);
    return (ptrdiff_t)n;
}

h2conn_transport net_tcp_transport(net_tcp *tcp) {
    return (h2conn_transport){take, give, tcp};
}

void net_tcp_close(net_tcp *tcp) {
    if (tcp->pcb == NULL) return;
    tcp_shutdown(tcp->pcb, 0, 1);
    tcp_output(tcp->pcb);
}
