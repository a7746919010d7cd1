/* SPDX-License-Identifier: MIT */
#ifndef TEST_LENDER_H
#define TEST_LENDER_H

/*
 * A lender that trusts nobody: memory is poisoned when lent and when it comes back, must come back once, with the
 * numbers of its loan and with what follows it untouched; one loan can be refused.
 *
 * `test_lent` says whether what is under test borrows its memory or is given it: each suite runs with both, in a build
 * with H2_SMALL with the latter alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include "hpack.h"

extern bool test_lent;

typedef struct loan loan;

typedef struct lender {
    hpack_lender hooks;
    loan *loans;          /* not yet back */
    size_t held, bytes;   /* how many those are, and of what size together */
    size_t asked, refuse; /* loans asked for; refuse the one of this number, 0 for none */
    bool refuse_on;       /* and all that follow */
} lender;

void lender_init(lender *l);
/* Every loan must be back. */
void lender_check(const lender *l);

/* Prepare by `test_lent`: with growing storage from `l`, or with `memory`. */
void lender_decoder(lender *l, hpack_storage *storage, hpack_decoder *d, void *memory, size_t bytes);
/* What it borrowed goes back. */
void lender_release(hpack_decoder *d);

/* An encoder likewise, whose lender is kept until the process ends. */
void lender_encoder(hpack_encoder *e, void *memory, size_t bytes);

#endif
