/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"

/* A header block on its way in: HEADERS and CONTINUATION through HPACK into the field arena (RFC 9113, 4.3, 6.2, 6.10).
 */

static void collect(void *ctx, const hpack_field *field) {
    h2_session *s = ctx;
    h2_block *b = &s->block;
    if (b->discard || b->breach) return;
    if (b->fields == s->config->header_fields)
        b->too_many = true;
    else
        s->fields[b->fields++] = *field;
}

/* RFC 7540, 5.3.1, which RFC 9113 has no more; a small build looks at no priority. */
static bool depends_on_itself(const h2_session *s, const h2_frame_prefix *prefix) {
#ifdef H2_SMALL
    (void)s, (void)prefix;
    return false;
#else
    return s->frame.flags & H2_FLAG_PRIORITY && prefix->dependency == s->frame.stream_id;
#endif
}

h2_rule h2_block_begin(h2_session *s, const h2_frame_prefix *prefix) {
    uint32_t id = s->frame.stream_id;
    h2_stream *stream;
    h2_state state = h2_session_state(s, id, &stream);
    h2_rule rule = h2_state_rule(state, H2_RECV_HEADERS);
    h2_block *b = &s->block;
    *b = (h2_block){
        .stream_id = id, .octets = s->frame.length, .open = true, .end_stream = s->frame.flags & H2_FLAG_END_STREAM};
    b->discard = rule == H2_RULE_IGNORE;
    if (!b->discard) b->breach = rule;
    if (h2_rule_scope(b->breach) == H2_SCOPE_SESSION) return rule;
    if (state == H2_IDLE_PEER) s->server->open(s);
    if (h2_session_supply(s) && !h2_session_supply(s)->block(s)) return H2_RULE_MEMORY;
    if (depends_on_itself(s, prefix) && !b->breach) b->breach = H2_RULE_PRIORITY_SELF;
    hpack_decoder_begin(&s->decoder, s->arena, s->config->header_bytes);
    return H2_RULE_NONE;
}

/* 10.5.1: a request too large is answered and the program never sees it; anything else that large costs its stream. */
static void refuse_oversize(h2_session *s, h2_stream *stream) {
    bool request = s->server && !(stream->flags & H2_STREAM_GOT_HEADERS);
    if (!request || !s->server->refuse(s, stream)) h2_session_breach(s, H2_RULE_HEADER_SIZE, stream->id);
}

/* What the section means for the octets that follow: 8.1.1, and RFC 9110, 6.4.1 for responses without content. */
static void note_message(h2_session *s, h2_stream *stream, const h2_message *m) {
    stream->flags |= H2_STREAM_GOT_HEADERS;
    stream->length_left = m->length;
    if (s->server) {
        h2_server_rank(s, stream, m);
        if (m->head) stream->flags |= H2_STREAM_BODYLESS;
        if (m->connect) stream->flags |= H2_STREAM_CONNECT;
        if (m->connect) stream->length_left = H2_LENGTH_UNKNOWN;
        return;
    }
    if (m->status >= 300) stream->flags &= (uint16_t)~H2_STREAM_CONNECT;
    bool empty = stream->flags & H2_STREAM_BODYLESS || m->status == 204 || m->status == 304;
    if (empty)
        stream->length_left = 0;
    else if (stream->flags & H2_STREAM_CONNECT)
        stream->length_left = H2_LENGTH_UNKNOWN;
}

/* The rule a complete, well-formed section breaks by its place in the stream: 8.1, 8.5. */
static h2_rule check_place(const h2_session *s, h2_section section, const h2_stream *stream) {
    bool end = s->block.end_stream;
    if (section == H2_TRAILERS && (!end || stream->flags & H2_STREAM_CONNECT)) return H2_RULE_MESSAGE_ORDER;
    if (section == H2_INFORMATIONAL && end) return H2_RULE_MESSAGE_ORDER;
    if (end && stream->length_left > 0) return H2_RULE_CONTENT_LENGTH;
    return H2_RULE_NONE;
}

static h2_section section_of(const h2_session *s, const h2_stream *stream, const h2_message *m) {
    if (stream->flags & H2_STREAM_GOT_HEADERS) return H2_TRAILERS;
    if (s->server) return H2_REQUEST;
    return m->status < 200 ? H2_INFORMATIONAL : H2_RESPONSE;
}

static void deliver(h2_session *s, h2_stream *stream) {
    h2_block *b = &s->block;
    uint32_t id = b->stream_id;
    bool trailers = stream->flags & H2_STREAM_GOT_HEADERS;
    h2_message_kind kind = trailers ? H2_MESSAGE_TRAILERS : s->server ? H2_MESSAGE_REQUEST : H2_MESSAGE_RESPONSE;
    h2_message message;
    h2_rule rule = h2_fields_check(&message, kind, s->fields, b->fields);
    if (!rule && kind == H2_MESSAGE_REQUEST) rule = s->server->check(&message, s->config->connect_protocol);
    h2_section section = H2_TRAILERS;
    if (!rule) {
        section = section_of(s, stream, &message);
        if (section == H2_REQUEST || section == H2_RESPONSE) note_message(s, stream, &message);
        rule = check_place(s, section, stream);
    }
    /* 8.1: there may be any number of them, each a call of the program. */
    if (!rule && section == H2_INFORMATIONAL && !h2_session_charge(s, H2_PRICE_CHEAP)) return;
    if (rule) {
        h2_session_breach(s, rule, id);
        return;
    }
    bool left = stream->flags & H2_STREAM_LEFT;
    if (!left) stream->flags |= H2_STREAM_ANNOUNCED;
    if (b->end_stream) h2_stream_move(stream, H2_RECV_END);
    if (s->handlers->on_headers && !left)
        s->handlers->on_headers(s->user, id, section, s->fields, b->fields, b->end_stream);
    h2_session_settle(s, id);
}

static void judge(h2_session *s) {
    h2_block *b = &s->block;
    if (b->discard) {
        h2_session_charge(s, H2_PRICE_DEAR);
        return;
    }
    if (b->breach) {
        h2_session_breach(s, b->breach, b->stream_id);
        return;
    }
    h2_stream *stream = h2_streams_find(&s->streams, b->stream_id);
    if (!stream) return; /* reset between two frames of the block */
    if (b->too_many || hpack_decoder_overflowed(&s->decoder))
        refuse_oversize(s, stream);
    else
        deliver(s, stream);
}

void h2_block_piece(h2_session *s, const uint8_t *bytes, size_t n, bool last) {
    h2_block *b = &s->block;
    hpack_error error = hpack_decode(&s->decoder, bytes, n, last, collect, s);
    if (error) {
        h2_session_fail(s, error == HPACK_ENOMEM ? H2_RULE_MEMORY : H2_RULE_COMPRESSION, b->stream_id);
        return;
    }
    if (!last) {
        /* A string that cannot end within the block is not waited for. */
        size_t room = s->content_left - n + s->config->block_bytes - b->octets;
        if (hpack_decoder_awaits(&s->decoder) > room) h2_session_fail(s, H2_RULE_CONTINUATIONS, b->stream_id);
        return;
    }
    b->open = false;
    s->wait[H2_WAIT_BLOCK] = H2_NO_TIME;
    judge(s);
    if (h2_session_supply(s)) h2_session_supply(s)->block_done(s);
}
