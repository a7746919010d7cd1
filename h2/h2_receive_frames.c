/* SPDX-License-Identifier: MIT */
#include "h2_apart.h"
#include "h2_answer.h"
#include "h2_gauge.h"
#include <string.h>

/* One judge and one handler for each frame type, in the order of RFC 9113, section 6. */

const uint8_t h2_ping_tags[] = {
    'h', '2', ' ', 'p', 'i', 'n', 'g', ' ', 'o',
#ifndef H2_SMALL
    'f',
#endif
};

/* The live stream of this frame, or NULL. */
static h2_stream *current(const h2_session *s) {
    return h2_streams_find(&s->streams, s->frame.stream_id);
}

/* Judge this frame by the state of its stream, which is set when nothing is wrong. */
static h2_rule judge(const h2_session *s, h2_input input, h2_stream **stream) {
    return h2_state_rule(h2_session_state(s, s->frame.stream_id, stream), input);
}

void h2_receive_breach(h2_session *s, h2_rule rule) {
    if (rule != H2_RULE_NONE && rule != H2_RULE_IGNORE) h2_session_breach(s, rule, s->frame.stream_id);
}

/* Octets that count for flow control but reach nobody. */
static void give_back(h2_session *s, uint32_t n) {
    if (!h2_session_credits_early(s)) h2_window_consume(&s->recv, n);
    h2_stream *stream = current(s);
    if (!stream) return;
    h2_window_consume(&stream->recv, n);
    if (h2_window_due(&stream->recv, h2_gauge_target(s, stream))) h2_streams_owe(&s->streams, stream);
}

void h2_receive_skip(h2_session *s, uint32_t n) {
    s->content_left = 0;
    s->skip_left = n;
    s->stage = H2_STAGE_SKIP;
}

/* ---- 6.1 DATA ---- */

static h2_rule data_rule(h2_session *s) {
    h2_stream *stream;
    h2_rule rule = judge(s, H2_RECV_DATA, &stream);
    if (rule) return rule;
    if (!(stream->flags & H2_STREAM_GOT_HEADERS)) return H2_RULE_MESSAGE_ORDER;
    if (!h2_window_take(&stream->recv, s->frame.length)) return H2_RULE_OVERRUN;
    h2_gauge_data(s, stream, s->frame.length);
    return H2_RULE_NONE;
}

static h2_rule data_prefix(h2_session *s, const h2_frame_prefix *prefix) {
    h2_stream *stream = current(s);
    uint32_t overhead = s->frame.length - prefix->content;
    if (overhead) give_back(s, overhead);
    if (!stream || stream->length_left == H2_LENGTH_UNKNOWN) return H2_RULE_NONE;
    /* 8.1.1: judged before any of it is delivered, however it arrives. */
    bool end = s->frame.flags & H2_FLAG_END_STREAM;
    h2_length content = (h2_length)prefix->content;
    if (end ? content == stream->length_left : content <= stream->length_left) return H2_RULE_NONE;
    give_back(s, prefix->content);
    h2_receive_skip(s, prefix->content + prefix->padding);
    return H2_RULE_CONTENT_LENGTH;
}

/* A frame without padding has no prefix to wait for. */
static h2_rule data_plain(h2_session *s) {
#ifdef H2_SMALL /* which saves the call rather than the step */
    (void)s;
    return H2_RULE_NONE;
#else
    const h2_frame_prefix none = {.content = s->frame.length};
    if (s->frame.flags & H2_FLAG_PADDED) return H2_RULE_NONE;
    s->stage = H2_STAGE_CONTENT;
    return data_prefix(s, &none);
#endif
}

/* The whole frame counts, padding included (6.9.1), before any of it is looked at. */
static h2_rule data_header(h2_session *s) {
    const h2_frame_header *f = &s->frame;
    if (!h2_window_take(&s->recv, f->length)) return H2_RULE_SESSION_OVERRUN;
    if (h2_session_credits_early(s)) h2_window_consume(&s->recv, f->length);
    bool idle = f->length == 0 && !(f->flags & H2_FLAG_END_STREAM);
    h2_rule rule = h2_session_pay(s, idle ? H2_PRICE_DEAR : f->flags & H2_FLAG_PADDED ? H2_PRICE_CHEAP : 0);
    if (!rule) rule = data_rule(s);
    if (!rule) return data_plain(s);
    if (!h2_session_credits_early(s)) h2_window_consume(&s->recv, f->length);
    return rule;
}

static void deliver_data(h2_session *s, h2_stream *stream, const uint8_t *bytes, size_t n, bool end) {
    uint32_t id = stream->id;
    if (stream->length_left != H2_LENGTH_UNKNOWN) stream->length_left -= (h2_length)n;
    if (end) h2_stream_move(stream, H2_RECV_END);
    if (stream->flags & H2_STREAM_LEFT)
        s->server->drop(s, stream, n);
    else if (s->handlers->on_data)
        s->handlers->on_data(s->user, id, bytes, n, end);
    if (end) h2_session_settle(s, id);
}

void h2_receive_data(h2_session *s, const uint8_t *bytes, size_t n) {
    h2_stream *stream = current(s);
    if (!stream) { /* reset by the program in the middle of the frame */
        give_back(s, (uint32_t)n);
        return;
    }
    bool end = s->frame.flags & H2_FLAG_END_STREAM && s->content_left == n && s->skip_left == 0;
    deliver_data(s, stream, bytes, n, end);
}

static void data_end(h2_session *s) {
    if (!(s->frame.flags & H2_FLAG_END_STREAM)) return;
    h2_stream *stream = current(s);
    if (!stream) return;
    bool awaited = stream->state == H2_OPEN || stream->state == H2_HALF_CLOSED_LOCAL;
    if (awaited) deliver_data(s, stream, NULL, 0, true);
}

/* ---- 6.3 PRIORITY, 6.4 RST_STREAM ---- */

#ifndef H2_SMALL /* which looks at no priority */
static h2_rule priority_record(h2_session *s, const uint8_t *record) {
    return h2_u31_read(record) == s->frame.stream_id ? H2_RULE_PRIORITY_SELF : H2_RULE_NONE;
}
#endif

static h2_rule rst_stream_record(h2_session *s, const uint8_t *record) {
    h2_stream *stream;
    h2_rule verdict = judge(s, H2_RECV_RST_STREAM, &stream);
    /* Opening and resetting is the cheapest way to make a server work in vain; a client only loses what it asked for,
     * once. */
    bool dear = s->server || verdict;
    h2_rule rule = h2_session_pay(s, dear ? H2_PRICE_DEAR : H2_PRICE_CHEAP);
    if (!rule) rule = verdict;
    if (!rule) h2_session_end_stream(s, stream, H2_BY_PEER, h2_u32_read(record));
    return rule;
}

/* ---- 6.5 SETTINGS ---- */

/* 6.9.2: every stream's window for sending, or for receiving, moves by the difference. */
static bool shift_windows(h2_session *s, bool sending, int32_t delta) {
    h2_stream *stream;
    for (int slot = -1; (stream = h2_streams_each(&s->streams, &slot)) != NULL;) {
        if (!h2_window_shift(sending ? &stream->send : &stream->recv, delta)) return false;
        if (sending) h2_schedule(s, stream);
    }
    return true;
}

static h2_rule setting_rule(const h2_session *s, h2_setting_row row, uint32_t value) {
    h2_rule rule = h2_setting_check(row, value);
    /* 6.5.2: a server must not enable push at a client. RFC 8441, 3: extended CONNECT is not taken back. */
    if (!rule && row == H2_SET_ENABLE_PUSH && value && !s->server) rule = H2_RULE_SETTINGS_VALUE;
    if (!rule && row == H2_SET_ENABLE_CONNECT_PROTOCOL && value < s->peer[row]) rule = H2_RULE_SETTINGS_VALUE;
    return rule;
}

static H2_APART h2_rule settings_record(h2_session *s, const uint8_t *record) {
    h2_setting setting;
    h2_setting_read(&setting, record);
    int found = h2_setting_find(setting.id);
    if (found < 0) return H2_RULE_NONE;
    h2_setting_row row = (h2_setting_row)found;
    h2_rule rule = setting_rule(s, row, setting.value);
    /* Every stream is visited, as often as the setting is repeated in one frame. */
    if (!rule && row == H2_SET_INITIAL_WINDOW_SIZE) {
        rule = h2_session_pay(s, H2_PRICE_CHEAP);
        int32_t delta = (int32_t)(setting.value - s->peer[row]); /* both below 2^31 */
        if (!rule && !shift_windows(s, true, delta)) rule = H2_RULE_SETTINGS_WINDOW;
    }
    if (rule) return rule;
    s->peer[row] = setting.value;
    /* To a larger table only with the acknowledgement, which stands before any block encoded from then on (6.5.3). */
    if (row == H2_SET_HEADER_TABLE_SIZE && setting.value < s->encoder.limit)
        hpack_encoder_set_max_table_size(&s->encoder, setting.value);
    return H2_RULE_NONE;
}

static h2_rule settings_ack(h2_session *s) {
    if (s->settings_owed || s->settings_acked) return H2_RULE_SETTINGS_ACK;
    int32_t delta = (int32_t)(s->config->stream_window - h2_session_recv_initial(s));
    s->settings_acked = true;
    h2_gauge_end(s);
    s->wait[H2_WAIT_SETTINGS] = H2_NO_TIME;
    hpack_decoder_set_max_table_size(&s->decoder, s->config->decoder_table);
    shift_windows(s, false, delta); /* which cannot fail: none is above the larger of the two */
    return H2_RULE_NONE;
}

static h2_rule settings_end(h2_session *s) {
    if (s->frame.flags & H2_FLAG_ACK) return settings_ack(s);
    hpack_encoder_set_max_table_size(&s->encoder, s->peer[H2_SET_HEADER_TABLE_SIZE]);
    h2_answer_settings(s);
    if (!s->peer_ready) s->wait[H2_WAIT_SETTINGS] = H2_NO_TIME; /* the time for its preface is over; the next begins */
    s->peer_ready = true;
    if (s->handlers->on_settings) s->handlers->on_settings(s->user);
    return H2_RULE_NONE;
}

/* ---- 6.7 PING, 6.8 GOAWAY, 6.9 WINDOW_UPDATE, RFC 9218 PRIORITY_UPDATE ---- */

static void ping_answered(h2_session *s, const uint8_t *record) {
    for (int kind = 0; kind < H2_PING_KINDS; kind++) {
        if (s->ping_state[kind] != H2_PING_SENT || memcmp(h2_ping_tag(s, kind), record, H2_PING_BYTES) != 0) continue;
        s->ping_state[kind] = H2_PING_NONE;
        if (kind == H2_PING_KEEPALIVE)
            s->wait[H2_WAIT_PING] = H2_NO_TIME;
        else if (kind == H2_PING_GAUGE)
            h2_gauge_end(s);
        else
            s->answered(s, kind, record);
        return;
    }
    h2_session_charge(s, H2_PRICE_CHEAP); /* nobody asked */
}

static h2_rule ping_record(h2_session *s, const uint8_t *record) {
    if (s->frame.flags & H2_FLAG_ACK) {
        ping_answered(s, record);
        return H2_RULE_NONE;
    }
    h2_answer_ping(s, record);
    return H2_RULE_NONE;
}

static h2_rule goaway_record(h2_session *s, const uint8_t *record) {
    h2_goaway goaway;
    h2_goaway_read(&goaway, record);
    if (goaway.last_stream_id > s->peer_goaway_last) return H2_RULE_GOAWAY;
    s->goaway_received = true;
    s->peer_goaway_last = goaway.last_stream_id;
    s->failure = (h2_failure){H2_BY_PEER, H2_RULE_NONE, goaway.code, 0};
    if (!s->server) h2_session_refuse_above(s, goaway.last_stream_id, goaway.code);
    if (s->handlers->on_goaway) s->handlers->on_goaway(s->user, goaway.last_stream_id, goaway.code);
    return H2_RULE_NONE;
}

static h2_rule pay_tiny_update(h2_session *s) {
    if (s->tiny_saved == 0) return h2_session_pay(s, H2_PRICE_CHEAP);
    s->tiny_saved--;
    return H2_RULE_NONE;
}

static h2_rule window_update_record(h2_session *s, const uint8_t *record) {
    uint32_t id = s->frame.stream_id, n = h2_u31_read(record);
    h2_window *window = &s->send;
    h2_stream *stream = NULL;
    h2_rule rule = n < H2_TINY_OCTETS ? pay_tiny_update(s) : H2_RULE_NONE;
    if (rule) return rule;
    if (id != 0) {
        rule = judge(s, H2_RECV_WINDOW_UPDATE, &stream);
        if (rule) return rule;
        window = &stream->send;
    }
    if (n == 0) return id ? H2_RULE_INCREMENT : H2_RULE_SESSION_INCREMENT;
    if (!h2_window_give(window, n)) return id ? H2_RULE_WINDOW : H2_RULE_SESSION_WINDOW;
    if (stream) h2_schedule(s, stream);
    return H2_RULE_NONE;
}

/* ---- the stages of a frame ---- */

/* What the session demands of a frame whatever its own form: 6.2, 6.6, 6.10. */
static h2_rule header_rule(h2_session *s) {
    const h2_frame_header *f = &s->frame;
    bool continues = f->type == H2_CONTINUATION;
    if (s->block.open != continues || (continues && f->stream_id != s->block.stream_id)) return H2_RULE_CONTINUATION;
    if (continues && s->block.continuations++ == s->config->continuations) return H2_RULE_CONTINUATIONS;
    if (f->type == H2_PUSH_PROMISE) return H2_RULE_PUSH;
    return H2_RULE_NONE;
}

/* How long a header block may get, judged before its octets come (10.5.1). */
static h2_rule block_rule(h2_session *s) {
    const h2_frame_header *f = &s->frame;
    if (f->type != H2_HEADERS && f->type != H2_CONTINUATION) return H2_RULE_NONE;
    uint32_t before = f->type == H2_CONTINUATION ? s->block.octets : 0;
    if (f->length > s->config->block_bytes - before) return H2_RULE_CONTINUATIONS;
    s->block.octets = before + f->length;
    return H2_RULE_NONE;
}

/* Whether the first octets are those of an answer of HTTP/1.x; to a small build they are no SETTINGS. */
static bool is_http1(const h2_session *s) {
#ifdef H2_SMALL
    (void)s;
    return false;
#else
    static const uint8_t http1[] = {'H', 'T', 'T', 'P', '/', '1', '.'};
    return !s->server && memcmp(s->hold, http1, sizeof http1) == 0;
#endif
}

static h2_rule first_rule(const h2_session *s) {
    bool settings = s->frame.type == H2_SETTINGS && !(s->frame.flags & H2_FLAG_ACK);
    if (is_http1(s)) return H2_RULE_HTTP1;
    return settings ? H2_RULE_NONE : H2_RULE_FIRST_SETTINGS;
}

/* What a frame costs whatever it holds; DATA, RST_STREAM and WINDOW_UPDATE are charged by what they hold or do. */
static uint32_t price_of(const h2_frame_header *f) {
    if (f->type == H2_RST_STREAM || f->type == H2_WINDOW_UPDATE) return 0;
    if (f->type != H2_SETTINGS && f->type != H2_PING) return H2_PRICE_CHEAP;
    if (f->flags & H2_FLAG_ACK) return 0;
    return f->type == H2_SETTINGS ? H2_PRICE_DEAR : H2_PRICE_CHEAP;
}

static H2_APART h2_rule choose_stage(h2_session *s) {
    const h2_frame_header *f = &s->frame;
    s->content_left = f->length;
    s->skip_left = 0;
    s->stage = f->type == H2_CONTINUATION ? H2_STAGE_CONTENT : H2_STAGE_PREFIX;
    if (f->type == H2_DATA) return data_header(s);
    if (f->type == H2_HEADERS || f->type == H2_CONTINUATION) return H2_RULE_NONE;
    s->stage = H2_STAGE_RECORD;
    if (h2_server_prioritizes(f->type)) return H2_RULE_NONE; /* charged with the stream it names */
    if (f->type > H2_WINDOW_UPDATE) h2_receive_skip(s, f->length);
    return h2_session_pay(s, price_of(f));
}

void h2_receive_header(h2_session *s) {
    h2_rule rule = s->begun ? H2_RULE_NONE : first_rule(s);
    s->begun = true;
    s->heard = true;
    if (!rule) rule = header_rule(s); /* first: within a header block no frame's own error may count as less */
    if (!rule) rule = h2_frame_check(&s->frame, s->config->frame_size);
    if (!rule) rule = block_rule(s);
    if (!rule) rule = choose_stage(s);
    if (!rule) return;
    h2_receive_skip(s, s->frame.length);
    h2_receive_breach(s, rule);
}

void h2_receive_prefix(h2_session *s, const uint8_t *octets) {
    h2_frame_prefix prefix;
    h2_rule rule = h2_frame_prefix_read(&prefix, &s->frame, octets);
    if (!rule) {
        s->content_left = prefix.content;
        s->skip_left = prefix.padding;
        s->stage = H2_STAGE_CONTENT;
        rule = s->frame.type == H2_DATA ? data_prefix(s, &prefix) : h2_block_begin(s, &prefix);
    }
    h2_receive_breach(s, rule);
}

uint32_t h2_receive_record_bytes(const h2_session *s) {
    uint32_t n = h2_frame_record_bytes(s->frame.type);
    return n <= s->content_left ? n : 0;
}

static h2_rule take_record(h2_session *s, const uint8_t *record) {
    switch (s->frame.type) {
#ifndef H2_SMALL
    case H2_PRIORITY: return priority_record(s, record);
#endif
    case H2_RST_STREAM: return rst_stream_record(s, record);
    case H2_SETTINGS: return settings_record(s, record);
    case H2_PING: return ping_record(s, record);
    case H2_GOAWAY: return goaway_record(s, record);
    case H2_WINDOW_UPDATE: return window_update_record(s, record);
    default: return h2_server_prioritize(s, record);
    }
}

void h2_receive_record(h2_session *s, const uint8_t *record) {
    s->content_left -= h2_receive_record_bytes(s);
    if (s->frame.type < H2_PRIORITY_UPDATE && s->frame.type != H2_SETTINGS) h2_receive_skip(s, s->content_left);
    h2_receive_breach(s, take_record(s, record));
}

void h2_receive_end(h2_session *s) {
    if (s->frame.type == H2_DATA) data_end(s);
    if (s->frame.type != H2_SETTINGS) return;
    h2_rule rule = settings_end(s);
    if (rule) h2_session_fail(s, rule, 0);
}
