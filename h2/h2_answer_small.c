/* SPDX-License-Identifier: MIT */
#include "h2_answer.h"
#include <string.h>

/* What a small build owes becomes frames at once, in the outbox. */

#ifdef H2_SMALL

#define PING_FRAME   (H2_FRAME_HEADER_BYTES + H2_PING_BYTES)
#define GOAWAY_FRAME (H2_FRAME_HEADER_BYTES + H2_GOAWAY_FIXED_BYTES)

static uint32_t room(const h2_session *s) {
    return s->config->send_header_bytes - (s->headers.tail - s->headers.head);
}

/* A frame at once, behind the header blocks that wait. There is room, as blocks leave H2_ANSWER_BYTES, and receiving
 * pauses (h2_receive.c) when half the outbox is taken. */
static uint8_t *answer(h2_session *s, unsigned kind, uint32_t id, uint32_t n) {
    return h2_frame_begin(h2_headers_extend(s, H2_FRAME_HEADER_BYTES + n), kind, id, n);
}

static void ping(h2_session *s, unsigned kind, const uint8_t *opaque) {
    memcpy(answer(s, kind, 0, H2_PING_BYTES), opaque, H2_PING_BYTES);
}

void h2_answer_settings(h2_session *s) {
    answer(s, H2_FRAME_KIND(H2_SETTINGS, H2_FLAG_ACK), 0, 0);
}

void h2_answer_ping(h2_session *s, const uint8_t *opaque) {
    ping(s, H2_FRAME_KIND(H2_PING, H2_FLAG_ACK), opaque);
}

void h2_answer_reset(h2_session *s, uint32_t stream_id, uint32_t code) {
    h2_u32_write(answer(s, H2_RST_STREAM, stream_id, H2_U32_BYTES), code);
}

void h2_answer_end(h2_session *s, h2_stream *stream, bool reset, uint32_t code) {
    if (reset) h2_answer_reset(s, stream->id, code);
    h2_streams_close(&s->streams, stream, false);
}

bool h2_ask(h2_session *s, int kind) {
    if (s->over || room(s) < PING_FRAME + H2_ANSWER_BYTES(s->config->streams)) return false;
    ping(s, H2_PING, h2_ping_tag(s, kind));
    s->ping_state[kind] = H2_PING_SENT;
    return true;
}

static void goaway(h2_session *s, uint32_t last, uint32_t code) {
    const h2_goaway frame = {last, code};
    h2_goaway_write(answer(s, H2_GOAWAY, 0, H2_GOAWAY_FIXED_BYTES), &frame);
}

/* Without room for what it takes, the last GOAWAY follows at once. */
bool h2_answer_notice(h2_session *s) {
    if (room(s) < GOAWAY_FRAME + PING_FRAME + H2_ANSWER_BYTES(s->config->streams)) return false;
    s->goaway = H2_GOAWAY_NOTICE_SENT;
    goaway(s, H2_STREAM_ID_MAX, H2_NO_ERROR);
    return h2_ask(s, H2_PING_DRAIN);
}

/* One that ends nothing has room; that of a failure is only missed by a peer that does not read. */
void h2_answer_goaway(h2_session *s, uint32_t code) {
    s->goaway = H2_GOAWAY_SENT;
    if (room(s) >= GOAWAY_FRAME) goaway(s, s->goaway_last, code);
}

void h2_answer_none(h2_session *s) {
    s->headers.head = s->headers.tail;
}

#endif
