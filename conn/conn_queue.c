/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "conn_queue.h"

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void put_all(h2conn_chunk *chunk, const h2conn_chunk_source *source) {
    while (chunk != NULL) {
        h2conn_chunk *next = chunk->next;
        source->put(source->ctx, chunk);
        chunk = next;
    }
}

/* Empty chunks with room for `need` bytes together, each of `least_room` if it can be; NULL when there are not enough.
 * `need` is at least 1. */
static h2conn_chunk *get_room(const h2conn_chunk_source *source, size_t need, size_t least_room) {
    h2conn_chunk *first = NULL, **place = &first;
    while (need > 0) {
        h2conn_chunk *chunk = source->get(source->ctx, need > least_room ? need : least_room);
        if (chunk == NULL) {
            put_all(first, source);
            return NULL;
        }
        chunk->next = NULL;
        chunk->start = chunk->end = 0;
        *place = chunk;
        place = &chunk->next;
        need -= least(need, chunk->cap);
    }
    return first;
}

bool h2conn_queue_add(h2conn_queue *queue, const h2conn_chunk_source *source, const uint8_t *bytes, size_t len) {
    if (len == 0) return true;
    const size_t spare = queue->last != NULL ? queue->last->cap - queue->last->end : 0;
    h2conn_chunk *at = queue->last;
    if (len > spare) {
        const size_t least_room = queue->bytes < H2CONN_PILE_BYTES ? H2CONN_CHUNK_MIN : H2CONN_CHUNK_LARGE;
        h2conn_chunk *fresh = get_room(source, len - spare, least_room);
        if (fresh == NULL) return false;
        if (at == NULL)
            at = queue->first = fresh;
        else
            at->next = fresh;
    }
    queue->bytes += len;
    for (;; at = at->next) {
        const size_t n = least(len, at->cap - at->end);
        memcpy(at->bytes + at->end, bytes, n);
        at->end += (uint32_t)n;
        bytes += n;
        len -= n;
        if (len == 0) break;
    }
    queue->last = at;
    return true;
}

size_t h2conn_queue_peek(const h2conn_queue *queue, const void **bytes) {
    const h2conn_chunk *chunk = queue->first;
    if (chunk == NULL) return 0;
    *bytes = chunk->bytes + chunk->start;
    return chunk->end - chunk->start;
}

size_t h2conn_queue_take(h2conn_queue *queue, const h2conn_chunk_source *source, uint8_t *out, size_t len) {
    size_t taken = 0;
    while (taken < len && queue->first != NULL) {
        h2conn_chunk *chunk = queue->first;
        const size_t n = least(len - taken, chunk->end - chunk->start);
        if (out != NULL) memcpy(out + taken, chunk->bytes + chunk->start, n);
        chunk->start += (uint32_t)n;
        taken += n;
        if (chunk->start < chunk->end) break;
        queue->first = chunk->next;
        source->put(source->ctx, chunk);
    }
    if (queue->first == NULL) queue->last = NULL;
    queue->bytes -= taken;
    return taken;
}

size_t h2conn_queue_clear(h2conn_queue *queue, const h2conn_chunk_source *source) {
    const size_t bytes = queue->bytes;
    put_all(queue->first, source);
    *queue = (h2conn_queue){.bytes = 0};
    return bytes;
}
