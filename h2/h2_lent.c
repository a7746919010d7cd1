/* SPDX-License-Identifier: MIT */
#include "h2_internal.h"
#include <string.h>

/*
 * A session whose parts are lent (h2_session_new). Nothing here is linked into a program that makes its sessions in
 * blocks of its own.
 *
 * Invariants:
 *   - `fields` and `arena` are one loan while a header block or a PRIORITY_UPDATE is on its way in, and NULL between;
 *   - the outbox has `outbox_bytes` of memory exactly while octets wait in it or are being put there;
 *   - slots are lent while there are streams, and until the next tick that finds none.
 */

#ifndef H2_SMALL

typedef struct h2_lent {
    h2_session session; /* first */
    const h2_lender *lender;
    hpack_storage storage;
    uint32_t outbox_bytes;
} h2_lent;

/* The least loan for an outbox. */
#define OUTBOX_MIN 256u

static h2_lent *lent_of(h2_session *s) {
    return (h2_lent *)s;
}

static void *borrow(h2_session *s, size_t bytes) {
    const h2_lender *lender = lent_of(s)->lender;
    return lender->lend(lender->user, bytes);
}

static void give_back(h2_session *s, void *memory, size_t bytes) {
    const h2_lender *lender = lent_of(s)->lender;
    lender->give_back(lender->user, memory, bytes);
}

/* ---- a header block coming in ---- */

static size_t fields_bytes(const h2_session *s) {
    return s->config->header_fields * sizeof(h2_field);
}

static bool block(h2_session *s) {
    if (s->fields) return true; /* of a block that was never completed */
    s->fields = borrow(s, fields_bytes(s) + s->config->header_bytes);
    if (!s->fields) return false;
    s->arena = (uint8_t *)s->fields + fields_bytes(s);
    return true;
}

static void block_done(h2_session *s) {
    if (s->fields) give_back(s, s->fields, fields_bytes(s) + s->config->header_bytes);
    s->fields = NULL;
    s->arena = NULL;
}

/* ---- header blocks going out ---- */

static void outbox_done(h2_session *s) {
    uint32_t *bytes = &lent_of(s)->outbox_bytes;
    if (*bytes > 0) give_back(s, s->headers.bytes, *bytes);
    s->headers.bytes = NULL;
    *bytes = 0;
}

static bool outbox(h2_session *s, size_t bytes) {
    h2_outbox *box = &s->headers;
    uint32_t *has = &lent_of(s)->outbox_bytes;
    uint32_t waiting = box->tail - box->head, most = s->config->send_header_bytes;
    if (*has - box->tail >= bytes) return true;
    uint32_t next = *has > OUTBOX_MIN / 2 ? *has : OUTBOX_MIN / 2;
    next = next < most / 2 ? 2 * next : most;
    if (next < waiting + bytes) next = waiting + (uint32_t)bytes;
    uint8_t *memory = borrow(s, next);
    if (!memory) return false;
    if (waiting > 0) memcpy(memory, box->bytes + box->head, waiting);
    outbox_done(s);
    box->bytes = memory;
    box->head = 0;
    box->tail = waiting;
    *has = next;
    return true;
}

/* ---- streams ---- */

static bool slot(h2_session *s) {
    h2_streams *t = &s->streams;
    if (t->capacity == s->config->streams) return false;
    uint32_t next = t->capacity + t->capacity / 4u + 1;
    if (next > s->config->streams) next = s->config->streams;
    void *memory = borrow(s, h2_streams_bytes((uint16_t)next)), *before = t->slots;
    if (!memory) return false;
    size_t bytes = h2_streams_bytes(t->capacity);
    h2_streams_move(t, memory, (uint16_t)next);
    if (before) give_back(s, before, bytes);
    return true;
}

static void idle(h2_session *s) {
    h2_streams *t = &s->streams;
    if (!t->slots) return;
    give_back(s, t->slots, h2_streams_bytes(t->capacity));
    h2_streams_vacate(t);
}

/* ---- the session ---- */

h2_result h2_session_new(h2_session **session, const h2_lender *lender, const h2_config *config,
                         const h2_handlers *handlers, void *user) {
    static const h2_supply supply = {block, block_done, outbox, outbox_done, slot, idle};
    if (h2_session_size(config) == 0) return H2_EINVAL;
    h2_lent *lent = lender->lend(lender->user, sizeof *lent);
    if (!lent) return H2_ENOMEM;
    h2_session *s = &lent->session;
    h2_session_begin(s, config, handlers, user, config->server ? &h2_server : NULL);
    s->supply = &supply;
    lent->lender = lender;
    lent->outbox_bytes = 0;
    hpack_storage_init(&lent->storage, lender);
    hpack_decoder_init_growing(&s->decoder, &lent->storage, config->decoder_table);
    hpack_encoder_init_growing(&s->encoder, &lent->storage, config->encoder_table);
    h2_streams_init_empty(&s->streams);
    *session = s;
    return H2_OK;
}

void h2_session_free(h2_session *s) {
    block_done(s);
    outbox_done(s);
    idle(s);
    hpack_decoder_release(&s->decoder);
    hpack_encoder_release(&s->encoder);
    give_back(s, s, sizeof(h2_lent));
}

#endif
