/* SPDX-License-Identifier: MIT */
#include "conn_link.h"
#include "conn_stream.h"
#include "fuzz.h"
#include "invariants.h"

/*
 * The portable part of a connection over a transport that does what the script says: it gives and takes any number of
 * octets, wants to wait, ends or breaks, while the program reads, writes, closes, and memory for what arrives runs out.
 *
 * Input: one octet of kind, one of the script's length, the script, and then what the peer sends.
 */

#define STREAMS 8u
#define CHUNKS  64u

typedef struct duplex {
    fuzz_input script, wire;
    h2conn_link link;
    h2conn_stream streams[STREAMS];
    bool used[STREAMS], server;
    uint8_t *lent[STREAMS];
    unsigned chunks; /* out at the moment */
    bool done;
    uint8_t rx[900], tx[900];
} duplex;

/* ---- the transport ---- */

static ptrdiff_t script_recv(void *ctx, void *buf, size_t len) {
    duplex *d = ctx;
    uint8_t how = fuzz_next(&d->script);
    must(!d->done);
    if (how % 16 == 1) return H2CONN_TRANSPORT_WANT_READ;
    if (how % 16 == 2) return H2CONN_TRANSPORT_WANT_WRITE;
    if (how == 255) return H2CONN_TRANSPORT_ETLS;
    size_t n = how % 16 == 3 ? 1u + how / 16u : len;
    if (n > fuzz_left(&d->wire)) n = fuzz_left(&d->wire);
    if (n == 0) return how & 1 ? H2CONN_TRANSPORT_END : H2CONN_TRANSPORT_ELOST;
    memcpy(buf, d->wire.data + d->wire.at, n);
    d->wire.at += n;
    return (ptrdiff_t)n;
}

static ptrdiff_t script_send(void *ctx, const void *buf, size_t len) {
    duplex *d = ctx;
    uint8_t how = fuzz_next(&d->script), sum = 0;
    for (size_t i = 0; i < len; i++) sum ^= ((const uint8_t *)buf)[i];
    must(len > 0 && !d->done);
    if (how % 16 == 1) return H2CONN_TRANSPORT_WANT_WRITE;
    if (how % 16 == 2) return H2CONN_TRANSPORT_WANT_READ;
    if (how == 255) return H2CONN_TRANSPORT_ELOST;
    return how % 16 == 3 && len > 1 ? 1 + (sum & 1) : (ptrdiff_t)len;
}

/* ---- memory for what arrives ---- */

static h2conn_chunk *get_chunk(void *ctx, size_t want) {
    duplex *d = ctx;
    if (d->chunks == CHUNKS || fuzz_next(&d->script) == 254) return NULL;
    size_t cap = want < H2CONN_CHUNK_MIN ? H2CONN_CHUNK_MIN : want;
    if (fuzz_next(&d->script) % 2 && cap > 100) cap = 100;
    h2conn_chunk *chunk = malloc(sizeof *chunk + cap);
    must(chunk != NULL);
    chunk->cap = (uint32_t)cap;
    chunk->bytes = (uint8_t *)(chunk + 1);
    d->chunks++;
    return chunk;
}

static void put_chunk(void *ctx, h2conn_chunk *chunk) {
    duplex *d = ctx;
    must(d->chunks-- > 0);
    free(chunk);
}

/* ---- handlers ---- */

static h2conn_stream *find(duplex *d, uint32_t id) {
    for (unsigned i = 0; i < STREAMS; i++)
        if (d->used[i] && d->streams[i].id == id) return &d->streams[i];
    return NULL;
}

static const h2_field answer[] = {H2_FIELD(":status", "200")};
static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"),
                                   H2_FIELD(":authority", "a"), H2_FIELD(":path", "/")};

static const h2conn_chunk_source *source_of(duplex *d) {
    static h2conn_chunk_source source;
    source = (h2conn_chunk_source){get_chunk, put_chunk, d};
    return &source;
}

static bool take_slot(duplex *d, uint32_t id) {
    for (unsigned i = 0; i < STREAMS; i++) {
        if (d->used[i]) continue;
        d->used[i] = true;
        h2conn_stream_init(&d->streams[i], id, source_of(d));
        return true;
    }
    return false;
}

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    duplex *d = user;
    (void)fields;
    (void)n;
    if (section == H2_REQUEST && (!take_slot(d, id) || h2_stream_respond(d->link.session, id, answer, 1, 0) != H2_OK)) {
        h2_stream_reset(d->link.session, id, H2_REFUSED_STREAM);
        return;
    }
    h2conn_stream *stream = find(d, id);
    if (stream && end) stream->peer_ended = true;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    duplex *d = user;
    h2conn_stream *stream = find(d, id);
    must(stream != NULL);
    if (end) stream->peer_ended = true;
    if (len > 0) h2conn_stream_data(stream, d->link.session, bytes, len);
}

static void drop_lent(duplex *d, const h2conn_stream *stream) {
    free(d->lent[stream - d->streams]);
    d->lent[stream - d->streams] = NULL;
}

static void on_sent(void *user, uint32_t id) {
    duplex *d = user;
    h2conn_stream *stream = find(d, id);
    if (!stream) return;
    drop_lent(d, stream);
    h2conn_stream_sent(stream, &d->link);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    duplex *d = user;
    h2conn_stream *stream = find(d, id);
    if (!stream) return;
    must(!stream->closed);
    h2conn_stream_closed(stream, &d->link, why);
    drop_lent(d, stream);
}

/* ---- the program ---- */

static void free_slot(duplex *d, unsigned i) {
    if (!d->streams[i].closed) return;
    h2conn_stream_discard(&d->streams[i], d->link.session);
    d->used[i] = false;
}

static void act_on(duplex *d, unsigned i, uint8_t what) {
    h2conn_stream *stream = &d->streams[i];
    uint8_t buf[300];
    ptrdiff_t n;
    switch (what % 6) {
    case 0:
        if (h2conn_stream_read(stream, d->link.session, buf, 1u + what, &n)) must(n <= 1 + what);
        break;
    case 1:
        if (stream->lent) break;
        d->lent[i] = calloc(1, what);
        if (h2conn_stream_write(stream, d->link.session, d->lent[i], what, what & 64) != H2CONN_OK)
            drop_lent(d, stream);
        break;
    case 2: h2conn_stream_close(stream, &d->link); break;
    case 3: h2conn_stream_discard(stream, d->link.session); break;
    case 4: free_slot(d, i); break;
    default: h2_stream_reset(d->link.session, stream->id, what);
    }
}

static void act(duplex *d) {
    uint8_t what = fuzz_next(&d->script);
    unsigned i = what % STREAMS;
    uint32_t id;
    if (d->used[i])
        act_on(d, i, fuzz_next(&d->script));
    else if (!d->server && h2_stream_open(d->link.session, request, 4, 0, &id) == H2_OK)
        must(take_slot(d, id));
}

static void check(const duplex *d) {
    must(invariant_broken(d->link.session) == NULL);
    must(d->link.rx_start <= d->link.rx_end && d->link.rx_end <= sizeof d->rx);
    must(d->link.tx_start <= d->link.tx_end && d->link.tx_end <= sizeof d->tx);
    for (unsigned i = 0; i < STREAMS; i++)
        if (d->used[i]) must((d->streams[i].received.bytes == 0) == (d->streams[i].received.first == NULL));
}

size_t fuzz_wire_at(const uint8_t *data, size_t size) {
    const size_t at = size > 1 ? 2u + 2u * data[1] : size;
    return at < size ? at : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static duplex d;
    fuzz_input in = {data, size, 0};
    memset(&d, 0, sizeof d);
    uint8_t kind = fuzz_next(&in);
    size_t script = (size_t)fuzz_next(&in) * 2;
    uint8_t *steps = fuzz_take(&in, &script);
    uint64_t now = 1;
    d.script = (fuzz_input){steps, script, 0};
    d.wire = in;
    d.server = kind & 1;
    h2_config config = kind & 2 ? h2_config_small(d.server) : h2_config_hosted(d.server);
    h2_handlers handlers = {.on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};
    h2conn_transport transport = {.recv = script_recv, .send = script_send, .ctx = &d};
    h2_session *session = NULL;
    size_t bytes = h2_session_size(&config);
    void *memory = malloc(bytes);
    must(memory && h2_session_init(&session, memory, bytes, &config, &handlers, &d) == H2_OK);
    h2conn_link_init(&d.link, session, &transport, &config);
    for (unsigned steps_left = 2000; steps_left > 0 && !h2conn_link_over(&d.link); steps_left--) {
        h2conn_link_step(&d.link, d.rx, sizeof d.rx, d.tx, sizeof d.tx);
        check(&d);
        if (fuzz_left(&d.script) > 0) act(&d);
        check(&d);
        h2conn_link_tick(&d.link, now += 10);
    }
    h2conn_link_end(&d.link, H2CONN_TRANSPORT_ELOST);
    d.done = true;
    for (unsigned i = 0; i < STREAMS; i++) {
        if (!d.used[i]) continue;
        must(d.streams[i].closed && d.lent[i] == NULL);
        free_slot(&d, i);
    }
    must(d.chunks == 0 && h2conn_link_over(&d.link));
    free(memory);
    free(steps);
    return 0;
}
