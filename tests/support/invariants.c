/* SPDX-License-Identifier: MIT */
#include "invariants.h"

#include "h2_internal.h"

static bool is_live(const h2_stream *stream) {
    return stream->state == H2_OPEN || stream->state == H2_HALF_CLOSED_LOCAL || stream->state == H2_HALF_CLOSED_REMOTE;
}

#ifdef H2_SMALL

/* Every slot is free or live. */
static const char *broken_table(const h2_session *s) {
    const h2_streams *t = &s->streams;
    unsigned live = 0;
    for (unsigned at = 0; at < t->capacity; at++) {
        const h2_stream *stream = &t->slots[at];
        if (stream->id == 0 && (stream->flags || stream->out_len)) return "a free slot is in use";
        if (stream->id == 0) continue;
        if (!is_live(stream)) return "a slot is neither live nor free";
        if (h2_streams_find(t, stream->id) != stream) return "a live stream cannot be found";
        live++;
    }
    return live == t->live ? NULL : "live streams are miscounted";
}

static const char *broken_ready(const h2_session *s) {
    const h2_stream *stream;
    for (int slot = -1; (stream = h2_streams_each(&s->streams, &slot)) != NULL;) {
        if (stream->out_len > 0 && !(stream->flags & H2_STREAM_LENT)) return "bytes are lent and not marked so";
    }
    return NULL;
}

/* Its sessions are given their memory. */
size_t invariant_loans(const h2_session *s) {
    (void)s;
    return 0;
}

#else

/* Every slot is free, live or closing, and found where it should be. */
static const char *broken_slots(const h2_streams *t) {
    unsigned freed = 0, live = 0;
    for (unsigned at = t->free; at != H2_SLOT_NONE; at = t->slots[at].chain) {
        if (at >= t->capacity || ++freed > t->capacity) return "the free chain is no chain";
        if (t->slots[at].id != 0 || t->slots[at].listed) return "a free slot is in use";
    }
    for (unsigned at = 0; at < t->capacity; at++) {
        const h2_stream *stream = &t->slots[at];
        if (stream->id == 0 || !is_live(stream)) continue;
        live++;
        if (h2_streams_find(t, stream->id) != stream) return "a live stream cannot be found";
        if (stream->flags & H2_STREAM_RESET_OWED) return "a live stream owes a reset";
    }
    if (live != t->live) return "live streams are miscounted";
    if (freed + live + t->closing != t->capacity) return "slots are lost";
    return NULL;
}

/* Chains of the hash hold the live streams and nothing else. */
static const char *broken_hash(const h2_streams *t) {
    unsigned members = 0;
    for (unsigned bucket = 0; bucket <= t->mask; bucket++) {
        for (unsigned at = t->buckets[bucket]; at != H2_SLOT_NONE; at = t->slots[at].chain) {
            if (at >= t->capacity || ++members > t->capacity) return "a chain of the hash leads astray";
            if (((t->slots[at].id >> 1) & t->mask) != bucket) return "a stream is in another's chain";
        }
    }
    return members == t->live ? NULL : "the hash holds what is not live";
}

static const char *broken_list(const h2_streams *t, int list, unsigned *members) {
    unsigned before = H2_SLOT_NONE, at = t->list[list].head;
    int link = list < H2_LIST_OWED ? H2_LINK_READY : H2_LINK_OWED;
    for (*members = 0; at != H2_SLOT_NONE; (*members)++) {
        if (at >= t->capacity || *members > t->capacity) return "a list is endless";
        const h2_stream *stream = &t->slots[at];
        if (!stream->listed || stream->id == 0) return "a list holds a free slot";
        if (stream->link[link].prev != before) return "a list's links disagree";
        before = at;
        at = stream->link[link].next;
    }
    return t->list[list].tail == before ? NULL : "a list's tail is wrong";
}

static const char *broken_table(const h2_session *s) {
    const char *wrong = broken_slots(&s->streams);
    if (!wrong) wrong = broken_hash(&s->streams);
    return wrong;
}

static const char *broken_ready(const h2_session *s) {
    unsigned ready = 0, members;
    const char *wrong;
    for (int list = 0; list < H2_LIST_OWED; list++) {
        if ((wrong = broken_list(&s->streams, list, &members)) != NULL) return wrong;
        ready += members;
    }
    if ((wrong = broken_list(&s->streams, H2_LIST_OWED, &members)) != NULL) return wrong;
    if (members < s->streams.closing) return "a closing stream is not owed";
    const h2_stream *stream;
    for (int slot = -1; (stream = h2_streams_each(&s->streams, &slot)) != NULL;) {
        bool can = stream->out_len > 0 ? stream->send.size > 0 : (stream->flags & H2_STREAM_END_PENDING) != 0;
        if (can && ready-- == 0) return "a stream that can send is not ready";
        if (stream->out_len > 0 && !(stream->flags & H2_STREAM_LENT)) return "bytes are lent and not marked so";
    }
    return ready == 0 ? NULL : "a stream that cannot send is ready";
}

size_t invariant_loans(const h2_session *s) {
    if (!h2_session_supply(s)) return 0;
    bool block = s->over ? s->fields != NULL : s->block.open;
    bool value = s->stage == H2_STAGE_CONTENT && s->frame.type == H2_PRIORITY_UPDATE;
    const bool held[] = {
        true,           s->decoder.table.bytes > 0,       s->encoder.table.bytes > 0, s->streams.capacity > 0,
        block || value, s->headers.head < s->headers.tail};
    size_t n = 0;
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) n += held[i];
    return n;
}

#endif

const char *invariant_broken(const h2_session *s) {
    const char *wrong = broken_table(s);
    if (!wrong) wrong = broken_ready(s);
    if (wrong) return wrong;
    if (s->headers.head > s->headers.tail || s->headers.tail > s->config->send_header_bytes)
        return "the outbox overflows";
#ifndef H2_SMALL
    if (s->headers.frame_left > s->headers.tail - s->headers.head) return "the outbox misses part of a frame";
    if (s->pongs_waiting > H2_PINGS_WAITING || s->resets_waiting > H2_RESETS_WAITING) return "answers overflow";
#endif
    if (s->held > H2_HOLD_BYTES || s->stage > H2_STAGE_SKIP) return "the receiver is in no known stage";
    if (s->ledger.balance > H2_LEDGER_POINT * s->config->abuse_burst) return "the ledger holds more than its burst";
    if (s->block.fields > s->config->header_fields) return "more fields than there is room for";
    if (s->over && s->streams.live > 0) return "a stream lives in a session that is over";
    if (s->parting.id != 0) return "a stream is still parting";
    return NULL;
}
