/* SPDX-License-Identifier: MIT */
#ifndef NET_TCP_H
#define NET_TCP_H

/* A TCP connection of lwIP as a transport. */

#include <stdbool.h>
#include <stdint.h>
#include "h2conn_transport.h"

struct tcp_pcb;
struct pbuf;

typedef struct net_tcp {
    struct tcp_pcb *pcb;   /* NULL before, and when it has failed */
    struct pbuf *received; /* what lwIP gave and nobody has taken */
    uint16_t taken;        /* of the first of these */
    bool connected;
    bool ended; /* the peer sent FIN */
    bool lost;
} net_tcp;

/* Begin to connect to the gateway of QEMU's user network, which is the host. Returns 0 or -1. */
int net_tcp_connect(net_tcp *tcp, uint16_t port);

/* Take one connection on `port`; `tcp->connected` tells when it came. Returns 0 or -1. */
int net_tcp_listen(net_tcp *tcp, uint16_t port);

/* recv and send give a WANT code until it is connected. */
h2conn_transport net_tcp_transport(net_tcp *tcp);

/* Send FIN after all that was sent. */
void net_tcp_close(net_tcp *tcp);

#endif
