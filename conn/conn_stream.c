/* SPDX-License-Identifier: MIT */
#include "conn_error.h"
#include "conn_stream.h"

void h2conn_stream_init(h2conn_stream *stream, uint32_t id, const h2conn_chunk_source *source) {
    *stream = (h2conn_stream){.source = source, .id = id};
}

void h2conn_stream_starve(h2conn_stream *stream, h2_session *session) {
    stream->starved = true;
    h2_stream_reset(session, stream->id, H2_INTERNAL_ERROR);
}

/* Octets nobody will read. Once this side closes, the peer is not invited to send more. */
static void drop(const h2conn_stream *stream, h2_session *session, size_t n) {
    if (stream->closing)
        h2_session_consumed(session, n);
    else
        h2_stream_consumed(session, stream->id, n);
}

void h2conn_stream_data(h2conn_stream *stream, h2_session *session, const uint8_t *bytes, size_t len) {
    const bool kept = !stream->discard && h2conn_queue_add(&stream->received, stream->source, bytes, len);
    if (kept) return;
    drop(stream, session, len);
    if (!stream->discard) h2conn_stream_starve(stream, session);
}

void h2conn_stream_sent(h2conn_stream *stream, const h2conn_link *link) {
    stream->lent = false;
    if (stream->closing && stream->ended && !stream->peer_ended) h2_stream_leave(link->session, stream->id);
}

void h2conn_stream_closed(h2conn_stream *stream, const h2conn_link *link, const h2_failure *why) {
    stream->closed = true;
    stream->unsent = stream->lent ? h2_stream_withdraw(link->session, stream->id) : 0;
    stream->lent = false;
    stream->why = *why;
    stream->error = (int8_t)(stream->starved ? H2CONN_ENOMEM : h2conn_link_error(link, why));
}

bool h2conn_stream_peek(const h2conn_stream *stream, const void **bytes, ptrdiff_t *result) {
    if (stream->discard) {
        *result = H2CONN_ECLOSED;
        return true;
    }
    const size_t n = h2conn_queue_peek(&stream->received, bytes);
    if (n > 0) {
        *result = (ptrdiff_t)n;
        return true;
    }
    if (!stream->peer_ended && !stream->closed) return false;
    *result = stream->peer_ended ? 0 : stream->error;
    return true;
}

size_t h2conn_stream_skip(h2conn_stream *stream, h2_session *session, size_t n) {
    n = h2conn_queue_take(&stream->received, stream->source, NULL, n);
    if (n > 0) h2_stream_consumed(session, stream->id, n);
    return n;
}

bool h2conn_stream_read(h2conn_stream *stream, h2_session *session, void *buf, size_t len, ptrdiff_t *result) {
    const void *bytes;
    if (!h2conn_stream_peek(stream, &bytes, result)) return false;
    if (*result <= 0) return true;
    const size_t n = h2conn_queue_take(&stream->received, stream->source, buf, len);
    h2_stream_consumed(session, stream->id, n);
    *result = (ptrdiff_t)n;
    return true;
}

void h2conn_stream_discard(h2conn_stream *stream, h2_session *session) {
    stream->discard = true;
    const size_t n = h2conn_queue_clear(&stream->received, stream->source);
    if (n > 0) drop(stream, session, n);
}

int h2conn_stream_write(h2conn_stream *stream, h2_session *session, const void *bytes, size_t len, unsigned flags) {
    if (stream->ended || stream->closing) return H2CONN_ECLOSED;
    if (stream->closed) return stream->error != H2CONN_OK ? stream->error : H2CONN_ECLOSED;
    const h2_result result = h2_stream_write(session, stream->id, bytes, len, flags);
    if (result != H2_OK) return H2CONN_ESTATE;
    stream->lent = true;
    stream->ended = (flags & H2_END) != 0;
    return H2CONN_OK;
}

void h2conn_stream_close(h2conn_stream *stream, const h2conn_link *link) {
    if (stream->closing) return;
    const bool cut = stream->lent && !stream->ended;
    if (!stream->ended && !cut) h2conn_stream_write(stream, link->session, NULL, 0, H2_END);
    stream->closing = true;
    h2conn_stream_discard(stream, link->session);
    if (stream->closed) return;
    if (!stream->ended)
        h2_stream_reset(link->session, stream->id, H2_CANCEL);
    else if (!stream->lent && !stream->peer_ended)
        h2_stream_leave(link->session, stream->id);
}
