/* SPDX-License-Identifier: MIT */
#ifndef CONN_BACKOFF_H
#define CONN_BACKOFF_H

/* How long to wait before trying again: twice as long after each failure, up to a bound, less a random share so that
 * many clients of a server that comes back do not all come at once. Time and randomness are arguments. */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct h2conn_backoff {
    uint32_t first_ms, most_ms; /* after the first failure, and at most */
    uint32_t jitter_percent;    /* up to 100: the largest share that chance takes off */
} h2conn_backoff;

/* Failures in a row. Zeroes are none. */
typedef struct h2conn_setbacks {
    uint32_t failures;
    int64_t next_at; /* when to try again */
} h2conn_setbacks;

/* The wait after `failures` (at least 1) in a row; `random` is any number, all equally likely. */
uint32_t h2conn_backoff_ms(const h2conn_backoff *backoff, uint32_t failures, uint32_t random);

/* One more failure. Those before count only while they are remembered. */
void h2conn_setbacks_add(h2conn_setbacks *setbacks, const h2conn_backoff *backoff, int64_t now, uint32_t random);

/* Whether they still count: for `most_ms` after the next attempt was due. What held that long was no failure. */
bool h2conn_setbacks_count(const h2conn_setbacks *setbacks, const h2conn_backoff *backoff, int64_t now);

#ifdef __cplusplus
}
#endif
#endif
