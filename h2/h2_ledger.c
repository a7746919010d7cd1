/* SPDX-License-Identifier: MIT */
#include "h2_ledger.h"
#include "h2_limits.h"

#define MS_PER_SECOND 1000u

void h2_ledger_init(h2_ledger *ledger, uint16_t burst) {
    ledger->balance = (uint32_t)burst * H2_LEDGER_POINT;
    ledger->part = 0;
}

bool h2_ledger_charge(h2_ledger *ledger, uint32_t price) {
    if (ledger->balance < price) return false;
    ledger->balance -= price;
    return true;
}

void h2_ledger_refill(h2_ledger *ledger, uint16_t burst, uint16_t refill, uint32_t passed_ms) {
    const uint32_t full = (uint32_t)burst * H2_LEDGER_POINT, rate = (uint32_t)refill * H2_LEDGER_POINT;
    if (rate == 0) return;
    /* So long a pause fills it from nothing, and a shorter one does not overflow the product. */
    if (passed_ms > full * MS_PER_SECOND / rate) {
        ledger->balance = full;
        return;
    }
    const uint32_t more = ledger->part + passed_ms * rate, balance = ledger->balance + more / MS_PER_SECOND;
    ledger->part = more % MS_PER_SECOND;
    ledger->balance = balance < full ? balance : full;
}
