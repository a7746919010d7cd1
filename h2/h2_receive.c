/* SPDX-License-Identifier: MIT */
#include "h2_apart.h"
#include "h2_answer.h"
#include <string.h>

/* Octets to frames: the stages of RFC 9113, 3.4 and 4. Each stage function takes what it can of the input and returns
 * true when it reached the next stage, false when it needs more octets. */

/* Collect `n` octets, in place when they are all there. NULL when more are needed. */
static const uint8_t *gather(h2_session *s, h2_octets *in, size_t n) {
    if (s->held == 0 && in->left >= n) {
        const uint8_t *whole = in->at;
        h2_octets_take(in, n);
        return whole;
    }
    size_t more = n - s->held < in->left ? n - s->held : in->left;
    memcpy(s->hold + s->held, in->at, more);
    s->held = (uint8_t)(s->held + more);
    h2_octets_take(in, more);
    if (s->held < n) return NULL;
    s->held = 0;
    return s->hold;
}

/* Answers that must be sent before another frame may be taken. */
static bool is_paused(const h2_session *s) {
    uint32_t waiting = s->headers.tail - s->headers.head;
    return waiting > s->config->send_header_bytes / 2 || h2_answers_wait(s);
}

static bool take_header(h2_session *s, h2_octets *in) {
    if (s->held == 0 && (in->left == 0 || is_paused(s))) return false;
    const uint8_t *bytes = gather(s, in, H2_FRAME_HEADER_BYTES);
    if (!bytes) return false;
    h2_frame_header_read(&s->frame, bytes);
#ifndef H2_SMALL
    if (!s->begun) memmove(s->hold, bytes, H2_FRAME_HEADER_BYTES);
#endif
    h2_trace_received(s, in);
    if (!s->over) h2_receive_header(s);
    return true;
}

static bool take_prefix(h2_session *s, h2_octets *in) {
    const uint8_t *octets = gather(s, in, h2_frame_prefix_bytes(&s->frame));
    if (octets) h2_receive_prefix(s, octets);
    return octets != NULL;
}

static bool take_record(h2_session *s, h2_octets *in) {
    uint32_t n = h2_receive_record_bytes(s);
    if (n == 0) {
        s->stage = H2_STAGE_SKIP;
        return true;
    }
    const uint8_t *record = gather(s, in, n);
    if (record) h2_receive_record(s, record);
    return record != NULL;
}

static void end_frame(h2_session *s) {
    s->stage = H2_STAGE_HEADER;
    h2_receive_end(s);
}

static bool take_content(h2_session *s, h2_octets *in) {
    size_t n = in->left < s->content_left ? in->left : s->content_left;
    const uint8_t *bytes = in->at;
    bool whole = n == s->content_left;
    if (!whole && n == 0) return false;
    h2_octets_take(in, n);
    if (whole) s->stage = H2_STAGE_SKIP;
    if (s->frame.type == H2_DATA) {
        if (n > 0) h2_receive_data(s, bytes, n);
    } else if (!h2_server_value(s, bytes, n)) {
        h2_block_piece(s, bytes, n, whole && s->frame.flags & H2_FLAG_END_HEADERS);
    }
    s->content_left -= (uint32_t)n;
#ifndef H2_SMALL
    if (whole && s->skip_left == 0 && !s->over) end_frame(s);
#endif
    return whole;
}

static bool take_skip(h2_session *s, h2_octets *in) {
    size_t n = in->left < s->skip_left ? in->left : s->skip_left;
    h2_octets_take(in, n);
    s->skip_left -= (uint32_t)n;
    if (s->skip_left > 0) return false;
    end_frame(s);
    return true;
}

static H2_APART bool step(h2_session *s, h2_octets *in) {
    switch ((h2_stage)s->stage) {
    case H2_STAGE_PREFACE:
    case H2_STAGE_HTTP1: return s->server->greeting(s, in);
    case H2_STAGE_HEADER: return take_header(s, in);
    case H2_STAGE_PREFIX: return take_prefix(s, in);
    case H2_STAGE_RECORD: return take_record(s, in);
    case H2_STAGE_CONTENT: return take_content(s, in);
    default: return take_skip(s, in);
    }
}

ptrdiff_t h2_session_receive(h2_session *s, const uint8_t *bytes, size_t len) {
    if (s->over) return H2_EPROTOCOL;
    if (len == 0) return 0;
    h2_octets in = {bytes, len};
    while (step(s, &in) && !s->over) {
    }
    if (!s->over) return (ptrdiff_t)(len - in.left);
    if (h2_session_supply(s)) h2_session_supply(s)->block_done(s);
    return H2_EPROTOCOL;
}
