/* SPDX-License-Identifier: MIT */
#include "lender.h"

#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define POISON       0xdb
#define CANARY       0x5c
#define CANARY_BYTES 16u

bool test_lent;

struct loan {
    alignas(max_align_t) loan *next;
    size_t bytes;
};

static void *lend(void *user, size_t bytes) {
    lender *l = user;
    ck_assert_uint_gt(bytes, 0);
    l->asked++;
    if (l->refuse != 0 && (l->asked == l->refuse || (l->refuse_on && l->asked > l->refuse))) return NULL;
    loan *lent = malloc(sizeof *lent + bytes + CANARY_BYTES);
    ck_assert_ptr_nonnull(lent);
    *lent = (loan){l->loans, bytes};
    l->loans = lent;
    l->held++;
    l->bytes += bytes;
    memset(lent + 1, POISON, bytes);
    memset((uint8_t *)(lent + 1) + bytes, CANARY, CANARY_BYTES);
    return lent + 1;
}

static void give_back(void *user, void *memory, size_t bytes) {
    lender *l = user;
    loan **at = &l->loans, *lent;
    while (*at != NULL && (void *)(*at + 1) != memory) at = &(*at)->next;
    lent = *at;
    ck_assert_msg(lent != NULL, "what was not lent, or is back, comes back");
    ck_assert_uint_eq(lent->bytes, bytes);
    for (size_t i = 0; i < CANARY_BYTES; i++) ck_assert_uint_eq(((uint8_t *)memory)[bytes + i], CANARY);
    *at = lent->next;
    l->held--;
    l->bytes -= bytes;
    memset(memory, POISON, bytes);
    free(lent);
}

void lender_init(lender *l) {
    *l = (lender){.hooks = {lend, give_back, l}};
}

void lender_check(const lender *l) {
    ck_assert_msg(l->held == 0, "%zu loans of %zu bytes are not back", l->held, l->bytes);
}

#ifdef H2_SMALL

void lender_decoder(lender *l, hpack_storage *storage, hpack_decoder *d, void *memory, size_t bytes) {
    (void)storage;
    lender_init(l);
    hpack_decoder_init(d, memory, bytes);
}

void lender_release(hpack_decoder *d) {
    (void)d;
}

void lender_encoder(hpack_encoder *e, void *memory, size_t bytes) {
    hpack_encoder_init(e, memory, bytes);
}

#else

void lender_decoder(lender *l, hpack_storage *storage, hpack_decoder *d, void *memory, size_t bytes) {
    lender_init(l);
    hpack_storage_init(storage, &l->hooks);
    if (test_lent)
        hpack_decoder_init_growing(d, storage, bytes);
    else
        hpack_decoder_init(d, memory, bytes);
}

void lender_release(hpack_decoder *d) {
    if (test_lent) hpack_decoder_release(d);
}

void lender_encoder(hpack_encoder *e, void *memory, size_t bytes) {
    static lender own;
    static hpack_storage storage;
    if (own.hooks.lend == NULL) lender_init(&own);
    hpack_storage_init(&storage, &own.hooks);
    if (test_lent)
        hpack_encoder_init_growing(e, &storage, bytes);
    else
        hpack_encoder_init(e, memory, bytes);
}

#endif
