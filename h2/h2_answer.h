/* SPDX-License-Identifier: MIT */
#ifndef H2_ANSWER_H
#define H2_ANSWER_H

/*
 * Frames of the session's own accord: acknowledgements, resets, PING and GOAWAY.
 *
 * They are noted and written when the transport takes them (h2_answer.c). A small build writes them at once, into the
 * outbox of header blocks, which always leaves them room (H2_ANSWER_BYTES; h2_answer_small.c).
 */

#include "h2_internal.h"

/* Where frames go (h2_transmit.c). */
typedef struct h2_output {
    uint8_t *bytes;
    size_t cap, used;
} h2_output;

static inline bool h2_output_fits(const h2_output *out, size_t payload) {
    return out->cap - out->used >= H2_FRAME_HEADER_BYTES + payload;
}
/* Begin a control frame of `n` octets of payload. Returns their place, or NULL when it does not fit. */
uint8_t *h2_output_begin(h2_output *out, unsigned kind, uint32_t id, uint32_t n);
/* Its payload is written. */
static inline void h2_output_wrote(h2_session *s, const uint8_t *payload) {
    h2_trace_sent(s, payload - H2_FRAME_HEADER_BYTES);
}
/* A whole frame; false when it does not fit. */
bool h2_output_put(h2_session *s, h2_output *out, unsigned kind, const uint8_t *payload, uint32_t n);
bool h2_output_u32(h2_session *s, h2_output *out, h2_frame_type type, uint32_t id, uint32_t value);
/* What is in the outbox; false while something stays there. */
bool h2_output_headers(h2_session *s, h2_output *out);

/* Answers to a frame received. */
void h2_answer_settings(h2_session *s);
void h2_answer_ping(h2_session *s, const uint8_t *opaque);
/* Of a stream without a slot. */
void h2_answer_reset(h2_session *s, uint32_t stream_id, uint32_t code);
/* A stream that reached a closed state leaves, with RST_STREAM of `code` when `reset`. */
void h2_answer_end(h2_session *s, h2_stream *stream, bool reset, uint32_t code);
/* A PING of ours; false when there is no room for it. */
bool h2_ask(h2_session *s, int kind);
/* The first of two GOAWAYs, and the PING that goes with it (6.8); false when there is no room for them. The last, with
 * `goaway_last`. And nothing any more, as the transport has ended. */
bool h2_answer_notice(h2_session *s);
void h2_answer_goaway(h2_session *s, uint32_t code);
void h2_answer_none(h2_session *s);

#ifdef H2_SMALL

/* Whether there may be no room for the answer to another frame. */
static inline bool h2_answers_wait(const h2_session *s) {
    (void)s;
    return false;
}
/* Whether there is something to write besides the outbox; and write it, false when it does not fit. */
static inline bool h2_answers_owed(const h2_session *s) {
    (void)s;
    return false;
}
static inline bool h2_answers_write(h2_session *s, h2_output *out) {
    (void)s, (void)out;
    return true;
}
/* Whether GOAWAY may wait to be written; and write what a session that is over still says. */
static inline bool h2_answers_goaway_waits(const h2_session *s) {
    return s->headers.head != s->headers.tail;
}
static inline void h2_answers_end(h2_session *s, h2_output *out) {
    h2_output_headers(s, out);
}

#else

static inline bool h2_answers_wait(const h2_session *s) {
    bool slots_short = s->streams.closing > 0 && s->streams.live + s->streams.closing >= s->config->streams;
    return slots_short || s->pongs_waiting == H2_PINGS_WAITING || s->resets_waiting == H2_RESETS_WAITING;
}
static inline bool h2_answers_goaway_waits(const h2_session *s) {
    return s->goaway == H2_GOAWAY_NOTICE_OWED || s->goaway == H2_GOAWAY_OWED;
}
static inline bool h2_answers_owed(const h2_session *s) {
    unsigned pings = 0;
    for (int kind = 0; kind < H2_PING_KINDS; kind++) pings |= s->ping_state[kind];
    return h2_answers_goaway_waits(s) || pings & H2_PING_OWED || s->settings_acks || s->pongs_waiting ||
           s->resets_waiting;
}
bool h2_answers_write(h2_session *s, h2_output *out);
void h2_answers_end(h2_session *s, h2_output *out);

#endif
#endif
