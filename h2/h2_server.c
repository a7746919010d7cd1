/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"
#include <string.h>

/* What a server does and a client does not, reached through the session, so that the linker drops it from a program
 * that is a client alone. */

/* ---- 3.4: the client's greeting ---- */

#ifndef H2_SMALL

/* A wrong preface that may be an HTTP/1.x request: methods are in capitals (RFC 9110, 9.1) and differ from "PRI" within
 * three. */
static bool may_be_http1(uint8_t octet, uint8_t place) {
    return place <= 3 && octet >= 'A' && octet <= 'Z';
}

static bool wrong_preface(h2_session *s, uint8_t octet) {
    bool http1 = may_be_http1(octet, s->preface_at);
    if (!http1) h2_session_fail(s, H2_RULE_PREFACE, 0);
    s->stage = H2_STAGE_HTTP1;
    s->preface_at = 0;
    s->skip_left = H2_HTTP1_LINE_MAX;
    return http1;
}

/* It is one when its first line names the version (RFC 9112, 3). */
static bool take_http1_line(h2_session *s, h2_octets *in) {
    static const char version[] = " HTTP/1.";
    while (in->left > 0) {
        char c = (char)*in->at;
        h2_octets_take(in, 1);
        s->preface_at = c == version[s->preface_at] ? (uint8_t)(s->preface_at + 1) : c == version[0];
        bool found = s->preface_at == sizeof version - 1;
        if (found || c == '\n' || --s->skip_left == 0) {
            h2_session_fail(s, found ? H2_RULE_HTTP1 : H2_RULE_PREFACE, 0);
            return true;
        }
    }
    return false;
}

/* An HTTP/1.x client is told so in its own tongue. */
static size_t answer_http1(h2_session *s, uint8_t *out, size_t cap) {
    static const char answer[] = "HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\n"
                                 "content-type: text/plain\r\ncontent-length: 39\r\n\r\n"
                                 "This port speaks HTTP/2 only, RFC 9113\n";
    _Static_assert(sizeof answer - 1 <= UINT8_MAX, "http1_at counts it");
    size_t left = sizeof answer - 1 - s->http1_at, n = left < cap ? left : cap;
    memcpy(out, answer + s->http1_at, n);
    s->http1_at = (uint8_t)(s->http1_at + n);
    if (n == left) s->goaway = H2_GOAWAY_SENT;
    return n;
}

#else

/* HTTP/1.x is a wrong preface like any other. */
static bool wrong_preface(h2_session *s, uint8_t octet) {
    (void)octet;
    h2_session_fail(s, H2_RULE_PREFACE, 0);
    return false;
}

#endif

static bool take_preface(h2_session *s, h2_octets *in) {
    static const char preface[] = H2_PREFACE;
    while (in->left > 0 && s->preface_at < H2_PREFACE_BYTES) {
        if (*in->at != (uint8_t)preface[s->preface_at]) return wrong_preface(s, *in->at);
        s->preface_at++;
        h2_octets_take(in, 1);
    }
    if (s->preface_at < H2_PREFACE_BYTES) return false;
    s->stage = H2_STAGE_HEADER;
    return true;
}

#ifndef H2_SMALL
static bool greeting(h2_session *s, h2_octets *in) {
    return s->stage == H2_STAGE_PREFACE ? take_preface(s, in) : take_http1_line(s, in);
}
#endif

/* ---- requests ---- */

/* A new stream of the peer's: 5.1.1, 5.1.2. */
static void open_stream(h2_session *s) {
    h2_block *b = &s->block;
    s->streams.last_remote = b->stream_id;
    if (b->stream_id > s->goaway_last) { /* 6.8: the peer knows that this is not processed */
        b->discard = true;
        h2_streams_remember(&s->streams, b->stream_id, true);
        return;
    }
    if (h2_session_has_slot(s)) {
        h2_session_add_stream(s, b->stream_id, H2_OPEN);
        return;
    }
    b->breach = H2_RULE_CONCURRENCY;
    h2_streams_remember(&s->streams, b->stream_id, true);
}

/* ---- streams that the program has left ---- */

/* Whether less than half a window is left of `open`. */
static bool is_low(const h2_session *s, const h2_stream *stream, uint32_t open) {
    return open < h2_gauge_target(s, stream) / 2;
}

/* Its answer is whole: the request's end is waited for, without the program. */
static void leave(h2_session *s, h2_stream *stream) {
    /* With so much unread the client may have nothing left to send by which it could be told. */
    if (is_low(s, stream, h2_window_open(&stream->recv) + stream->recv.owed)) {
        h2_session_leave_stream(s, stream);
        return;
    }
    const h2_failure why = {H2_BY_US, H2_RULE_NONE, H2_NO_ERROR, stream->id};
    stream->flags = (uint16_t)((stream->flags & ~H2_STREAM_ANNOUNCED) | H2_STREAM_LEFT);
    s->streams.left++;
    h2_session_report_closed(s, &(h2_parting){stream->id, 0, stream->user}, &why);
}

/* DATA nobody wants: credit for the connection alone, so that the peer runs into its window. */
static void drop(h2_session *s, h2_stream *stream, size_t n) {
    if (!h2_session_credits_early(s)) h2_window_consume(&s->recv, (uint32_t)n);
    bool ends = s->frame.flags & H2_FLAG_END_STREAM;
    if (!ends && is_low(s, stream, h2_window_open(&stream->recv))) h2_session_leave_stream(s, stream);
}

#ifndef H2_SMALL
/* RFC 9218, 4 and 7.2: a PRIORITY_UPDATE that came first outweighs the field. */
static void note_priority(h2_session *s, h2_stream *stream, const h2_message *m) {
    h2_urgency priority;
    if (s->early_id == stream->id)
        h2_schedule_priority(s, stream, s->early_priority);
    else if (m->priority && h2_urgency_read(&priority, m->priority->value, m->priority->value_len))
        h2_schedule_priority(s, stream, priority);
}
#endif

static h2_rule take_request(h2_session *s, h2_stream *stream) {
    h2_message m;
    h2_rule rule = h2_message_check(&m, H2_MESSAGE_REQUEST, s->fields, s->block.fields, s->config->connect_protocol);
    if (rule) return rule;
    stream->flags |= H2_STREAM_GOT_HEADERS;
    stream->length_left = m.length;
    if (m.head) stream->flags |= H2_STREAM_BODYLESS;
    if (m.connect) {
        stream->flags |= H2_STREAM_CONNECT;
        stream->length_left = H2_LENGTH_UNKNOWN;
    }
#ifndef H2_SMALL
    note_priority(s, stream, &m);
#endif
    return H2_RULE_NONE;
}

/* 10.5.1: a request too large is answered 431. False when there is no room for that. */
static bool refuse(h2_session *s, h2_stream *stream) {
    /* Arrays, for all strings of one file that lie in constants stay or go together. */
    static const char name[] = ":status", value[] = "431";
    static const h2_field answer[] = {{name, value, sizeof name - 1, sizeof value - 1, false}};
    if (h2_headers_queue(s, stream->id, answer, 1, true) != H2_OK) return false;
    if (!h2_session_charge(s, H2_PRICE_DEAR)) return true;
    h2_stream_move(stream, H2_SEND_END);
    if (!s->block.end_stream) {
        h2_session_end_stream(s, stream, H2_ENDS_BY(H2_RULE_HEADER_SIZE) | H2_ENDS_RESET, H2_NO_ERROR);
        return true;
    }
    h2_stream_move(stream, H2_RECV_END);
    h2_session_settle(s, s->block.stream_id);
    return true;
}

/* ---- RFC 9218 ---- */

#ifndef H2_SMALL

static h2_rule prioritize(h2_session *s, const uint8_t *record) {
    uint32_t id = h2_u31_read(record);
    h2_rule rule = id & 1 ? h2_session_pay(s, H2_PRICE_CHEAP) : H2_RULE_PRIORITY_UPDATE;
    if (rule) return rule;
    /* The value is collected in the field arena, which is free: no header block can be open here. */
    bool heeded = s->content_left <= H2_PRIORITY_VALUE_MAX && s->content_left <= s->config->header_bytes;
    if (!heeded || (h2_session_supply(s) && !h2_session_supply(s)->block(s))) {
        h2_receive_skip(s, s->content_left);
        return H2_RULE_NONE;
    }
    s->block.stream_id = id;
    s->priority_at = 0;
    s->stage = H2_STAGE_CONTENT;
    return H2_RULE_NONE;
}

static void heed(h2_session *s, uint32_t id, h2_urgency priority) {
    h2_stream *stream = h2_streams_find(&s->streams, id);
    if (stream)
        h2_schedule_priority(s, stream, priority);
    else if (id > s->streams.last_remote) {
        s->early_id = id;
        s->early_priority = priority;
    }
}

static void prioritize_value(h2_session *s, const uint8_t *bytes, size_t n) {
    if (n > 0) memcpy(s->arena + s->priority_at, bytes, n);
    s->priority_at = (uint8_t)(s->priority_at + n);
    if (n < s->content_left) return;
    h2_urgency priority;
    if (h2_urgency_read(&priority, (const char *)s->arena, s->priority_at)) heed(s, s->block.stream_id, priority);
    if (h2_session_supply(s)) h2_session_supply(s)->block_done(s);
}

const h2_server_part h2_server = {greeting, open_stream, take_request, refuse,          leave,
                                  drop,     prioritize,  answer_http1, prioritize_value};

#else

const h2_server_part h2_server = {take_preface, open_stream, take_request,     refuse,
                                  leave,        drop,        h2_streams_ended, h2_streams_remember};

#endif

h2_result h2_server_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                         const h2_handlers *handlers, void *user) {
    if (!config->server) return H2_EINVAL;
    return h2_session_make(session, memory, size, config, handlers, user, &h2_server);
}
