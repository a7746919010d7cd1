/* SPDX-License-Identifier: MIT */
#include "h2_stream.h"
#include <string.h>

/* The table of few streams: each slot is looked at in turn, which costs no more than a hash or a list would. */

#ifdef H2_SMALL

size_t h2_streams_bytes(uint16_t capacity) {
    return capacity * sizeof(h2_stream);
}

void h2_streams_init(h2_streams *t, void *memory, uint16_t capacity) {
    memset(t, 0, sizeof *t);
    t->slots = memset(memory, 0, capacity * sizeof(h2_stream));
    t->capacity = capacity;
}

h2_stream *h2_streams_find(const h2_streams *t, uint32_t id) {
    for (h2_stream *stream = t->slots; id != 0 && stream < t->slots + t->capacity; stream++) {
        if (stream->id == id) return stream;
    }
    return NULL;
}

h2_stream *h2_streams_add(h2_streams *t, uint32_t id, h2_state state) {
    h2_stream *stream = t->slots;
    if (!h2_streams_may_add(t)) return NULL;
    while (stream->id != 0) stream++;
    stream->id = id;
    stream->state = (uint8_t)state;
    t->live++;
    return stream;
}

/* What it owes is said already (h2_answer.c). */
void h2_streams_close(h2_streams *t, h2_stream *stream, bool reset_owed) {
    (void)reset_owed;
    t->live--;
    if (stream->flags & H2_STREAM_LEFT) t->left--;
    memset(stream, 0, sizeof *stream);
}

h2_stream *h2_streams_first_owed(const h2_streams *t) {
    for (h2_stream *stream = t->slots; stream < t->slots + t->capacity; stream++) {
        if (stream->flags & H2_STREAM_OWED) return stream;
    }
    return NULL;
}

#endif
