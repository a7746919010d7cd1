/* SPDX-License-Identifier: MIT */
#ifndef H2_STREAM_H
#define H2_STREAM_H

/*
 * Stream slots: a table, found by identifier, linked into lists by number, which may be moved to a larger one. A build
 * with H2_SMALL has neither hash nor lists: its few slots are looked at one by one.
 *
 * Invariants:
 *   - A slot is free (on the free chain, id 0), live (in a hash chain, state open or half-closed), or closing (in
 * neither, owed until its RST_STREAM is written).
 *   - `live` counts live slots, `closing` the closing ones; both together never exceed `capacity`. With H2_SMALL none
 * is closing, as RST_STREAM is made at once (h2_answer_small.c).
 *   - A slot is linked exactly when the bit of the link is set in `listed`; its ready list follows from its priority,
 * which changes only while it is on none. Without lists a slot is owed when it has the flag, and ready when it can
 * send.
 *   - Only h2_stream_move writes `state` of a live slot.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_field.h"
#include "h2_limits.h"
#include "h2_state.h"
#include "h2_window.h"

#define H2_SLOT_NONE 0xffffu

/* Lists: a ready one for each urgency and manner (h2_schedule.c), and one of streams that owe a frame of their own. A
 * stream is on at most one ready list. */
#define H2_READY_LISTS (2u * H2_URGENCIES)
enum { H2_LIST_READY = 0, H2_LIST_OWED = H2_READY_LISTS, H2_LIST_COUNT };

/* A stream has a link for its ready list and one for the owed list. */
enum { H2_LINK_READY, H2_LINK_OWED, H2_LINK_COUNT };

enum {
    H2_STREAM_ANNOUNCED = 0x01,    /* the program knows it and is told of its end */
    H2_STREAM_GOT_HEADERS = 0x02,  /* the request or final response arrived */
    H2_STREAM_SENT_HEADERS = 0x04, /* the request or final response was queued */
    H2_STREAM_END_PENDING = 0x08,  /* END_STREAM follows the lent bytes */
    H2_STREAM_RESET_OWED = 0x10,   /* in a small build it never is: h2_answer_small.c */
    H2_STREAM_BODYLESS = 0x20,     /* the response has no content: its content-length counts nothing */
    H2_STREAM_CONNECT = 0x40,      /* CONNECT, not refused: content-length means nothing, DATA alone may follow (8.5) */
    H2_STREAM_LENT = 0x80,         /* bytes are lent, on_sent is due */
    H2_STREAM_PRIORITY_OWED = 0x100, /* client: a PRIORITY_UPDATE */
    H2_STREAM_LEFT = 0x200,          /* the program is done with it; only the peer's end is missing */
    H2_STREAM_FED = 0x400,           /* DATA came since the last sweep */
    H2_STREAM_OWED = 0x800           /* without lists: it owes a frame of its own */
};

/* Octets first: small offsets make small instructions. */
typedef struct h2_stream {
    uint8_t state; /* h2_state */
#ifndef H2_SMALL
    uint8_t urgency; /* 0 to 7, least first (RFC 9218, 4.1) */
    bool incremental;
    uint8_t listed;
#endif
    uint8_t stalled; /* sweeps in a row that found it waiting for the peer's window */
    uint16_t flags;
    const uint8_t *out; /* lent bytes not yet taken */
    union {
        size_t out_len;
        uint32_t reset_code; /* once it is closing, when nothing is lent any more */
    };
    void *user;
    uint32_t id;
#ifndef H2_SMALL
    struct {
        uint16_t next, prev;
    } link[H2_LINK_COUNT];
    uint16_t chain; /* next of the same hash, or next free */
#endif
    h2_length length_left; /* of the announced content-length, or H2_LENGTH_UNKNOWN */
    h2_window send, recv;
#ifndef H2_SMALL
    uint32_t target; /* what the receive window is meant to stay at */
#endif
} h2_stream;

typedef struct h2_streams {
    h2_stream *slots;
#ifndef H2_SMALL
    uint16_t *buckets;
    uint16_t mask; /* buckets less one, a power of two less one */
#endif
    uint16_t capacity, live;
#ifndef H2_SMALL
    uint16_t closing;
#endif
    uint16_t left; /* of the live ones, those the program is done with */
#ifdef H2_SMALL
    uint16_t turn; /* slot from which the next to send is looked for */
#else
    uint16_t free;
    struct {
        uint16_t head, tail;
    } list[H2_LIST_COUNT];
    uint32_t filled;            /* a bit for each list that is not empty */
    uint8_t turn[H2_URGENCIES]; /* which manner is served next: one frame each, in turns */
#endif
    uint32_t last_local, last_remote;     /* highest identifiers opened by us and by the peer */
    uint32_t ended[H2_RESETS_REMEMBERED]; /* latest closed streams; top bit: reset by us */
    uint32_t forgotten;                   /* highest identifier reset by us that fell out of `ended` */
    uint8_t ended_next;
} h2_streams;

/* Bytes of storage for `capacity` slots and their buckets. */
size_t h2_streams_bytes(uint16_t capacity);
void h2_streams_init(h2_streams *t, void *memory, uint16_t capacity);
#ifndef H2_SMALL
/* A table of no slots. */
void h2_streams_init_empty(h2_streams *t);
/* Forget the memory of a table in which all slots are free. */
void h2_streams_vacate(h2_streams *t);
/* Move a table without a free slot to `memory`, of h2_streams_bytes(capacity), which is more than before. */
void h2_streams_move(h2_streams *t, void *memory, uint16_t capacity);
#endif

/* The live stream of an identifier, or NULL. */
h2_stream *h2_streams_find(const h2_streams *t, uint32_t id);

/* Slots that are not free, and whether one is. */
static inline uint32_t h2_streams_taken(const h2_streams *t) {
#ifdef H2_SMALL
    return t->live;
#else
    return (uint32_t)t->live + t->closing;
#endif
}
static inline bool h2_streams_may_add(const h2_streams *t) {
    return h2_streams_taken(t) < t->capacity;
}
/* A zeroed live slot in state `state`, or NULL when none is free. */
h2_stream *h2_streams_add(h2_streams *t, uint32_t id, h2_state state);

/* The state of a stream that was opened, or skipped, and is not live. */
h2_state h2_streams_ended(const h2_streams *t, uint32_t id);

/* Apply an input to a live stream. The state changes only when the verdict allows: false when it does not. */
bool h2_stream_move(h2_stream *stream, h2_input input);

/* A stream that reached a closed state leaves the hash and all lists. It stays as a closing slot that is owed when
 * `reset_owed`, and is free otherwise. */
void h2_streams_close(h2_streams *t, h2_stream *stream, bool reset_owed);

/* Remember how a stream ended. */
void h2_streams_remember(h2_streams *t, uint32_t id, bool reset);

#ifdef H2_SMALL

/* A stream owes a frame of its own, or no longer; the first that does, or NULL. */
static inline void h2_streams_owe(h2_streams *t, h2_stream *stream) {
    (void)t;
    stream->flags |= H2_STREAM_OWED;
}
static inline void h2_streams_pay(h2_streams *t, h2_stream *stream) {
    (void)t;
    stream->flags &= (uint16_t)~H2_STREAM_OWED;
}
h2_stream *h2_streams_first_owed(const h2_streams *t);

#else

/* Free a closing slot. */
void h2_streams_release(h2_streams *t, h2_stream *stream);

/* Lists. Adding twice and removing what is not there do nothing. */
void h2_streams_push(h2_streams *t, int list, h2_stream *stream);
void h2_streams_push_first(h2_streams *t, int list, h2_stream *stream);
void h2_streams_pull(h2_streams *t, int list, h2_stream *stream);
static inline h2_stream *h2_streams_first(const h2_streams *t, int list) {
    uint16_t at = t->list[list].head;
    return at == H2_SLOT_NONE ? NULL : &t->slots[at];
}
/* The ready list of a stream. */
int h2_streams_ready_list(const h2_stream *stream);

static inline void h2_streams_owe(h2_streams *t, h2_stream *stream) {
    h2_streams_push(t, H2_LIST_OWED, stream);
}
static inline void h2_streams_pay(h2_streams *t, h2_stream *stream) {
    h2_streams_pull(t, H2_LIST_OWED, stream);
}
static inline h2_stream *h2_streams_first_owed(const h2_streams *t) {
    return h2_streams_first(t, H2_LIST_OWED);
}

#endif

/* Live streams in slot order, NULL after the last: *slot is -1 before the first. They may be closed meanwhile. */
h2_stream *h2_streams_each(const h2_streams *t, int *slot);

#endif
