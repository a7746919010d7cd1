/* SPDX-License-Identifier: MIT */
#include "h2_answer.h"
#include "h2_gauge.h"
#include <string.h>

/* What is owed is noted, and becomes frames when the transport takes them: it costs no memory of the outbox. */

#ifndef H2_SMALL

void h2_answer_settings(h2_session *s) {
    s->settings_acks++;
}

void h2_answer_ping(h2_session *s, const uint8_t *opaque) {
    memcpy(s->pongs[s->pongs_waiting++], opaque, H2_PING_BYTES);
}

void h2_answer_reset(h2_session *s, uint32_t stream_id, uint32_t code) {
    if (s->resets_waiting == H2_RESETS_WAITING) return; /* receiving pauses before this can be */
    s->resets[s->resets_waiting].id = stream_id;
    s->resets[s->resets_waiting++].code = code;
}

void h2_answer_end(h2_session *s, h2_stream *stream, bool reset, uint32_t code) {
    if (reset) {
        stream->flags |= H2_STREAM_RESET_OWED;
        stream->reset_code = code;
    }
    h2_streams_close(&s->streams, stream, reset);
}

bool h2_ask(h2_session *s, int kind) {
    s->ping_state[kind] = H2_PING_OWED;
    return true;
}

bool h2_answer_notice(h2_session *s) {
    s->goaway = H2_GOAWAY_NOTICE_OWED;
    s->goaway_code = H2_NO_ERROR;
    return true;
}

void h2_answer_goaway(h2_session *s, uint32_t code) {
    s->goaway = H2_GOAWAY_OWED;
    s->goaway_code = code;
}

void h2_answer_none(h2_session *s) {
    s->goaway = H2_GOAWAY_SENT;
}

/* ---- on the way out ---- */

/* Header blocks encoded before have been written before (4.3.1). */
static bool write_acks(h2_session *s, h2_output *out) {
    while (s->settings_acks > 0) {
        uint8_t *at = h2_output_begin(out, H2_FRAME_KIND(H2_SETTINGS, H2_FLAG_ACK), 0, 0);
        if (!at) return false;
        s->settings_acks--;
        h2_output_wrote(s, at);
    }
    for (; s->pongs_waiting > 0; s->pongs_waiting--) {
        if (!h2_output_put(s, out, H2_FRAME_KIND(H2_PING, H2_FLAG_ACK), s->pongs[0], H2_PING_BYTES)) return false;
        memmove(s->pongs, s->pongs + 1, sizeof s->pongs - sizeof s->pongs[0]);
    }
    return true;
}

static bool write_resets(h2_session *s, h2_output *out) {
    for (; s->resets_waiting > 0; s->resets_waiting--) {
        if (!h2_output_u32(s, out, H2_RST_STREAM, s->resets[0].id, s->resets[0].code)) return false;
        memmove(s->resets, s->resets + 1, sizeof s->resets - sizeof s->resets[0]);
    }
    return true;
}

static bool write_ping(h2_session *s, h2_output *out, int kind) {
    if (s->ping_state[kind] != H2_PING_OWED) return true;
    if (!h2_output_put(s, out, H2_PING, h2_ping_tag(s, kind), H2_PING_BYTES)) return false;
    s->ping_state[kind] = H2_PING_SENT;
    return true;
}

static bool write_pings(h2_session *s, h2_output *out) {
    for (int kind = 0; kind < H2_PING_GAUGE; kind++)
        if (!write_ping(s, out, kind)) return false;
    return true;
}

/* Before the windows that are opened with it: the peer answers before it sends anything for those. */
static bool write_gauge(h2_session *s, h2_output *out) {
    bool owed = s->ping_state[H2_PING_GAUGE] == H2_PING_OWED;
    if (!write_ping(s, out, H2_PING_GAUGE)) return false;
    if (owed) h2_gauge_begin(s);
    return true;
}

static bool write_goaway(h2_session *s, h2_output *out) {
    bool notice = s->goaway == H2_GOAWAY_NOTICE_OWED;
    if (!notice && s->goaway != H2_GOAWAY_OWED) return true;
    if (h2_server_answers(s)) {
        out->used += h2_server_answer(s, out->bytes + out->used, out->cap - out->used);
        return s->goaway == H2_GOAWAY_SENT;
    }
    uint8_t *at = h2_output_begin(out, H2_GOAWAY, 0, H2_GOAWAY_FIXED_BYTES);
    if (!at) return false;
    h2_goaway goaway = {H2_STREAM_ID_MAX, s->goaway_code};
    if (!notice) goaway.last_stream_id = s->goaway_last;
    h2_goaway_write(at, &goaway);
    s->goaway = notice ? H2_GOAWAY_NOTICE_SENT : H2_GOAWAY_SENT;
    if (notice) s->ping_state[H2_PING_DRAIN] = H2_PING_OWED;
    h2_output_wrote(s, at);
    return true;
}

bool h2_answers_write(h2_session *s, h2_output *out) {
    return write_acks(s, out) && write_goaway(s, out) && write_pings(s, out) && write_resets(s, out) &&
           write_gauge(s, out);
}

/* A header block begun is finished first, or what follows would be read as part of it (4.3). */
void h2_answers_end(h2_session *s, h2_output *out) {
    if (s->goaway == H2_GOAWAY_OWED && h2_output_headers(s, out)) write_goaway(s, out);
}

#endif
