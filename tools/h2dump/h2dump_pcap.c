/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2dump_pcap.h"
#include "h2dump_tcp.h"

#define PCAP_MICROS  0xa1b2c3d4u
#define PCAP_NANOS   0xa1b23c4du
#define NG_SECTION   0x0a0d0d0au
#define NG_ORDER     0x1a2b3c4du
#define NG_INTERFACE 1u
#define NG_SIMPLE    3u
#define NG_PACKET    6u
/* Interfaces of a pcapng section that are told apart. */
#define INTERFACES 64u

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_SLL2 = 276
};
enum { ETHER_IPV4 = 0x0800, ETHER_VLAN = 0x8100, ETHER_QINQ = 0x88a8, ETHER_IPV6 = 0x86dd };
enum { IP_HOP_OPTIONS = 0, IP_TCP = 6, IP_ROUTING = 43, IP_FRAGMENT = 44, IP_DESTINATION = 60 };

typedef struct capture {
    h2dump_source *source;
    h2dump_conns *all;
    h2dump_tcp *tcp;
    bool little; /* numbers of the file itself */
    bool begun;
    uint64_t first_us;
    uint32_t links[INTERFACES], n_links;
    uint64_t ticks[INTERFACES]; /* a second, of each interface */
    uint8_t *packet;
} capture;

static uint32_t u32(const capture *c, const uint8_t *in) {
    if (!c->little) return h2_u32_read(in);
    return (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0];
}

static uint16_t u16(const capture *c, const uint8_t *in) {
    return (uint16_t)(c->little ? in[1] << 8 | in[0] : in[0] << 8 | in[1]);
}

static uint16_t net16(const uint8_t *in) {
    return (uint16_t)(in[0] << 8 | in[1]);
}

/* ---- packets ---- */

static void take_tcp(capture *c, h2dump_segment *s, const uint8_t *in, size_t len) {
    if (len < 20) return;
    size_t head = (size_t)(in[12] >> 4) * 4;
    if (head < 20 || head > len) return;
    s->from.port = net16(in);
    s->to.port = net16(in + 2);
    s->seq = h2_u32_read(in + 4);
    s->flags = in[13];
    s->bytes = in + head;
    s->len = len - head;
    h2dump_tcp_segment(c->tcp, s);
}

static void take_ipv4(capture *c, const uint8_t *in, size_t len) {
    h2dump_segment s = {0};
    if (len < 20) return;
    size_t head = (size_t)(in[0] & 15) * 4, total = net16(in + 2);
    if (total == 0) total = len; /* left to the network card */
    if (head < 20 || total < head || total > len) return;
    /* A fragment other than a whole: more to come, or an offset. */
    if (in[9] != IP_TCP || net16(in + 6) & 0x3fff) return;
    memcpy(s.from.address, in + 12, 4);
    memcpy(s.to.address, in + 16, 4);
    take_tcp(c, &s, in + head, total - head);
}

static void take_ipv6(capture *c, const uint8_t *in, size_t len) {
    h2dump_segment s = {.from.v6 = true, .to.v6 = true};
    if (len < 40) return;
    size_t rest = net16(in + 4);
    uint8_t next = in[6];
    if (rest == 0) rest = len - 40;
    if (rest > len - 40) return;
    memcpy(s.from.address, in + 8, 16);
    memcpy(s.to.address, in + 24, 16);
    in += 40;
    while (next == IP_HOP_OPTIONS || next == IP_ROUTING || next == IP_DESTINATION) {
        if (rest < 8) return;
        size_t size = ((size_t)in[1] + 1) * 8;
        if (size > rest) return;
        next = in[0];
        in += size;
        rest -= size;
    }
    if (next == IP_TCP) take_tcp(c, &s, in, rest);
}

static void take_ip(capture *c, const uint8_t *in, size_t len) {
    if (len > 0 && in[0] >> 4 == 4) take_ipv4(c, in, len);
    if (len > 0 && in[0] >> 4 == 6) take_ipv6(c, in, len);
}

static void take_ethernet(capture *c, const uint8_t *in, size_t len) {
    size_t at = 12;
    while (len >= at + 4 && (net16(in + at) == ETHER_VLAN || net16(in + at) == ETHER_QINQ)) at += 4;
    if (len < at + 2) return;
    if (net16(in + at) == ETHER_IPV4 || net16(in + at) == ETHER_IPV6) take_ip(c, in + at + 2, len - at - 2);
}

static void take_packet(capture *c, uint32_t link, uint64_t time_us, const uint8_t *in, size_t len) {
    size_t head = 0;
    if (!c->begun) c->first_us = time_us;
    c->begun = true;
    c->all->time_us = time_us >= c->first_us ? time_us - c->first_us : 0;
    switch (link) {
    case LINK_ETHERNET: take_ethernet(c, in, len); return;
    case LINK_NULL:
    case LINK_LOOP: head = 4; break;
    case LINK_SLL: head = 16; break;
    case LINK_SLL2: head = 20; break;
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_IPV4:
    case LINK_IPV6: break;
    default: return;
    }
    if (len > head) take_ip(c, in + head, len - head);
}

/* ---- pcap ---- */

bool h2dump_is_pcap(const uint8_t *start, size_t n) {
    capture c = {.little = false};
    if (n < 4) return false;
    for (int i = 0; i < 2; i++, c.little = true) {
        uint32_t magic = u32(&c, start);
        if (magic == PCAP_MICROS || magic == PCAP_NANOS || magic == NG_SECTION) return true;
    }
    return false;
}

static const char *classic(capture *c) {
    uint8_t head[24], record[16];
    if (!h2dump_source_exactly(c->source, head, sizeof head)) return "the pcap file ends within its header";
    c->little = head[0] == (PCAP_MICROS & 0xff) || head[0] == (PCAP_NANOS & 0xff);
    const bool nanos = u32(c, head) == PCAP_NANOS;
    const uint32_t link = u32(c, head + 20) & 0xffff;
    for (;;) {
        if (h2dump_source_some(c->source, record, 1) == 0) return NULL;
        if (!h2dump_source_exactly(c->source, record + 1, sizeof record - 1)) break;
        uint64_t fraction = u32(c, record + 4), len = u32(c, record + 8);
        if (len > H2DUMP_PACKET_BYTES) return "the pcap file is damaged: a packet is too long";
        if (!h2dump_source_exactly(c->source, c->packet, (size_t)len)) break;
        take_packet(c, link, (uint64_t)u32(c, record) * 1000000u + fraction / (nanos ? 1000 : 1), c->packet, len);
    }
    return "the pcap file ends within a packet";
}

/* ---- pcapng ---- */

/* Ticks of a second: option 9 of an interface, a power of ten, or of two with the high bit. */
static uint64_t ticks_of(const capture *c, const uint8_t *options, size_t len) {
    for (size_t at = 0; len - at >= 4;) {
        const uint16_t code = u16(c, options + at), size = u16(c, options + at + 2);
        if (code == 0 || size > len - at - 4) break;
        if (code == 9 && size >= 1) {
            uint8_t power = options[at + 4] & 0x7f;
            uint64_t ticks = 1, base = options[at + 4] & 0x80 ? 2 : 10;
            while (power-- > 0 && ticks < UINT64_MAX / 16) ticks *= base;
            return ticks;
        }
        at += 4 + ((size + 3u) & ~3u);
        if (at > len) break;
    }
    return 1000000u;
}

static void take_interface(capture *c, const uint8_t *body, size_t len) {
    if (len < 8 || c->n_links == INTERFACES) return;
    c->links[c->n_links] = u16(c, body);
    c->ticks[c->n_links++] = ticks_of(c, body + 8, len - 8);
}

static void take_block(capture *c, uint32_t type, const uint8_t *body, size_t len) {
    if (type == NG_INTERFACE) take_interface(c, body, len);
    if (type == NG_SIMPLE && len >= 4 && c->n_links > 0) {
        size_t n = u32(c, body);
        take_packet(c, c->links[0], c->first_us, body + 4, n < len - 4 ? n : len - 4);
    }
    if (type != NG_PACKET || len < 20) return;
    uint32_t interface = u32(c, body), n = u32(c, body + 12);
    if (interface >= c->n_links || n > len - 20) return;
    uint64_t time = (uint64_t)u32(c, body + 4) << 32 | u32(c, body + 8), ticks = c->ticks[interface];
    uint64_t micros = ticks >= 1000000u ? time % ticks / (ticks / 1000000u) : time % ticks * 1000000u / ticks;
    take_packet(c, c->links[interface], time / ticks * 1000000u + micros, body + 20, n);
}

static const char *next_generation(capture *c) {
    uint8_t head[12];
    for (;;) {
        if (h2dump_source_some(c->source, head, 1) == 0) return NULL;
        if (!h2dump_source_exactly(c->source, head + 1, 7)) break;
        size_t taken = 8;
        if (h2_u32_read(head) == NG_SECTION) {
            /* A section brings its own byte order, and its own interfaces. */
            if (!h2dump_source_exactly(c->source, head + 8, 4)) break;
            taken = 12;
            c->little = h2_u32_read(head + 8) != NG_ORDER;
            c->n_links = 0;
        }
        uint32_t type = u32(c, head), len = u32(c, head + 4);
        if (len < taken + 4 || len % 4 || len > H2DUMP_PACKET_BYTES) return "the pcapng file is damaged";
        len -= (uint32_t)taken;
        if (!h2dump_source_exactly(c->source, c->packet, len)) break;
        if (taken == 8) take_block(c, type, c->packet, len - 4);
    }
    return "the pcapng file ends within a block";
}

const char *h2dump_pcap(h2dump_source *s, h2dump_conns *all) {
    capture c = {.source = s, .all = all, .packet = malloc(H2DUMP_PACKET_BYTES), .tcp = h2dump_tcp_new(all)};
    const char *wrong = "memory is out";
    if (c.packet && c.tcp) wrong = h2_u32_read(s->peeked) == NG_SECTION ? next_generation(&c) : classic(&c);
    if (c.tcp) h2dump_tcp_free(c.tcp);
    free(c.packet);
    return wrong;
}
