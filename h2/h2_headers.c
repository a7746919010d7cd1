/* SPDX-License-Identifier: MIT */
#include "h2_internal.h"
#include <string.h>

/*
 * Header sections on their way out. A block changes the HPACK table when it is encoded and must then be sent, in order,
 * whatever becomes of its stream; so it waits as finished frames in one bounded buffer. SETTINGS change how the next
 * block is encoded, cut and whether its stream may be opened, and the peer counts on that from the acknowledgement on
 * (6.5.3), so that stands in the same order.
 */

uint8_t *h2_headers_extend(h2_session *s, uint32_t n) {
    h2_outbox *box = &s->headers;
    if (box->head > 0) {
        memmove(box->bytes, box->bytes + box->head, box->tail - box->head);
        box->tail -= box->head;
        box->head = 0;
    }
    box->tail += n;
    return box->bytes + (box->tail - n);
}

#ifndef H2_SMALL

/* What frames of the peer's size add to a block of `len` octets at most. */
static size_t overhead_of(const h2_session *s, size_t len) {
    return (len / s->peer[H2_SET_MAX_FRAME_SIZE] + 1) * H2_FRAME_HEADER_BYTES;
}

/* The acknowledgements owed go before a block that goes by what they acknowledge. */
static size_t acks_of(const h2_session *s) {
    return (size_t)s->settings_acks * H2_FRAME_HEADER_BYTES;
}

static void queue_acks(h2_session *s) {
    for (; s->settings_acks > 0; s->settings_acks--)
        h2_frame_begin(h2_headers_extend(s, H2_FRAME_HEADER_BYTES), H2_FRAME_KIND(H2_SETTINGS, H2_FLAG_ACK), 0, 0);
}

/* Cut a block of `len` octets at `block` into frames of the peer's size, making room for their headers from the last
 * one back. `block` is preceded by room for the first. Returns the octets of all frames. */
static size_t frame_block(uint8_t *block, size_t len, uint32_t id, bool end, uint32_t max) {
    size_t frames = len > max ? (len + max - 1) / max : 1;
    for (size_t i = frames; i-- > 0;) {
        size_t start = i * max, n = len - start < max ? len - start : max;
        uint8_t *at = block + start + i * H2_FRAME_HEADER_BYTES;
        if (i > 0) memmove(at, block + start, n);
        unsigned kind = i == 0 ? H2_HEADERS : H2_CONTINUATION;
        if (i == 0 && end) kind |= H2_FRAME_KIND(0, H2_FLAG_END_STREAM);
        if (i == frames - 1) kind |= H2_FRAME_KIND(0, H2_FLAG_END_HEADERS);
        h2_frame_begin(at - H2_FRAME_HEADER_BYTES, kind, id, (uint32_t)n);
    }
    return len + frames * H2_FRAME_HEADER_BYTES;
}

#else

/* A block fits the least frame that a peer takes (H2_SEND_HEADERS_MAX). Room is left for answers. */
static size_t overhead_of(const h2_session *s, size_t len) {
    (void)len;
    return H2_FRAME_HEADER_BYTES + H2_ANSWER_BYTES(s->config->streams);
}

/* Acknowledgements stand in the outbox from the start. */
static size_t acks_of(const h2_session *s) {
    (void)s;
    return 0;
}

static void queue_acks(h2_session *s) {
    (void)s;
}

static size_t frame_block(uint8_t *block, size_t len, uint32_t id, bool end, uint32_t max) {
    (void)max;
    unsigned kind = H2_FRAME_KIND(H2_HEADERS, H2_FLAG_END_HEADERS | (end ? H2_FLAG_END_STREAM : 0));
    h2_frame_begin(block - H2_FRAME_HEADER_BYTES, kind, id, (uint32_t)len);
    return H2_FRAME_HEADER_BYTES + len;
}

#endif

h2_result h2_headers_queue(h2_session *s, uint32_t id, const h2_field *fields, size_t n, bool end) {
    h2_outbox *box = &s->headers;
    size_t bound = hpack_encode_bound(fields, n);
    if (bound > s->config->send_header_bytes) return H2_EINVAL;
    size_t needed = bound + overhead_of(s, bound);
    if (needed > s->config->send_header_bytes) return H2_EINVAL;
    needed += acks_of(s);
    if (needed > s->config->send_header_bytes - (box->tail - box->head)) return H2_EAGAIN;
    bool opens = !s->server && id == s->next_id;
    if (opens && h2_session_supply(s) && !h2_session_has_slot(s)) return H2_ENOMEM;
    if (h2_session_supply(s) && !h2_session_supply(s)->outbox(s, needed)) return H2_ENOMEM;
    queue_acks(s);
    uint8_t *block = h2_headers_extend(s, 0) + H2_FRAME_HEADER_BYTES;
    size_t len = (size_t)hpack_encode(&s->encoder, fields, n, block, bound);
    box->tail += (uint32_t)frame_block(block, len, id, end, s->peer[H2_SET_MAX_FRAME_SIZE]);
    return H2_OK;
}

#ifdef H2_SMALL

size_t h2_headers_drain(h2_session *s, uint8_t *out, size_t cap) {
    h2_outbox *box = &s->headers;
    size_t n = box->tail - box->head;
    if (n > cap) n = cap;
    if (n > 0) memcpy(out, box->bytes + box->head, n);
    box->head += (uint32_t)n;
    if (box->head == box->tail) box->head = box->tail = 0;
    return n;
}

#else

size_t h2_headers_drain(h2_session *s, uint8_t *out, size_t cap) {
    h2_outbox *box = &s->headers;
    size_t written = 0;
    while (box->head < box->tail && written < cap) {
        if (box->frame_left == 0) {
            h2_frame_header header;
            h2_frame_header_read(&header, box->bytes + box->head);
            box->frame_left = H2_FRAME_HEADER_BYTES + header.length;
            h2_trace_sent(s, box->bytes + box->head); /* the handler may queue more, which moves what waits */
        }
        size_t n = cap - written < box->frame_left ? cap - written : box->frame_left;
        memcpy(out + written, box->bytes + box->head, n);
        box->head += (uint32_t)n;
        box->frame_left -= (uint32_t)n;
        written += n;
    }
    if (box->head < box->tail) return written;
    box->head = box->tail = 0;
    if (h2_session_supply(s)) h2_session_supply(s)->outbox_done(s);
    return written;
}

#endif
