/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"

/* What the program does with streams. Everything is checked before anything changes. */

/* A stream the program may speak of: it was told of it and has not left it. */
static h2_stream *find_known(const h2_session *s, uint32_t id) {
    h2_stream *stream = h2_streams_find(&s->streams, id);
    return stream && stream->flags & H2_STREAM_ANNOUNCED ? stream : NULL;
}

static h2_result find_for_sending(const h2_session *s, uint32_t id, h2_input input, h2_stream **found) {
    h2_stream *stream = find_known(s, id);
    if (!stream) return H2_ENOSTREAM;
    if (!h2_state_allows((h2_state)stream->state, input)) return H2_ESTATE;
    *found = stream;
    return H2_OK;
}

/* 8.3.1, 8.5: fields of ours are judged like the peer's. */
static h2_rule check_fields(h2_message *message, h2_message_kind kind, const h2_field *fields, size_t n) {
#ifdef H2_SMALL /* whose client leaves it to the server what they say together */
    return h2_fields_check(message, kind, fields, n);
#else
    return h2_message_check(message, kind, fields, n, true);
#endif
}

/* RFC 9110, 6.4.1, 15.3.5, 15.4.5: the answers to HEAD, and 204 and 304, end with their fields. */
static bool is_bodyless(const h2_session *s, const h2_stream *stream) {
    return s->server && stream->flags & H2_STREAM_BODYLESS;
}

h2_result h2_stream_open(h2_session *s, const h2_field *fields, size_t n, unsigned flags, uint32_t *id) {
    h2_message message;
    bool leaving = s->over || s->goaway != H2_GOAWAY_NONE || s->goaway_received;
    if (leaving || s->next_id > H2_STREAM_ID_MAX) return H2_ECLOSED;
    if (s->server || check_fields(&message, H2_MESSAGE_REQUEST, fields, n)) return H2_EINVAL;
    /* RFC 8441, 4: only when the server has said so. */
    if (message.field[H2_NAME_PROTOCOL] && !h2_session_connect_protocol(s)) return H2_ESTATE;
    if (h2_session_room(s) == 0) return H2_ELIMIT;
    h2_result result = h2_headers_queue(s, s->next_id, fields, n, flags & H2_END);
    if (result != H2_OK) return result;
    h2_stream *stream = h2_session_add_stream(s, s->next_id, H2_IDLE);
    h2_stream_move(stream, H2_SEND_HEADERS);
    if (flags & H2_END) h2_stream_move(stream, H2_SEND_END);
    stream->flags = H2_STREAM_ANNOUNCED | H2_STREAM_SENT_HEADERS;
    if (message.head) stream->flags |= H2_STREAM_BODYLESS;
    if (message.connect) stream->flags |= H2_STREAM_CONNECT;
    s->streams.last_local = s->next_id;
    *id = s->next_id;
    s->next_id += 2;
    return H2_OK;
}

h2_result h2_stream_respond(h2_session *s, uint32_t id, const h2_field *fields, size_t n, unsigned flags) {
    h2_stream *stream;
    h2_message message;
    if (!s->server || check_fields(&message, H2_MESSAGE_RESPONSE, fields, n)) return H2_EINVAL;
    h2_result result = find_for_sending(s, id, H2_SEND_HEADERS, &stream);
    if (result != H2_OK) return result;
    bool informational = message.status < 200;
    if (stream->flags & H2_STREAM_SENT_HEADERS) return H2_ESTATE;
    if (informational && flags & H2_END) return H2_EINVAL;
    result = h2_headers_queue(s, id, fields, n, flags & H2_END);
    if (result != H2_OK) return result;
    if (!informational) stream->flags |= H2_STREAM_SENT_HEADERS;
#ifndef H2_SMALL /* which leaves it to the program */
    if (message.status == 204 || message.status == 304) stream->flags |= H2_STREAM_BODYLESS;
#endif
    if (message.status >= 300) stream->flags &= (uint16_t)~H2_STREAM_CONNECT;
    if (flags & H2_END) {
        h2_stream_move(stream, H2_SEND_END);
        h2_session_settle(s, id);
    }
    return H2_OK;
}

h2_result h2_stream_trailers(h2_session *s, uint32_t id, const h2_field *fields, size_t n) {
    h2_stream *stream;
    h2_message message;
    if (check_fields(&message, H2_MESSAGE_TRAILERS, fields, n)) return H2_EINVAL;
    h2_result result = find_for_sending(s, id, H2_SEND_HEADERS, &stream);
    if (result != H2_OK) return result;
    if (!(stream->flags & H2_STREAM_SENT_HEADERS) || stream->flags & H2_STREAM_END_PENDING) return H2_ESTATE;
    if (stream->flags & H2_STREAM_CONNECT) return H2_ESTATE; /* 8.5: DATA alone */
#ifndef H2_SMALL
    if (is_bodyless(s, stream)) return H2_ESTATE;
#endif
    if (stream->flags & H2_STREAM_LENT) return H2_EAGAIN;
    result = h2_headers_queue(s, id, fields, n, true);
    if (result != H2_OK) return result;
    h2_stream_move(stream, H2_SEND_END);
    h2_session_settle(s, id);
    return H2_OK;
}

h2_result h2_stream_write(h2_session *s, uint32_t id, const void *bytes, size_t len, unsigned flags) {
    h2_stream *stream;
    h2_result result = find_for_sending(s, id, H2_SEND_DATA, &stream);
    if (result != H2_OK) return result;
    if (!(stream->flags & H2_STREAM_SENT_HEADERS) || stream->flags & H2_STREAM_END_PENDING) return H2_ESTATE;
    if (len > 0 && is_bodyless(s, stream)) return H2_ESTATE;
    if (stream->flags & H2_STREAM_LENT) return H2_EAGAIN;
    if (len == 0 && !(flags & H2_END)) return H2_OK;
    stream->flags |= H2_STREAM_LENT;
    stream->out = bytes;
    stream->out_len = len;
    if (flags & H2_END) stream->flags |= H2_STREAM_END_PENDING;
    h2_schedule(s, stream);
    return H2_OK;
}

size_t h2_stream_withdraw(h2_session *s, uint32_t id) {
    h2_stream *stream = find_known(s, id);
    if (!stream && id != 0 && id == s->parting.id) return s->parting.left;
    if (!stream || !(stream->flags & H2_STREAM_LENT)) return 0;
    size_t left = stream->out_len;
    stream->out = NULL;
    stream->out_len = 0;
    stream->flags &= (uint16_t) ~(H2_STREAM_LENT | H2_STREAM_END_PENDING);
    h2_schedule(s, stream);
    return left;
}

uint32_t h2_stream_allowance(const h2_session *s, uint32_t id) {
    const h2_stream *stream = find_known(s, id);
    if (!stream || !h2_state_allows((h2_state)stream->state, H2_SEND_DATA)) return 0;
    uint32_t own = h2_window_open(&stream->send), all = h2_window_open(&s->send);
    return own < all ? own : all;
}

void h2_session_consumed(h2_session *s, size_t n) {
    uint32_t octets = n < H2_WINDOW_MAX ? (uint32_t)n : H2_WINDOW_MAX;
    if (h2_session_credits_early(s)) return;
    h2_window_consume(&s->recv, octets);
    h2_gauge_keep(&s->recv, h2_gauge_session_target(s));
}

void h2_stream_consumed(h2_session *s, uint32_t id, size_t n) {
    uint32_t octets = n < H2_WINDOW_MAX ? (uint32_t)n : H2_WINDOW_MAX;
    h2_session_consumed(s, n);
    h2_stream *stream = find_known(s, id);
    if (!stream) return;
    h2_window_consume(&stream->recv, octets);
    if (s->settings_acked) h2_gauge_keep(&stream->recv, h2_gauge_target(s, stream));
    if (h2_window_due(&stream->recv, h2_gauge_target(s, stream))) h2_streams_owe(&s->streams, stream);
}

h2_result h2_stream_reset(h2_session *s, uint32_t id, uint32_t code) {
    h2_stream *stream = find_known(s, id);
    if (!stream || stream->state == H2_CLOSED) return H2_ENOSTREAM;
    h2_session_end_stream(s, stream, H2_BY_US | H2_ENDS_RESET, code);
    if (s->server && code == H2_REFUSED_STREAM) h2_session_charge(s, H2_PRICE_DEAR);
    return H2_OK;
}

h2_result h2_stream_leave(h2_session *s, uint32_t id) {
    h2_stream *stream = find_known(s, id);
    if (!stream || stream->state == H2_CLOSED) return H2_ENOSTREAM;
    if (s->server && stream->state == H2_HALF_CLOSED_LOCAL)
        s->server->leave(s, stream);
    else
        h2_session_leave_stream(s, stream);
    return H2_OK;
}

#ifndef H2_SMALL
h2_result h2_stream_prioritize(h2_session *s, uint32_t id, unsigned urgency, bool incremental) {
    h2_stream *stream = find_known(s, id);
    if (urgency >= H2_URGENCIES) return H2_EINVAL;
    if (!stream) return H2_ENOSTREAM;
    h2_schedule_priority(s, stream, (h2_urgency){(uint8_t)urgency, incremental});
    if (!s->server) {
        stream->flags |= H2_STREAM_PRIORITY_OWED;
        h2_streams_owe(&s->streams, stream);
    }
    return H2_OK;
}
#endif

void h2_stream_set_user(h2_session *s, uint32_t id, void *user) {
    h2_stream *stream = find_known(s, id);
    if (stream) stream->user = user;
}

void *h2_stream_user(const h2_session *s, uint32_t id) {
    const h2_stream *stream = find_known(s, id);
    if (!stream && id != 0 && id == s->parting.id) return s->parting.user;
    return stream ? stream->user : NULL;
}
