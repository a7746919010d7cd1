/* SPDX-License-Identifier: MIT */
#ifndef H2_LEDGER_H
#define H2_LEDGER_H

/* The ledger of abuse (RFC 9113, 10.5): what is cheap to send and costly to handle has a price in tenths of a point;
 * the balance refills with time; an empty one ends the session with ENHANCE_YOUR_CALM. Prices are in h2_limits.h, the
 * burst and the refill in h2_config. */

#include <stdbool.h>
#include <stdint.h>

typedef struct h2_ledger {
    uint32_t balance; /* tenths of a point, at most the burst */
    uint32_t part;    /* thousandths of the next tenth */
} h2_ledger;

/* `burst` and `refill` are h2_config.abuse_burst and .abuse_refill, the same in every call. */
void h2_ledger_init(h2_ledger *ledger, uint16_t burst);
/* Pay for an event. False when the balance is exhausted. */
bool h2_ledger_charge(h2_ledger *ledger, uint32_t price);
void h2_ledger_refill(h2_ledger *ledger, uint16_t burst, uint16_t refill, uint32_t passed_ms);

#endif
