/* SPDX-License-Identifier: MIT */
#ifndef CONN_STREAM_H
#define CONN_STREAM_H

/*
 * What a connection knows of its stream: what arrived and was not read, which halves have ended, and why.
 *
 * Nothing here waits. The engine's handlers are handed on to h2conn_stream_data, _sent and _closed; a program reads
 * with h2conn_stream_read and lends bytes with h2conn_stream_write. The received octets are consumed, and the window
 * opened again, as they are read.
 *
 * A clean close is END_STREAM, and then h2_stream_leave: the engine minds what the peer still has to say. The stream
 * may only be left after its end is in a frame, which h2conn_stream_sent tells.
 */

#include "conn_link.h"
#include "conn_queue.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct h2conn_stream {
    h2conn_queue received;
    const h2conn_chunk_source *source;
    h2_failure why; /* once `closed` */
    size_t unsent;  /* of the bytes lent when the stream ended */
    uint32_t id;
    int8_t error;    /* how it ended, H2CONN_OK in good order; once `closed` */
    bool peer_ended; /* END_STREAM arrived */
    bool ended;      /* END_STREAM was lent to the engine, or is in a frame */
    bool lent;       /* the engine has bytes, or the end, that it has not put in frames */
    bool discard;    /* this side reads no more: what arrives is dropped */
    bool closing;    /* this side closed both halves */
    bool closed;     /* the stream has ended in both directions */
    bool starved;    /* it was reset because there was no memory for it */
} h2conn_stream;

void h2conn_stream_init(h2conn_stream *stream, uint32_t id, const h2conn_chunk_source *source);

/* DATA arrived. When the source has no room for it the stream is reset: the caller's own may be gone then. */
void h2conn_stream_data(h2conn_stream *stream, h2_session *session, const uint8_t *bytes, size_t len);
/* There is no memory to go on: reset. */
void h2conn_stream_starve(h2conn_stream *stream, h2_session *session);
/* on_sent. */
void h2conn_stream_sent(h2conn_stream *stream, const h2conn_link *link);
/* on_closed. */
void h2conn_stream_closed(h2conn_stream *stream, const h2conn_link *link, const h2_failure *why);

/* Read. False when there is nothing to say yet; else *result is a count, 0 at the peer's end, or an error. */
bool h2conn_stream_read(h2conn_stream *stream, h2_session *session, void *buf, size_t len, ptrdiff_t *result);
/* The same without taking: where the first bytes are. */
bool h2conn_stream_peek(const h2conn_stream *stream, const void **bytes, ptrdiff_t *result);
/* Drop up to `n` bytes that were received. Returns how many there were. */
size_t h2conn_stream_skip(h2conn_stream *stream, h2_session *session, size_t n);
/* Drop what was received and what will be. */
void h2conn_stream_discard(h2conn_stream *stream, h2_session *session);

/* Lend bytes, or with H2_END the end. H2CONN_OK, or ECLOSED after this side's end, or what ended the stream. */
int h2conn_stream_write(h2conn_stream *stream, h2_session *session, const void *bytes, size_t len, unsigned flags);

/* Close both halves. Lent bytes that were not all taken make it a reset: the peer must not take a part for the whole.
 */
void h2conn_stream_close(h2conn_stream *stream, const h2conn_link *link);

#ifdef __cplusplus
}
#endif
#endif
