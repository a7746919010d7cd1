/* SPDX-License-Identifier: MIT */
#include "conn_backoff.h"

#define PERCENT     100u
#define RANDOM_BITS 32

uint32_t h2conn_backoff_ms(const h2conn_backoff *backoff, uint32_t failures, uint32_t random) {
    uint64_t wait = backoff->first_ms;
    for (uint32_t i = 1; i < failures && wait < backoff->most_ms; i++) wait *= 2;
    if (wait > backoff->most_ms) wait = backoff->most_ms;
    const uint64_t share = wait * backoff->jitter_percent / PERCENT;
    return (uint32_t)(wait - (share * random >> RANDOM_BITS));
}

bool h2conn_setbacks_count(const h2conn_setbacks *setbacks, const h2conn_backoff *backoff, int64_t now) {
    return setbacks->failures > 0 && now - setbacks->next_at <= (int64_t)backoff->most_ms;
}

void h2conn_setbacks_add(h2conn_setbacks *setbacks, const h2conn_backoff *backoff, int64_t now, uint32_t random) {
    if (!h2conn_setbacks_count(setbacks, backoff, now)) setbacks->failures = 0;
    if (setbacks->failures < UINT32_MAX) setbacks->failures++;
    setbacks->next_at = now + h2conn_backoff_ms(backoff, setbacks->failures, random);
}
