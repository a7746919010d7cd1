/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "h2dump_tcp.h"

typedef struct early {
    struct early *next; /* in the order of sequence numbers */
    uint32_t seq;
    size_t len;
    uint8_t bytes[];
} early;

/* One direction, by its sender. */
typedef struct stream {
    uint32_t next_seq;
    bool known; /* next_seq is */
    bool ended, lost;
    bool fin;
    uint32_t fin_seq;
    early *early;
    size_t early_n, early_bytes;
} stream;

typedef struct flow {
    struct flow *next;
    h2dump_endpoint client, server;
    stream side[2];
    h2dump_conn *conn; /* once the client's first octets look like HTTP/2 */
    bool foreign;      /* they do not, or its beginning was not captured */
} flow;

struct h2dump_tcp {
    h2dump_conns *all;
    flow *flows;
    uint32_t n_flows, foreign;
};

h2dump_tcp *h2dump_tcp_new(h2dump_conns *all) {
    h2dump_tcp *t = calloc(1, sizeof *t);
    if (t) t->all = all;
    return t;
}

/* ---- flows ---- */

static bool same(const h2dump_endpoint *a, const h2dump_endpoint *b) {
    return a->port == b->port && a->v6 == b->v6 && memcmp(a->address, b->address, a->v6 ? 16 : 4) == 0;
}

static void name(const h2dump_endpoint *e, char out[H2CONN_ADDRESS_BYTES]) {
    char address[INET6_ADDRSTRLEN] = "?";
    inet_ntop(e->v6 ? AF_INET6 : AF_INET, e->address, address, sizeof address);
    snprintf(out, H2CONN_ADDRESS_BYTES, e->v6 ? "[%s]:%u" : "%s:%u", address, (unsigned)e->port);
}

static void drop_early(stream *s) {
    while (s->early) {
        early *e = s->early;
        s->early = e->next;
        free(e);
    }
    s->early_n = s->early_bytes = 0;
}

static void remove_flow(h2dump_tcp *t, flow *f) {
    flow **place = &t->flows;
    while (*place != f) place = &(*place)->next;
    *place = f->next;
    t->n_flows--;
    if (f->conn) h2dump_conn_end(t->all, f->conn);
    drop_early(&f->side[0]);
    drop_early(&f->side[1]);
    free(f);
}

/* The oldest goes when there are too many. */
static flow *add_flow(h2dump_tcp *t, const h2dump_segment *s, bool from_client) {
    if (t->flows && t->n_flows == H2DUMP_FLOWS) {
        flow *last = t->flows;
        while (last->next) last = last->next;
        remove_flow(t, last);
    }
    flow *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->client = from_client ? s->from : s->to;
    f->server = from_client ? s->to : s->from;
    f->next = t->flows;
    t->flows = f;
    t->n_flows++;
    return f;
}

static flow *find_flow(h2dump_tcp *t, const h2dump_segment *s, h2dump_side *side) {
    for (flow *f = t->flows; f; f = f->next) {
        const bool up = same(&s->from, &f->client) && same(&s->to, &f->server);
        const bool down = same(&s->from, &f->server) && same(&s->to, &f->client);
        if (!up && !down) continue;
        *side = up ? H2DUMP_CLIENT : H2DUMP_SERVER;
        return f;
    }
    return NULL;
}

static bool looks_like_http2(const uint8_t *bytes, size_t len) {
    return len > 0 && memcmp(bytes, H2_PREFACE, len < 4 ? len : 4) == 0;
}

/* ---- bytes ---- */

static void give_up(h2dump_tcp *t, flow *f, h2dump_side side, const char *note) {
    stream *s = &f->side[side];
    s->lost = true;
    drop_early(s);
    if (f->conn) h2dump_decode_end(f->conn->decoder, side, t->all->time_us, note);
}

/* The client's first octets tell whether the flow is of interest. */
static void meet(h2dump_tcp *t, flow *f, h2dump_side side, const uint8_t *bytes, size_t len) {
    char client[H2CONN_ADDRESS_BYTES], server[H2CONN_ADDRESS_BYTES];
    /* A server may be first with its SETTINGS; anything else is told by the client's octets. */
    const bool settings = len >= H2_FRAME_HEADER_BYTES && bytes[0] == 0 && bytes[3] == H2_SETTINGS;
    if (side == H2DUMP_CLIENT ? looks_like_http2(bytes, len) : settings) {
        name(&f->client, client);
        name(&f->server, server);
        f->conn = h2dump_conn_new(t->all, true, client, server);
        if (f->conn) return;
    }
    f->foreign = true;
    t->foreign++;
    drop_early(&f->side[0]);
    drop_early(&f->side[1]);
}

/* Octets in order. */
static void deliver(h2dump_tcp *t, flow *f, h2dump_side side, const uint8_t *bytes, size_t len) {
    f->side[side].next_seq += (uint32_t)len;
    if (len == 0 || f->side[side].lost) return;
    if (!f->conn && !f->foreign) meet(t, f, side, bytes, len);
    if (f->conn) h2dump_decode(f->conn->decoder, side, t->all->time_us, bytes, len);
}

/* Keep what came too early. */
static void keep(h2dump_tcp *t, flow *f, h2dump_side side, const h2dump_segment *segment) {
    stream *s = &f->side[side];
    if (s->early_n == H2DUMP_EARLY_SEGMENTS || s->early_bytes + segment->len > H2DUMP_EARLY_BYTES) {
        give_up(t, f, side, "octets of this side are missing from the capture");
        return;
    }
    early **place = &s->early;
    while (*place && (int32_t)((*place)->seq - segment->seq) < 0) place = &(*place)->next;
    early *e = malloc(sizeof *e + segment->len);
    if (!e) return;
    *e = (early){.next = *place, .seq = segment->seq, .len = segment->len};
    memcpy(e->bytes, segment->bytes, segment->len);
    *place = e;
    s->early_n++;
    s->early_bytes += segment->len;
}

/* The new part of octets that begin at or before what is next. */
static void overlap(h2dump_tcp *t, flow *f, h2dump_side side, uint32_t seq, const uint8_t *bytes, size_t len) {
    uint32_t known = f->side[side].next_seq - seq;
    if (known < len) deliver(t, f, side, bytes + known, len - known);
}

static void release(h2dump_tcp *t, flow *f, h2dump_side side) {
    stream *s = &f->side[side];
    while (s->early && (int32_t)(s->early->seq - s->next_seq) <= 0) {
        early *e = s->early;
        s->early = e->next;
        s->early_n--;
        s->early_bytes -= e->len;
        overlap(t, f, side, e->seq, e->bytes, e->len);
        free(e);
    }
}

static void take(h2dump_tcp *t, flow *f, h2dump_side side, const h2dump_segment *segment) {
    stream *s = &f->side[side];
    if (s->lost || f->foreign || segment->len == 0) return;
    if (!s->known) {
        s->known = true;
        s->next_seq = segment->seq;
    }
    if ((int32_t)(segment->seq - s->next_seq) > 0) {
        keep(t, f, side, segment);
        return;
    }
    overlap(t, f, side, segment->seq, segment->bytes, segment->len);
    release(t, f, side);
}

/* ---- segments ---- */

/* A flow that was not seen before: its beginning must be in the capture. */
static flow *begin(h2dump_tcp *t, const h2dump_segment *s, h2dump_side *side) {
    const bool syn = s->flags & H2DUMP_TCP_SYN, ack = s->flags & H2DUMP_TCP_ACK;
    if (!syn && s->len == 0) return NULL;
    /* Without a SYN only the preface tells who is the client. */
    *side = (syn && ack) ? H2DUMP_SERVER : H2DUMP_CLIENT;
    flow *f = add_flow(t, s, *side == H2DUMP_CLIENT);
    if (!f || syn || looks_like_http2(s->bytes, s->len)) return f;
    f->foreign = true;
    t->foreign++;
    return f;
}

static void note_fin(stream *s, const h2dump_segment *segment) {
    if (!(segment->flags & H2DUMP_TCP_FIN)) return;
    s->fin = true;
    s->fin_seq = segment->seq + (uint32_t)segment->len;
}

void h2dump_tcp_segment(h2dump_tcp *t, const h2dump_segment *segment) {
    h2dump_side side;
    const bool syn = segment->flags & H2DUMP_TCP_SYN;
    flow *f = find_flow(t, segment, &side);
    if (f && syn && !(segment->flags & H2DUMP_TCP_ACK) && f->side[H2DUMP_CLIENT].known &&
        f->side[H2DUMP_CLIENT].next_seq != segment->seq + 1) {
        remove_flow(t, f); /* the same ports again */
        f = NULL;
    }
    if (!f) f = begin(t, segment, &side);
    if (!f) return;
    stream *s = &f->side[side];
    if (syn && !s->known) {
        s->known = true;
        s->next_seq = segment->seq + 1;
    }
    if (!syn) take(t, f, side, segment);
    note_fin(s, segment);
    if (s->fin && !s->ended && s->known && (int32_t)(s->next_seq - s->fin_seq) >= 0) {
        s->ended = true;
        if (f->conn) h2dump_decode_end(f->conn->decoder, side, t->all->time_us, NULL);
    }
    if (segment->flags & H2DUMP_TCP_RST || (f->side[0].ended && f->side[1].ended)) remove_flow(t, f);
}

void h2dump_tcp_free(h2dump_tcp *t) {
    while (t->flows) {
        flow *f = t->flows;
        for (int side = 0; side < 2; side++)
            if (f->side[side].early) give_up(t, f, (h2dump_side)side, "octets of this side are missing");
        remove_flow(t, f);
    }
    if (t->foreign > 0)
        h2dump_print_note(t->all->printer,
                          "other TCP connections were left out: no HTTP/2 in the clear, or begun before the capture");
    free(t);
}
