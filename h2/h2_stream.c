/* SPDX-License-Identifier: MIT */
#include "h2_stream.h"

/* What a table knows of its streams, however it keeps them (h2_slots.c, h2_slots_small.c). */

#define RESET_BY_US 0x80000000u

h2_state h2_streams_ended(const h2_streams *t, uint32_t id) {
    for (unsigned i = 0; i < H2_RESETS_REMEMBERED; i++) {
        if ((t->ended[i] & H2_STREAM_ID_MAX) == id) return t->ended[i] & RESET_BY_US ? H2_CLOSED_RESET : H2_CLOSED;
    }
    /* Up to the highest reset that fell out of memory any may have been one: the tolerant answer is the safe one. */
    return id <= t->forgotten ? H2_CLOSED_RESET : H2_CLOSED_SKIPPED;
}

bool h2_stream_move(h2_stream *stream, h2_input input) {
    uint8_t cell = h2_state_cell((h2_state)stream->state, input);
    if (cell >> H2_CELL_BITS != H2_ALLOW) return false;
    stream->state = cell; /* whose upper bits are those of H2_ALLOW, 0 */
    return true;
}

void h2_streams_remember(h2_streams *t, uint32_t id, bool reset) {
    uint32_t *place = &t->ended[t->ended_next];
    uint32_t old = *place & H2_STREAM_ID_MAX;
    if (*place & RESET_BY_US && old > t->forgotten) t->forgotten = old;
    *place = id | (reset ? RESET_BY_US : 0);
    t->ended_next = (uint8_t)((t->ended_next + 1) % H2_RESETS_REMEMBERED);
}

h2_stream *h2_streams_each(const h2_streams *t, int *slot) {
    while (++*slot < t->capacity) {
        h2_stream *stream = &t->slots[*slot];
        if (stream->state >= H2_OPEN && stream->state <= H2_HALF_CLOSED_REMOTE) return stream;
    }
    return NULL;
}
