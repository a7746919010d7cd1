/* SPDX-License-Identifier: MIT */
#include "h2_ledger.h"
#include "h2_limits.h"

#define MS_PER_SECOND 1000u

void h2_ledger_init(h2_ledger *ledger, uint16_t burst) {
    ledger->balance = (uint32_t)burst * H2_LEDGER_POINT;
    ledger->told = 0;
}

bool h2_ledger_charge(h2_ledger *ledger, uint32_t price) {
    if (ledger->balance < price) return false;
    ledger->balance -= price;
    return true;
}

void h2_ledger_refill(h2_ledger *ledger, uint16_t burst, uint16_t refill, uint64_t now_ms) {
    const uint32_t full = (uint32_t)burst * H2_LEDGER_POINT, rate = (uint32_t)refill * H2_LEDGER_POINT;
    if (rate == 0) return;
    const uint64_t passed = now_ms - ledger->told;
    /* So long a pause fills it from nothing, and a shorter one does not overflow the product. */
    if (passed > full * MS_PER_SECOND / rate) {
        ledger->balance = full;
        ledger->told = now_ms;
        return;
    }
    const uint32_t more = (uint32_t)passed * rate / MS_PER_SECOND;
    if (more == 0) return;
    /* Time that bought no whole tenth counts next time, rounded in our favour. */
    ledger->told += (more * MS_PER_SECOND + rate - 1) / rate;
    ledger->balance = more < full - ledger->balance ? ledger->balance + more : full;
}
