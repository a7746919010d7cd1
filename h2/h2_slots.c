/* SPDX-License-Identifier: MIT */
#include "h2_stream.h"
#include <string.h>

/* The table of many streams: a hash by identifier, and lists of slots by number. A build with H2_SMALL has that of
 * h2_slots_small.c in its place. */

#ifndef H2_SMALL

static uint16_t slot_number(const h2_streams *t, const h2_stream *stream) {
    return (uint16_t)(stream - t->slots);
}

static uint16_t bucket_count(uint16_t capacity) {
    uint16_t n = 1;
    while (n < capacity && n < 0x8000u) n = (uint16_t)(n << 1);
    return n;
}

/* Identifiers of one side are two apart. */
static uint16_t *bucket_of(const h2_streams *t, uint32_t id) {
    return &t->buckets[(id >> 1) & t->mask];
}

size_t h2_streams_bytes(uint16_t capacity) {
    return capacity * sizeof(h2_stream) + bucket_count(capacity) * sizeof(uint16_t);
}

static void no_hash(h2_streams *t) {
    t->buckets = (uint16_t *)(void *)(t->slots + t->capacity);
    t->mask = (uint16_t)(bucket_count(t->capacity) - 1);
    for (uint32_t i = 0; i <= t->mask; i++) t->buckets[i] = H2_SLOT_NONE;
}

/* Put a slot first in the chain of its identifier. */
static void hash(h2_streams *t, uint16_t at) {
    uint16_t *bucket = bucket_of(t, t->slots[at].id);
    t->slots[at].chain = *bucket;
    *bucket = at;
}

h2_stream *h2_streams_find(const h2_streams *t, uint32_t id) {
    uint16_t at = *bucket_of(t, id);
    while (at != H2_SLOT_NONE && t->slots[at].id != id) at = t->slots[at].chain;
    return at == H2_SLOT_NONE ? NULL : &t->slots[at];
}

static void unhash(h2_streams *t, const h2_stream *stream) {
    uint16_t *at = bucket_of(t, stream->id);
    while (&t->slots[*at] != stream) at = &t->slots[*at].chain;
    *at = stream->chain;
}

/* Take `memory` for the table: slots from the `used`th on are free, and the hash is empty. */
static void lay_out(h2_streams *t, void *memory, uint16_t used, uint16_t capacity) {
    t->slots = memory;
    t->capacity = capacity;
    t->free = used;
    no_hash(t);
    memset(t->slots + used, 0, (size_t)(capacity - used) * sizeof(h2_stream));
    for (uint16_t i = used; i < capacity; i++) t->slots[i].chain = (uint16_t)(i + 1);
    t->slots[capacity - 1].chain = H2_SLOT_NONE;
}

static void no_lists(h2_streams *t) {
    memset(t, 0, sizeof *t);
    for (int i = 0; i < H2_LIST_COUNT; i++) t->list[i].head = t->list[i].tail = H2_SLOT_NONE;
}

void h2_streams_init(h2_streams *t, void *memory, uint16_t capacity) {
    no_lists(t);
    lay_out(t, memory, 0, capacity);
}

static void first_priority(h2_stream *stream) {
    stream->urgency = H2_URGENCY_DEFAULT;
    stream->incremental = true;
}

int h2_streams_ready_list(const h2_stream *stream) {
    return H2_LIST_READY + 2 * stream->urgency + (stream->incremental ? 1 : 0);
}

h2_stream *h2_streams_add(h2_streams *t, uint32_t id, h2_state state) {
    if (t->free == H2_SLOT_NONE) return NULL;
    uint16_t at = t->free;
    h2_stream *stream = &t->slots[at];
    t->free = stream->chain;
    memset(stream, 0, sizeof *stream);
    stream->id = id;
    stream->state = (uint8_t)state;
    first_priority(stream);
    hash(t, at);
    t->live++;
    return stream;
}

void h2_streams_close(h2_streams *t, h2_stream *stream, bool reset_owed) {
    unhash(t, stream);
    h2_streams_pull(t, h2_streams_ready_list(stream), stream);
    h2_streams_pull(t, H2_LIST_OWED, stream);
    t->live--;
    if (stream->flags & H2_STREAM_LEFT) t->left--;
    t->closing++;
    if (reset_owed)
        h2_streams_push(t, H2_LIST_OWED, stream);
    else
        h2_streams_release(t, stream);
}

void h2_streams_release(h2_streams *t, h2_stream *stream) {
    stream->id = 0;
    stream->state = H2_IDLE;
    stream->chain = t->free;
    t->free = slot_number(t, stream);
    t->closing--;
}

static int link_of(int list) {
    return list == H2_LIST_OWED ? H2_LINK_OWED : H2_LINK_READY;
}

/* Link a stream in as the first or the last of a list. */
static void put(h2_streams *t, int list, h2_stream *stream, bool first) {
    int link = link_of(list);
    if (stream->listed & 1u << link) return;
    uint16_t at = slot_number(t, stream), *end = first ? &t->list[list].head : &t->list[list].tail, beside = *end;
    uint16_t *other = first ? &t->list[list].tail : &t->list[list].head;
    stream->listed |= (uint8_t)(1u << link);
    stream->link[link].next = first ? beside : H2_SLOT_NONE;
    stream->link[link].prev = first ? H2_SLOT_NONE : beside;
    *end = at;
    if (beside != H2_SLOT_NONE) other = first ? &t->slots[beside].link[link].prev : &t->slots[beside].link[link].next;
    *other = at;
    t->filled |= UINT32_C(1) << list;
}

void h2_streams_push(h2_streams *t, int list, h2_stream *stream) {
    put(t, list, stream, false);
}

void h2_streams_push_first(h2_streams *t, int list, h2_stream *stream) {
    put(t, list, stream, true);
}

void h2_streams_pull(h2_streams *t, int list, h2_stream *stream) {
    int link = link_of(list);
    if (!(stream->listed & 1u << link)) return;
    uint16_t next = stream->link[link].next, prev = stream->link[link].prev;
    stream->listed &= (uint8_t) ~(1u << link);
    *(prev == H2_SLOT_NONE ? &t->list[list].head : &t->slots[prev].link[link].next) = next;
    *(next == H2_SLOT_NONE ? &t->list[list].tail : &t->slots[next].link[link].prev) = prev;
    if (t->list[list].head == H2_SLOT_NONE) t->filled &= ~(UINT32_C(1) << list);
}

void h2_streams_vacate(h2_streams *t) {
    /* One bucket, which stays empty: slots come before anything is written to it. */
    static const uint16_t none = H2_SLOT_NONE;
    t->slots = NULL;
    t->buckets = (uint16_t *)(uintptr_t)&none;
    t->capacity = t->mask = 0;
    t->free = H2_SLOT_NONE;
}

void h2_streams_init_empty(h2_streams *t) {
    no_lists(t);
    h2_streams_vacate(t);
}

void h2_streams_move(h2_streams *t, void *memory, uint16_t capacity) {
    uint16_t used = t->capacity;
    if (used > 0) memcpy(memory, t->slots, used * sizeof(h2_stream));
    lay_out(t, memory, used, capacity);
    for (uint16_t at = 0; at < used; at++) {
        /* A closing slot is in no chain; one that has just ended is, until it is closed. */
        const h2_stream *stream = &t->slots[at];
        if (stream->id != 0 && !(stream->flags & H2_STREAM_RESET_OWED)) hash(t, at);
    }
}

#endif
