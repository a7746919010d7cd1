/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"
#include <string.h>

/*
 * Whose DATA goes next (RFC 9218, 10). A more urgent stream goes first. Among equals there are two lines: incremental
 * streams each write one frame and go to the end of theirs; the others are served one after the other. The two lines
 * take turns. A build with H2_SMALL has no lines and takes slot after slot. An END_STREAM without data costs nothing
 * and goes before them.
 */

/* A turn is at most this much, which every peer takes (4.2), so that a bulk writer delays a small one by one frame. */
#define TURN_OCTETS H2_FRAME_SIZE_MIN

static bool can_send(const h2_stream *stream) {
    if (stream->out_len > 0) return h2_window_open(&stream->send) > 0;
    return stream->flags & H2_STREAM_END_PENDING;
}

#ifndef H2_SMALL

void h2_schedule(h2_session *s, h2_stream *stream) {
    int list = h2_streams_ready_list(stream);
    if (!can_send(stream))
        h2_streams_pull(&s->streams, list, stream);
    else if (stream->out_len > 0)
        h2_streams_push(&s->streams, list, stream);
    else
        h2_streams_push_first(&s->streams, list, stream);
}

/* The first of a line, if the connection's window allows it: with it shut, only an empty frame may go (6.9.1), and
 * those stand before all others. */
static h2_stream *first_in_line(const h2_session *s, int list) {
    h2_stream *stream = h2_streams_first(&s->streams, list);
    return stream && (stream->out_len == 0 || h2_window_open(&s->send) > 0) ? stream : NULL;
}

void h2_schedule_priority(h2_session *s, h2_stream *stream, h2_urgency priority) {
    h2_streams_pull(&s->streams, h2_streams_ready_list(stream), stream);
    stream->urgency = priority.urgency;
    stream->incremental = priority.incremental;
    h2_schedule(s, stream);
}

static h2_stream *next_stream(const h2_session *s) {
    uint32_t lines = s->streams.filled >> H2_LIST_READY & ((UINT32_C(1) << 2 * H2_URGENCIES) - 1);
    for (unsigned urgency = 0; lines != 0; urgency++, lines >>= 2) {
        if (!(lines & 3)) continue;
        int pair = H2_LIST_READY + (int)(2 * urgency), turn = s->streams.turn[urgency];
        h2_stream *stream = first_in_line(s, pair + turn);
        if (!stream) stream = first_in_line(s, pair + !turn);
        if (stream) return stream;
    }
    return NULL;
}

/* It wrote a frame: the other line is next, and within its own it goes to the end when it shares. */
static void served(h2_session *s, h2_stream *stream) {
    s->streams.turn[stream->urgency] = !stream->incremental;
    if (stream->incremental || !can_send(stream)) h2_streams_pull(&s->streams, h2_streams_ready_list(stream), stream);
}

#else

/* All share, each from where the last one was served. */
static h2_stream *next_stream(const h2_session *s) {
    const h2_streams *t = &s->streams;
    unsigned at = t->turn;
    for (unsigned left = t->capacity; left > 0; left--, at++) {
        if (at >= t->capacity) at = 0;
        h2_stream *stream = &t->slots[at];
        if (can_send(stream) && (stream->out_len == 0 || h2_window_open(&s->send) > 0)) return stream;
    }
    return NULL;
}

static void served(h2_session *s, h2_stream *stream) {
    s->streams.turn = (uint16_t)(stream - s->streams.slots + 1);
}

#endif

bool h2_schedule_any(const h2_session *s) {
    return next_stream(s) != NULL;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Octets of the stream's next frame within all limits, `cap` for the payload included. */
static uint32_t turn_octets(const h2_session *s, const h2_stream *stream, size_t cap) {
    uint32_t n = least(h2_window_open(&stream->send), h2_window_open(&s->send));
    n = least(n, TURN_OCTETS);
    if (n > cap) n = (uint32_t)cap;
    return n < stream->out_len ? n : (uint32_t)stream->out_len;
}

/* Its window goes with its DATA: who answers as much as it hears needs no writes for updates. */
static void take_along(h2_session *s, h2_stream *stream) {
#ifndef H2_SMALL
    if (h2_window_worth(&stream->recv, h2_gauge_target(s, stream))) h2_streams_push(&s->streams, H2_LIST_OWED, stream);
#else
    (void)s, (void)stream;
#endif
}

/* The frame is written: bring the stream up to date, then tell the program. */
static void after_frame(h2_session *s, h2_stream *stream, bool end, const uint8_t *frame) {
    uint32_t id = stream->id;
    bool drained = stream->out_len == 0 && stream->flags & H2_STREAM_LENT;
    served(s, stream);
    if (drained) {
        stream->flags &= (uint16_t)~H2_STREAM_LENT;
        stream->out = NULL;
    }
    if (end) {
        stream->flags &= (uint16_t)~H2_STREAM_END_PENDING;
        h2_stream_move(stream, H2_SEND_END);
    } else {
        take_along(s, stream);
    }
    h2_schedule(s, stream);
    if (drained && s->handlers->on_sent) s->handlers->on_sent(s->user, id);
    h2_trace_sent(s, frame);
    if (end) h2_session_settle(s, id);
}

size_t h2_schedule_write(h2_session *s, uint8_t *out, size_t cap) {
    h2_stream *stream = next_stream(s);
    if (!stream || cap < H2_FRAME_HEADER_BYTES + (stream->out_len > 0 ? 1u : 0u)) return 0;
    uint32_t n = turn_octets(s, stream, cap - H2_FRAME_HEADER_BYTES);
    bool end = stream->flags & H2_STREAM_END_PENDING && n == stream->out_len;
    uint8_t *payload = h2_frame_begin(out, H2_FRAME_KIND(H2_DATA, end ? H2_FLAG_END_STREAM : 0), stream->id, n);
    if (n > 0) {
        memcpy(payload, stream->out, n);
        stream->out += n;
    }
    h2_window_take(&stream->send, n);
    h2_window_take(&s->send, n);
    if (n >= H2_FULL_OCTETS && s->tiny_saved < H2_TINY_SAVED_MAX) s->tiny_saved++;
    stream->out_len -= n;
    stream->stalled = 0;
    after_frame(s, stream, end, out);
    return H2_FRAME_HEADER_BYTES + n;
}
