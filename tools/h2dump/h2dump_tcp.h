/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_TCP_H
#define H2DUMP_TCP_H

/* TCP segments to the two byte streams of each connection (RFC 9293, 3.4): put in order, repetitions dropped. */

#include "h2conn.h"
#include "h2dump_input.h"

/* What is kept of segments that came too early, each direction; beyond it the gap counts as lost. */
#define H2DUMP_EARLY_SEGMENTS 128u
#define H2DUMP_EARLY_BYTES    1048576u
/* Connections whose packets are followed, those that turn out not to be HTTP/2 included. */
#define H2DUMP_FLOWS 256u

typedef struct h2dump_endpoint {
    uint8_t address[16]; /* IPv4 in the first 4 */
    uint16_t port;
    bool v6;
} h2dump_endpoint;

typedef struct h2dump_segment {
    h2dump_endpoint from, to;
    uint32_t seq;
    uint8_t flags; /* as in the TCP header */
    const uint8_t *bytes;
    size_t len;
} h2dump_segment;

enum { H2DUMP_TCP_FIN = 1, H2DUMP_TCP_SYN = 2, H2DUMP_TCP_RST = 4, H2DUMP_TCP_ACK = 16 };

typedef struct h2dump_tcp h2dump_tcp;

h2dump_tcp *h2dump_tcp_new(h2dump_conns *all);
void h2dump_tcp_segment(h2dump_tcp *t, const h2dump_segment *segment);
/* The end of the capture: says what could not be followed. */
void h2dump_tcp_free(h2dump_tcp *t);

#endif
