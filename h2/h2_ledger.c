/* SPDX-License-Identifier: MIT */
#include "h2_ledger.h"
#include "h2_limits.h"

#define MS_PER_SECOND 1000u
/* A longer pause than this refills the whole burst, and keeps the multiplication below from overflowing. */
#define FULL_REFILL_MS (H2_LEDGER_BURST * MS_PER_SECOND / H2_LEDGER_REFILL)

void h2_ledger_init(h2_ledger *ledger) {
    ledger->balance = H2_LEDGER_BURST;
    ledger->told = 0;
}

bool h2_ledger_charge(h2_ledger *ledger, uint32_t price) {
    if (ledger->balance < price) return false;
    ledger->balance -= price;
    return true;
}

void h2_ledger_refill(h2_ledger *ledger, uint64_t now_ms) {
    uint64_t passed = now_ms - ledger->told;
    if (passed >= FULL_REFILL_MS) {
        ledger->balance = H2_LEDGER_BURST;
        ledger->told = now_ms;
        return;
    }
    uint32_t more = (uint32_t)passed * H2_LEDGER_REFILL / MS_PER_SECOND;
    if (more == 0) return;
    ledger->told = now_ms;
    ledger->balance = ledger->balance + more < H2_LEDGER_BURST ? ledger->balance + more : H2_LEDGER_BURST;
}
