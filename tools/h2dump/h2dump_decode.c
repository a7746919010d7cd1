/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2dump_state.h"

/* Bytes to frames, header blocks to fields. */

h2dump_decoder *h2dump_decoder_new(bool both, h2dump_emit emit, void *user) {
    h2dump_decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->emit = emit;
    d->user = user;
    d->both = both;
    d->side[H2DUMP_SERVER].phase = H2DUMP_IN_HEADER;
    for (int i = 0; i < 2; i++) {
        h2dump_talker *t = &d->side[i];
        hpack_decoder_init(&t->hpack, t->table, sizeof t->table);
        /* What the other side would have allowed is not known then. */
        if (!both) hpack_decoder_set_max_table_size(&t->hpack, H2DUMP_TABLE_BYTES);
    }
    h2dump_judge_init(d);
    return d;
}

void h2dump_decoder_free(h2dump_decoder *d) {
    free(d);
}

void h2dump_broke(h2dump_decoder *d, h2dump_side side, h2_rule rule) {
    h2dump_talker *t = &d->side[side];
    if (rule == H2_RULE_NONE || t->n_breaches == H2DUMP_BREACHES) return;
    for (size_t i = 0; i < t->n_breaches; i++)
        if (t->breaches[i].rule == rule) return;
    t->breaches[t->n_breaches++] = (h2dump_breach){rule, HPACK_OK};
}

/* ---- events ---- */

static void emit(h2dump_decoder *d, h2dump_side side, h2dump_event *event) {
    h2dump_talker *t = &d->side[side];
    event->side = side;
    event->time_us = t->time_us;
    event->breaches = t->breaches;
    event->n_breaches = t->n_breaches;
    if (!event->note) event->note = t->note;
    d->emit(d->user, event);
    t->n_breaches = 0;
    t->note = NULL;
}

static void go_blind(h2dump_decoder *d, h2dump_side side, const char *note) {
    h2dump_event event = {.kind = H2DUMP_LOST, .note = note};
    d->side[side].phase = H2DUMP_BLIND;
    emit(d, side, &event);
}

static void emit_frame(h2dump_decoder *d, h2dump_side side, bool section) {
    h2dump_talker *t = &d->side[side];
    h2dump_event event = {.kind = H2DUMP_FRAME, .header = t->header, .payload = t->payload, .section = section};
    event.n = t->taken < H2DUMP_PAYLOAD_BYTES ? t->taken : H2DUMP_PAYLOAD_BYTES;
    if (section) {
        event.fields = t->fields;
        event.n_fields = t->n_fields;
        event.all_fields = t->all_fields;
    }
    emit(d, side, &event);
}

/* ---- header blocks ---- */

static void collect(void *ctx, const hpack_field *field) {
    h2dump_talker *t = ctx;
    if (t->n_fields < H2DUMP_FIELDS) t->fields[t->n_fields++] = *field;
    t->all_fields++;
}

static void lose_compression(h2dump_decoder *d, h2dump_side side, hpack_error error) {
    h2dump_talker *t = &d->side[side];
    t->compression_lost = true;
    t->n_fields = t->all_fields = 0;
    if (t->hpack.in_force > H2DUMP_TABLE_BYTES) {
        t->note = "this side uses a larger HPACK table than is followed: its fields are not shown from here on";
        return;
    }
    size_t before = t->n_breaches;
    h2dump_broke(d, side, H2_RULE_COMPRESSION);
    if (t->n_breaches > before) t->breaches[before].hpack = error;
}

static bool carries_block(uint8_t type) {
    return type == H2_HEADERS || type == H2_PUSH_PROMISE || type == H2_CONTINUATION;
}

/* HEADERS or PUSH_PROMISE whose prefix is there. */
static void begin_block(h2dump_talker *t) {
    t->block = t->header.stream_id;
    t->block_is_promise = t->header.type == H2_PUSH_PROMISE;
    t->block_ends = !t->block_is_promise && t->header.flags & H2_FLAG_END_STREAM;
    t->promised = t->prefix.promised_id;
    t->n_fields = t->all_fields = 0;
    t->decodes = !t->compression_lost;
    if (t->decodes) hpack_decoder_begin(&t->hpack, t->arena, sizeof t->arena);
}

static void decode_fragment(h2dump_decoder *d, h2dump_side side, const uint8_t *bytes, size_t len, bool last) {
    h2dump_talker *t = &d->side[side];
    if (!t->decodes || t->compression_lost) return;
    hpack_error error = hpack_decode(&t->hpack, bytes, len, last, collect, t);
    if (error) lose_compression(d, side, error);
}

/* The last frame of a block is whole. */
static void end_block(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    const uint32_t id = t->block;
    decode_fragment(d, side, (const uint8_t *)"", 0, true);
    bool whole = t->decodes && !t->compression_lost && t->all_fields == t->n_fields;
    if (t->decodes && hpack_decoder_overflowed(&t->hpack)) {
        t->note = "the section is larger than is shown";
        t->n_fields = t->all_fields = 0;
        whole = false;
    } else if (!whole && !t->note) {
        t->note = t->compression_lost ? "fields are not shown: HPACK state was lost" : "not all fields are shown";
    }
    h2dump_judge_section(d, side, whole);
    t->block = 0;
    if (t->block_ends) h2dump_judge_end(d, side, id);
}

/* ---- frames ---- */

/* Fields cannot be decoded any more after a block that was not heard to its end. */
static void check_sequence(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    const bool continues = t->header.type == H2_CONTINUATION;
    if (t->block ? continues && t->header.stream_id == t->block : !continues) return;
    h2dump_broke(d, side, H2_RULE_CONTINUATION);
    t->block = 0;
    t->compression_lost = true;
}

static void begin_frame(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    h2_frame_header_read(&t->header, t->head);
    t->taken = 0;
    t->prefix_read = false;
    t->prefix = (h2_frame_prefix){.content = t->header.length};
    t->phase = H2DUMP_IN_PAYLOAD;
    t->decodes = t->header.type == H2_CONTINUATION && t->block && !t->compression_lost;
    if (!t->spoke && memcmp(t->head, "HTTP/1.", 7) == 0) {
        h2dump_broke(d, side, H2_RULE_HTTP1);
        go_blind(d, side, "this side answers in HTTP/1.x");
        return;
    }
    if (!t->spoke && (t->header.type != H2_SETTINGS || t->header.flags & H2_FLAG_ACK)) {
        h2dump_broke(d, side, H2_RULE_FIRST_SETTINGS);
        if (t->header.length > H2_FRAME_SIZE_MIN) {
            go_blind(d, side, "this side does not speak HTTP/2");
            return;
        }
    }
    t->spoke = true;
    check_sequence(d, side);
    h2dump_judge_header(d, side);
}

/* The octets before the content are there. A frame too short for them has none. */
static void read_prefix(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    t->prefix_read = true;
    h2_rule rule = h2_frame_prefix_read(&t->prefix, &t->header, t->payload);
    h2dump_broke(d, side, rule);
    if (t->header.type == H2_DATA) {
        h2dump_judge_data(d, side);
    } else if (t->header.type == H2_HEADERS || t->header.type == H2_PUSH_PROMISE) {
        if (rule == H2_RULE_NONE && t->header.stream_id != 0)
            begin_block(t);
        else
            t->compression_lost = true;
    }
}

/* The header block's part of the payload octets [from, from + len). */
static void take_content(h2dump_decoder *d, h2dump_side side, const uint8_t *bytes, uint32_t from, uint32_t len) {
    h2dump_talker *t = &d->side[side];
    uint32_t start = (uint32_t)h2_frame_prefix_bytes(&t->header);
    uint32_t end = start + t->prefix.content;
    uint32_t low = from > start ? from : start, high = from + len < end ? from + len : end;
    if (low < high) decode_fragment(d, side, bytes + (low - from), high - low, false);
}

static void end_frame(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    bool section = false;
    if (carries_block(t->header.type)) {
        section = t->block && t->header.flags & H2_FLAG_END_HEADERS;
        if (section) {
            end_block(d, side);
        } else if (!t->block) {
            t->note = "fields are not shown: the block has no beginning";
            t->compression_lost = true;
        }
    } else if (t->header.type == H2_DATA) {
        if (t->header.flags & H2_FLAG_END_STREAM) h2dump_judge_end(d, side, t->header.stream_id);
    } else {
        h2dump_judge_payload(d, side);
    }
    emit_frame(d, side, section);
    t->head_n = 0;
    t->phase = H2DUMP_IN_HEADER;
}

/* Octets of the payload at hand. Returns how many were taken. */
static size_t take_payload(h2dump_decoder *d, h2dump_side side, const uint8_t *bytes, size_t len) {
    h2dump_talker *t = &d->side[side];
    const size_t prefix = h2_frame_prefix_bytes(&t->header);
    const uint32_t from = t->taken;
    uint32_t n = t->header.length - from;
    if (n > len) n = (uint32_t)len;
    /* The prefix first, so that the content comes in pieces of its own. */
    if (from < prefix && n > prefix - from) n = (uint32_t)prefix - from;
    uint32_t room = from < H2DUMP_PAYLOAD_BYTES ? H2DUMP_PAYLOAD_BYTES - from : 0;
    if (room > 0 && n > 0) memcpy(t->payload + from, bytes, n < room ? n : room);
    t->taken += n;
    if (!t->prefix_read && t->taken >= prefix && t->header.length >= prefix) read_prefix(d, side);
    if (carries_block(t->header.type) && n > 0) take_content(d, side, bytes, from, n);
    if (t->taken == t->header.length) end_frame(d, side);
    return n;
}

/* ---- the beginning ---- */

static void check_preface(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    h2dump_event event = {.kind = H2DUMP_PREFACE};
    if (memcmp(t->head, H2_PREFACE, t->head_n) == 0) {
        if (t->head_n < H2_PREFACE_BYTES) return;
        t->head_n = 0;
        t->phase = H2DUMP_IN_HEADER;
        emit(d, side, &event);
        return;
    }
    /* The record type of a TLS handshake, then the version. */
    if (t->head[0] == 0x16 && t->head_n < 2) return;
    const bool tls = t->head[0] == 0x16 && t->head[1] == 0x03;
    h2dump_broke(d, side, H2_RULE_PREFACE);
    go_blind(d, side, tls ? "this is TLS: record what is inside it, with h2cat --record" : "this is not HTTP/2");
}

static size_t take_head(h2dump_decoder *d, h2dump_side side, const uint8_t *bytes, size_t len) {
    h2dump_talker *t = &d->side[side];
    const bool preface = t->phase == H2DUMP_IN_PREFACE;
    size_t n = (preface ? H2_PREFACE_BYTES : H2_FRAME_HEADER_BYTES) - t->head_n;
    if (n > len) n = len;
    memcpy(t->head + t->head_n, bytes, n);
    t->head_n += (uint32_t)n;
    if (preface)
        check_preface(d, side);
    else if (t->head_n == H2_FRAME_HEADER_BYTES)
        begin_frame(d, side);
    return n;
}

void h2dump_decode(h2dump_decoder *d, h2dump_side side, uint64_t time_us, const uint8_t *bytes, size_t len) {
    h2dump_talker *t = &d->side[side];
    while (t->phase != H2DUMP_BLIND) {
        size_t n = 0;
        if (t->phase == H2DUMP_IN_PAYLOAD) {
            /* An empty payload needs no further octet. */
            if (len == 0 && t->taken < t->header.length) return;
            n = take_payload(d, side, bytes, len);
        } else {
            if (len == 0) return;
            if (t->head_n == 0) t->time_us = time_us;
            n = take_head(d, side, bytes, len);
        }
        bytes += n;
        len -= n;
    }
}

void h2dump_decode_end(h2dump_decoder *d, h2dump_side side, uint64_t time_us, const char *note) {
    h2dump_talker *t = &d->side[side];
    if (t->phase == H2DUMP_BLIND) return;
    const bool within = t->phase == H2DUMP_IN_PAYLOAD || t->head_n > 0;
    if (!note && within) note = "it ends within a frame";
    if (!note && t->block) note = "it ends within a header block";
    if (!note) return;
    t->time_us = time_us;
    go_blind(d, side, note);
}
