/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"
#include <string.h>

/*
 * What is owed becomes frames, urgent first: preface and SETTINGS, header blocks in order, acknowledgements, GOAWAY,
 * resets, windows, then DATA in turns. Each writer returns false when its next frame does not fit; nothing after it is
 * tried then.
 */

typedef struct output {
    uint8_t *bytes;
    size_t cap, used;
} output;

#ifndef H2_SMALL
void h2_trace_sent(const h2_session *s, const uint8_t *frame) {
    if (!s->handlers->on_frame) return;
    h2_frame_header header;
    h2_frame_header_read(&header, frame);
    s->handlers->on_frame(s->user, true, &header, frame + H2_FRAME_HEADER_BYTES, header.length);
}

void h2_trace_received(const h2_session *s, const h2_octets *in) {
    size_t n = in->left < s->frame.length ? in->left : s->frame.length;
    if (s->handlers->on_frame) s->handlers->on_frame(s->user, false, &s->frame, in->at, n);
}
#endif

static bool fits(const output *out, size_t payload) {
    return out->cap - out->used >= H2_FRAME_HEADER_BYTES + payload;
}

/* Begin a control frame of `n` octets of payload. Returns their place, or NULL when it does not fit. */
static uint8_t *begin(output *out, unsigned kind, uint32_t id, uint32_t n) {
    if (!fits(out, n)) return NULL;
    uint8_t *at = out->bytes + out->used;
    out->used += H2_FRAME_HEADER_BYTES + n;
    return h2_frame_begin(at, kind, id, n);
}

/* Its payload is written. */
static void wrote(h2_session *s, const uint8_t *payload) {
    h2_trace_sent(s, payload - H2_FRAME_HEADER_BYTES);
}

static bool put(h2_session *s, output *out, unsigned kind, const uint8_t *payload, uint32_t n) {
    uint8_t *at = begin(out, kind, 0, n);
    if (!at) return false;
    memcpy(at, payload, n);
    wrote(s, at);
    return true;
}

static bool put_u32(h2_session *s, output *out, h2_frame_type type, uint32_t id, uint32_t value) {
    uint8_t *at = begin(out, type, id, H2_U32_BYTES);
    if (!at) return false;
    h2_u32_write(at, value);
    wrote(s, at);
    return true;
}

/* ---- 3.4 preface, 6.5 SETTINGS ---- */

/* Add a setting of ours; the default is not sent. Returns the end. */
static uint8_t *add_setting(uint8_t *at, h2_setting_row row, uint32_t value) {
    h2_setting setting = {h2_setting_id(row), value};
    return value == h2_setting_default(row) ? at : at + h2_setting_write(at, &setting);
}

static uint8_t *add_settings(uint8_t *at, const h2_config *c) {
    at = add_setting(at, H2_SET_HEADER_TABLE_SIZE, c->decoder_table);
    if (c->server) {
        at = add_setting(at, H2_SET_MAX_CONCURRENT_STREAMS, c->streams);
        at = add_setting(at, H2_SET_ENABLE_CONNECT_PROTOCOL, c->connect_protocol);
    } else {
        at = add_setting(at, H2_SET_ENABLE_PUSH, 0);
    }
    at = add_setting(at, H2_SET_INITIAL_WINDOW_SIZE, c->stream_window);
    at = add_setting(at, H2_SET_MAX_FRAME_SIZE, c->frame_size);
    at = add_setting(at, H2_SET_MAX_HEADER_LIST_SIZE, c->header_bytes);
    return add_setting(at, H2_SET_NO_RFC7540_PRIORITIES, 1);
}

static bool write_settings(h2_session *s, output *out) {
    uint8_t payload[H2_SETTING_ROWS * H2_SETTING_BYTES];
    if (!s->settings_owed) return true;
    size_t n = (size_t)(add_settings(payload, s->config) - payload), preface = s->preface_owed ? H2_PREFACE_BYTES : 0;
    if (!fits(out, preface + n)) return false;
    if (preface) memcpy(out->bytes + out->used, H2_PREFACE, H2_PREFACE_BYTES);
    out->used += preface;
    s->preface_owed = s->settings_owed = false;
    h2_gauge_begin(s);
    return put(s, out, H2_SETTINGS, payload, (uint32_t)n);
}

static bool write_acks(h2_session *s, output *out) {
    while (s->settings_acks > 0) {
        uint8_t *at = begin(out, H2_FRAME_KIND(H2_SETTINGS, H2_FLAG_ACK), 0, 0);
        if (!at) return false;
        h2_headers_acknowledge(s); /* header blocks encoded before have been written before (4.3.1) */
        wrote(s, at);
    }
    for (; s->pongs_waiting > 0; s->pongs_waiting--) {
        if (!put(s, out, H2_FRAME_KIND(H2_PING, H2_FLAG_ACK), s->pongs[0], H2_PING_BYTES)) return false;
        memmove(s->pongs, s->pongs + 1, sizeof s->pongs - sizeof s->pongs[0]);
    }
    return true;
}

static bool write_ping(h2_session *s, output *out, int kind) {
    if (s->ping_state[kind] != H2_PING_OWED) return true;
    if (!put(s, out, H2_PING, kind == H2_PING_USER ? s->ping : h2_ping_tags[kind], H2_PING_BYTES)) return false;
    s->ping_state[kind] = H2_PING_SENT;
    return true;
}

static bool write_pings(h2_session *s, output *out) {
    for (int kind = 0; kind < H2_PING_GAUGE; kind++)
        if (!write_ping(s, out, kind)) return false;
    return true;
}

/* Before the windows that are opened with it: the peer answers before it sends anything for those. */
static bool write_gauge(h2_session *s, output *out) {
#ifdef H2_SMALL
    (void)s, (void)out;
    return true;
#else
    bool owed = s->ping_state[H2_PING_GAUGE] == H2_PING_OWED;
    if (!write_ping(s, out, H2_PING_GAUGE)) return false;
    if (owed) h2_gauge_begin(s);
    return true;
#endif
}

/* ---- 6.8 GOAWAY ---- */

static bool write_goaway(h2_session *s, output *out) {
    bool notice = s->goaway == H2_GOAWAY_NOTICE_OWED;
    if (!notice && s->goaway != H2_GOAWAY_OWED) return true;
    if (h2_server_answers(s)) {
        out->used += h2_server_answer(s, out->bytes + out->used, out->cap - out->used);
        return s->goaway == H2_GOAWAY_SENT;
    }
    uint8_t *at = begin(out, H2_GOAWAY, 0, H2_GOAWAY_FIXED_BYTES);
    if (!at) return false;
    h2_goaway goaway = {H2_STREAM_ID_MAX, s->goaway_code};
    if (!notice) {
        if (s->goaway_last > s->streams.last_remote) s->goaway_last = s->streams.last_remote;
        goaway.last_stream_id = s->goaway_last;
    }
    h2_goaway_write(at, &goaway);
    s->goaway = notice ? H2_GOAWAY_NOTICE_SENT : H2_GOAWAY_SENT;
    if (notice) s->ping_state[H2_PING_DRAIN] = H2_PING_OWED;
    wrote(s, at);
    return true;
}

/* ---- 6.4 RST_STREAM, 6.9 WINDOW_UPDATE ---- */

static bool write_resets(h2_session *s, output *out) {
    while (s->resets_waiting > 0) {
        if (!put_u32(s, out, H2_RST_STREAM, s->resets[0].id, s->resets[0].code)) return false;
        s->resets_waiting--;
        memmove(s->resets, s->resets + 1, sizeof s->resets - sizeof s->resets[0]);
    }
    return true;
}

#ifndef H2_SMALL

/* RFC 9218, 7.1. */
static void put_priority(h2_session *s, output *out, h2_stream *stream) {
    uint8_t payload[H2_U32_BYTES + H2_URGENCY_BYTES];
    h2_u32_write(payload, stream->id);
    size_t n = h2_urgency_write((char *)payload + H2_U32_BYTES, (h2_urgency){stream->urgency, stream->incremental});
    stream->flags &= (uint16_t)~H2_STREAM_PRIORITY_OWED;
    put(s, out, H2_PRIORITY_UPDATE, payload, (uint32_t)(H2_U32_BYTES + n));
}

/* Whether the stream owed its PRIORITY_UPDATE, which was written. */
static bool wrote_priority(h2_session *s, output *out, h2_stream *stream) {
    bool owed = stream->flags & H2_STREAM_PRIORITY_OWED && !(stream->flags & H2_STREAM_RESET_OWED);
    if (owed) put_priority(s, out, stream);
    return owed;
}

#else

static bool wrote_priority(h2_session *s, output *out, h2_stream *stream) {
    (void)s, (void)out, (void)stream;
    return false;
}

#endif

static bool write_owed(h2_session *s, output *out) {
    h2_stream *stream;
    while ((stream = h2_streams_first_owed(&s->streams)) != NULL) {
        if (!fits(out, H2_U32_BYTES + H2_URGENCY_BYTES)) return false;
        uint32_t id = stream->id;
        if (wrote_priority(s, out, stream)) continue;
        h2_streams_pay(&s->streams, stream);
        if (stream->flags & H2_STREAM_RESET_OWED) {
            uint32_t code = stream->reset_code;
            h2_streams_release(&s->streams, stream);
            put_u32(s, out, H2_RST_STREAM, id, code);
        } else if (h2_state_allows((h2_state)stream->state, H2_SEND_WINDOW_UPDATE)) {
            uint32_t n = h2_window_announce(&stream->recv);
            if (n > 0) put_u32(s, out, H2_WINDOW_UPDATE, id, n);
        }
    }
    return true;
}

/* Whether a stream may owe a frame of its own; and whether one may have anything to send. */
#ifndef H2_SMALL
#define ANY_OWED(s)   ((s)->streams.filled >> H2_LIST_OWED & 1)
#define ANY_LISTED(s) ((s)->streams.filled != 0)
#else
#define ANY_OWED(s)   true
#define ANY_LISTED(s) true
#endif

static bool write_session_window(h2_session *s, output *out) {
    if (!h2_window_due(&s->recv, h2_gauge_session_target(s))) return true;
    if (!fits(out, H2_U32_BYTES)) return false;
    return put_u32(s, out, H2_WINDOW_UPDATE, 0, h2_window_announce(&s->recv));
}

/* ---- all of it ---- */

static bool write_headers(h2_session *s, output *out) {
    out->used += h2_headers_drain(s, out->bytes + out->used, out->cap - out->used);
    return s->headers.head == s->headers.tail;
}

/* Behind other frames none is begun with less room than this, or a long write would leave a crumb in each buffer. */
#ifdef H2_SMALL
#define DATA_ROOM 1u
#else
#define DATA_ROOM 512u
#endif

static void write_data(h2_session *s, output *out) {
    size_t n = 1, before = out->used;
    while (n > 0 && (out->used == 0 || out->cap - out->used >= DATA_ROOM)) {
        n = h2_schedule_write(s, out->bytes + out->used, out->cap - out->used);
        out->used += n;
    }
#ifndef H2_SMALL
    if (out->used == before) return;
    if (h2_window_worth(&s->recv, h2_gauge_session_target(s)) && fits(out, H2_U32_BYTES))
        put_u32(s, out, H2_WINDOW_UPDATE, 0, h2_window_announce(&s->recv));
    if (ANY_OWED(s)) write_owed(s, out);
#else
    (void)before;
#endif
}

/* A server says nothing before it knows that the client speaks HTTP/2: the answer to HTTP/1.x must come first on the
 * wire. */
static bool is_listening(const h2_session *s) {
    return !s->over && s->stage < H2_STAGE_HEADER;
}

size_t h2_session_transmit(h2_session *s, uint8_t *bytes, size_t cap) {
    output out = {bytes, cap, 0};
    if (is_listening(s)) return 0;
    if (!h2_server_answers(s) && !write_settings(s, &out)) return out.used;
    if (s->over) {
        /* A header block begun is finished first, or what follows would be read as part of it (4.3). */
        if (s->goaway == H2_GOAWAY_OWED && write_headers(s, &out)) write_goaway(s, &out);
        return out.used;
    }
    if (write_headers(s, &out) && write_acks(s, &out) && write_goaway(s, &out) && write_pings(s, &out) &&
        write_resets(s, &out) && write_gauge(s, &out) && write_session_window(s, &out) &&
        (!ANY_OWED(s) || write_owed(s, &out)))
        write_data(s, &out);
    return out.used;
}

bool h2_session_wants_transmit(const h2_session *s) {
    bool goaway = s->goaway == H2_GOAWAY_NOTICE_OWED || s->goaway == H2_GOAWAY_OWED;
    if (s->over) return goaway;
    if (is_listening(s)) return false;
    unsigned pings = s->ping_state[H2_PING_USER] | s->ping_state[H2_PING_KEEPALIVE] | s->ping_state[H2_PING_DRAIN];
#ifndef H2_SMALL
    pings |= s->ping_state[H2_PING_GAUGE];
#endif
    if (goaway || pings & H2_PING_OWED || s->settings_owed || s->headers.head != s->headers.tail || s->settings_acks ||
        s->pongs_waiting || s->resets_waiting || h2_window_due(&s->recv, h2_gauge_session_target(s)))
        return true;
    return ANY_LISTED(s) && (h2_streams_first_owed(&s->streams) || h2_schedule_any(s));
}
