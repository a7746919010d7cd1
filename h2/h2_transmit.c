/* SPDX-License-Identifier: MIT */
#include "h2_answer.h"
#include "h2_gauge.h"
#include <string.h>

/*
 * What is owed becomes frames, urgent first: preface and SETTINGS, header blocks in order, acknowledgements, GOAWAY,
 * resets, windows, then DATA in turns. Each writer returns false when its next frame does not fit; nothing after it is
 * tried then.
 */

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

uint8_t *h2_output_begin(h2_output *out, unsigned kind, uint32_t id, uint32_t n) {
    if (!h2_output_fits(out, n)) return NULL;
    uint8_t *at = out->bytes + out->used;
    out->used += H2_FRAME_HEADER_BYTES + n;
    return h2_frame_begin(at, kind, id, n);
}

bool h2_output_put(h2_session *s, h2_output *out, unsigned kind, const uint8_t *payload, uint32_t n) {
    uint8_t *at = h2_output_begin(out, kind, 0, n);
    if (!at) return false;
    memcpy(at, payload, n);
    h2_output_wrote(s, at);
    return true;
}

bool h2_output_u32(h2_session *s, h2_output *out, h2_frame_type type, uint32_t id, uint32_t value) {
    uint8_t *at = h2_output_begin(out, type, id, H2_U32_BYTES);
    if (!at) return false;
    h2_u32_write(at, value);
    h2_output_wrote(s, at);
    return true;
}

/* ---- 3.4 preface, 6.5 SETTINGS ---- */

/* Settings of ours, without those that are the default. Returns the end. */
static uint8_t *add_settings(uint8_t *at, const h2_config *c) {
    uint32_t value[H2_SETTING_ROWS];
    memcpy(value, h2_setting_defaults, sizeof value);
    value[H2_SET_HEADER_TABLE_SIZE] = c->decoder_table;
    if (c->server) {
        value[H2_SET_MAX_CONCURRENT_STREAMS] = c->streams;
        value[H2_SET_ENABLE_CONNECT_PROTOCOL] = c->connect_protocol;
    } else {
        value[H2_SET_ENABLE_PUSH] = 0;
    }
    value[H2_SET_INITIAL_WINDOW_SIZE] = c->stream_window;
    value[H2_SET_MAX_FRAME_SIZE] = c->frame_size;
    value[H2_SET_MAX_HEADER_LIST_SIZE] = c->header_bytes;
    value[H2_SET_NO_RFC7540_PRIORITIES] = 1;
    for (int row = 0; row < H2_SETTING_ROWS; row++) {
        const h2_setting setting = {h2_setting_id((h2_setting_row)row), value[row]};
        if (setting.value != h2_setting_defaults[row]) at += h2_setting_write(at, &setting);
    }
    return at;
}

static bool write_settings(h2_session *s, h2_output *out) {
    uint8_t payload[H2_SETTING_ROWS * H2_SETTING_BYTES];
    if (!s->settings_owed) return true;
    size_t n = (size_t)(add_settings(payload, s->config) - payload), preface = s->preface_owed ? H2_PREFACE_BYTES : 0;
    if (!h2_output_fits(out, preface + n)) return false;
    if (preface) memcpy(out->bytes + out->used, H2_PREFACE, H2_PREFACE_BYTES);
    out->used += preface;
    s->preface_owed = s->settings_owed = false;
    h2_gauge_begin(s);
    return h2_output_put(s, out, H2_SETTINGS, payload, (uint32_t)n);
}

bool h2_output_headers(h2_session *s, h2_output *out) {
    out->used += h2_headers_drain(s, out->bytes + out->used, out->cap - out->used);
    return s->headers.head == s->headers.tail;
}

/* ---- 6.4 RST_STREAM, 6.9 WINDOW_UPDATE ---- */

#ifndef H2_SMALL

/* RFC 9218, 7.1. */
static void put_priority(h2_session *s, h2_output *out, h2_stream *stream) {
    uint8_t payload[H2_U32_BYTES + H2_URGENCY_BYTES];
    h2_u32_write(payload, stream->id);
    size_t n = h2_urgency_write((char *)payload + H2_U32_BYTES, (h2_urgency){stream->urgency, stream->incremental});
    stream->flags &= (uint16_t)~H2_STREAM_PRIORITY_OWED;
    h2_output_put(s, out, H2_PRIORITY_UPDATE, payload, (uint32_t)(H2_U32_BYTES + n));
}

/* Whether the stream owed its PRIORITY_UPDATE, which was written. */
static bool wrote_priority(h2_session *s, h2_output *out, h2_stream *stream) {
    bool owed = stream->flags & H2_STREAM_PRIORITY_OWED && !(stream->flags & H2_STREAM_RESET_OWED);
    if (owed) put_priority(s, out, stream);
    return owed;
}

/* Whether it was closing, with the last thing to say of it, which was written. */
static bool wrote_reset(h2_session *s, h2_output *out, h2_stream *stream) {
    uint32_t id = stream->id, code = stream->reset_code;
    if (!(stream->flags & H2_STREAM_RESET_OWED)) return false;
    h2_streams_release(&s->streams, stream);
    h2_output_u32(s, out, H2_RST_STREAM, id, code);
    return true;
}

#else

static bool wrote_priority(h2_session *s, h2_output *out, h2_stream *stream) {
    (void)s, (void)out, (void)stream;
    return false;
}

static bool wrote_reset(h2_session *s, h2_output *out, h2_stream *stream) {
    (void)s, (void)out, (void)stream;
    return false;
}

#endif

static bool write_owed(h2_session *s, h2_output *out) {
    h2_stream *stream;
    while ((stream = h2_streams_first_owed(&s->streams)) != NULL) {
        if (!h2_output_fits(out, H2_U32_BYTES + H2_URGENCY_BYTES)) return false;
        uint32_t id = stream->id;
        if (wrote_priority(s, out, stream)) continue;
        h2_streams_pay(&s->streams, stream);
        if (wrote_reset(s, out, stream)) continue;
        if (h2_state_allows((h2_state)stream->state, H2_SEND_WINDOW_UPDATE)) {
            uint32_t n = h2_window_announce(&stream->recv);
            if (n > 0) h2_output_u32(s, out, H2_WINDOW_UPDATE, id, n);
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

static bool write_session_window(h2_session *s, h2_output *out) {
    if (!h2_window_due(&s->recv, h2_gauge_session_target(s))) return true;
    if (!h2_output_fits(out, H2_U32_BYTES)) return false;
    return h2_output_u32(s, out, H2_WINDOW_UPDATE, 0, h2_window_announce(&s->recv));
}

/* ---- all of it ---- */

/* Behind other frames none is begun with less room than this, or a long write would leave a crumb in each buffer. */
#ifdef H2_SMALL
#define DATA_ROOM 1u
#else
#define DATA_ROOM 512u
#endif

static void write_data(h2_session *s, h2_output *out) {
    size_t n = 1, before = out->used;
    while (n > 0 && (out->used == 0 || out->cap - out->used >= DATA_ROOM)) {
        n = h2_schedule_write(s, out->bytes + out->used, out->cap - out->used);
        out->used += n;
    }
#ifndef H2_SMALL
    if (out->used == before) return;
    if (h2_window_worth(&s->recv, h2_gauge_session_target(s)) && h2_output_fits(out, H2_U32_BYTES))
        h2_output_u32(s, out, H2_WINDOW_UPDATE, 0, h2_window_announce(&s->recv));
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
    h2_output out = {bytes, cap, 0};
    if (is_listening(s)) return 0;
    if (!h2_server_answers(s) && !write_settings(s, &out)) return out.used;
    if (s->over) {
        h2_answers_end(s, &out);
        return out.used;
    }
    if (h2_output_headers(s, &out) && (!h2_answers_owed(s) || h2_answers_write(s, &out)) &&
        write_session_window(s, &out) && (!ANY_OWED(s) || write_owed(s, &out)))
        write_data(s, &out);
    return out.used;
}

bool h2_session_wants_transmit(const h2_session *s) {
    if (s->over) return h2_answers_goaway_waits(s);
    if (is_listening(s)) return false;
    if (h2_answers_owed(s) || s->settings_owed || s->headers.head != s->headers.tail ||
        h2_window_due(&s->recv, h2_gauge_session_target(s)))
        return true;
    return ANY_LISTED(s) && (h2_streams_first_owed(&s->streams) || h2_schedule_any(s));
}
