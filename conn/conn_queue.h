/* SPDX-License-Identifier: MIT */
#ifndef CONN_QUEUE_H
#define CONN_QUEUE_H

/*
 * Received bytes that nobody has read yet: a list of chunks borrowed from a source. An empty queue holds none, so an
 * idle connection costs no buffer. The peer's window bounds the bytes; a chunk is filled up before another is taken, so
 * small frames do not waste memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The smallest room worth a chunk, so that a run of tiny frames shares one. */
#define H2CONN_CHUNK_MIN 480u
/* Behind so many bytes chunks of so much are taken: a pile that nobody reads is few pieces, which a source can have
 * from the system and give back to it. */
#define H2CONN_PILE_BYTES  262144u
#define H2CONN_CHUNK_LARGE 262144u

typedef struct h2conn_chunk {
    struct h2conn_chunk *next;
    uint32_t start, end, cap; /* bytes [start, end) of `cap` are waiting */
    uint8_t *bytes;           /* the room itself, anywhere */
} h2conn_chunk;

typedef struct h2conn_chunk_source {
    /* A chunk with room for at least 1 byte, `want` if it can be; NULL when there is none. Only `cap` and `bytes` need
     * be set. */
    h2conn_chunk *(*get)(void *ctx, size_t want);
    void (*put)(void *ctx, h2conn_chunk *chunk);
    void *ctx;
} h2conn_chunk_source;

/* All zero when empty. */
typedef struct h2conn_queue {
    h2conn_chunk *first, *last;
    size_t bytes;
} h2conn_queue;

/* Append `len` bytes. False, and nothing changed, when the source has no chunk left. */
bool h2conn_queue_add(h2conn_queue *queue, const h2conn_chunk_source *source, const uint8_t *bytes, size_t len);

/* The first bytes where they are; *bytes is left alone when there are none. Returns how many lie together. */
size_t h2conn_queue_peek(const h2conn_queue *queue, const void **bytes);

/* Move up to `len` bytes to `out`, or with NULL drop them. Returns how many. */
size_t h2conn_queue_take(h2conn_queue *queue, const h2conn_chunk_source *source, uint8_t *out, size_t len);

/* Drop everything. Returns how many bytes that was. */
size_t h2conn_queue_clear(h2conn_queue *queue, const h2conn_chunk_source *source);

#ifdef __cplusplus
}
#endif
#endif
