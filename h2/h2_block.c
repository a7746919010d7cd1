/* SPDX-License-Identifier: MIT */
#include "h2_apart.h"
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

/* A response, and what it means for the octets that follow: 8.1.1, and RFC 9110, 6.4.1 for those without content. */
static h2_rule take_response(h2_session *s, h2_stream *stream, h2_section *section) {
    h2_message m;
    h2_rule rule = h2_fields_check(&m, H2_MESSAGE_RESPONSE, s->fields, s->block.fields);
    if (rule) return rule;
    if (m.status < 200) {
        *section = H2_INFORMATIONAL;
        /* 8.1: there may be any number of them, each a call of the program. */
        return s->block.end_stream ? H2_RULE_MESSAGE_ORDER : h2_session_pay(s, H2_PRICE_CHEAP);
    }
    *section = H2_RESPONSE;
    stream->flags |= H2_STREAM_GOT_HEADERS;
    if (m.status >= 300) stream->flags &= (uint16_t)~H2_STREAM_CONNECT;
    stream->length_left = stream->flags & H2_STREAM_CONNECT ? H2_LENGTH_UNKNOWN : m.length;
    if (stream->flags & H2_STREAM_BODYLESS || m.status == 204 || m.status == 304) stream->length_left = 0;
    return H2_RULE_NONE;
}

/* 8.1, 8.5. */
static h2_rule take_trailers(const h2_session *s, const h2_stream *stream) {
    h2_message m;
    if (!s->block.end_stream || stream->flags & H2_STREAM_CONNECT) return H2_RULE_MESSAGE_ORDER;
    return h2_fields_check(&m, H2_MESSAGE_TRAILERS, s->fields, s->block.fields);
}

static void deliver(h2_session *s, h2_stream *stream) {
    h2_block *b = &s->block;
    uint32_t id = b->stream_id;
    h2_section section = H2_REQUEST;
    h2_rule rule;
    if (stream->flags & H2_STREAM_GOT_HEADERS) {
        section = H2_TRAILERS;
        rule = take_trailers(s, stream);
    } else {
        rule = s->server ? s->server->request(s, stream) : take_response(s, stream, &section);
    }
    if (!rule && b->end_stream && stream->length_left > 0) rule = H2_RULE_CONTENT_LENGTH;
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

H2_APART void h2_block_piece(h2_session *s, const uint8_t *bytes, size_t n, bool last) {
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
