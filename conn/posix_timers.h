/* SPDX-License-Identifier: MIT */
#ifndef POSIX_TIMERS_H
#define POSIX_TIMERS_H

/* Times by which sessions must be ticked, the earliest first: a binary heap. Room is made when a session joins, so that
 * setting a time cannot fail. A timer knows its place: `index` of its owner, POSIX_NOT_TIMED when it has none. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSIX_NOT_TIMED SIZE_MAX

typedef struct posix_timer {
    uint64_t at;
    size_t index;
} posix_timer;

typedef struct posix_timers {
    posix_timer **heap;
    size_t n, cap, members;
} posix_timers;

/* Make room for one member more, or give it up. False when there is no memory. */
bool posix_timers_join(posix_timers *timers, posix_timer *timer);
void posix_timers_leave(posix_timers *timers, posix_timer *timer);
void posix_timers_free(posix_timers *timers);

/* Set or move a member's time. */
void posix_timers_set(posix_timers *timers, posix_timer *timer, uint64_t at);
/* The earliest, NULL when none is set. */
posix_timer *posix_timers_first(const posix_timers *timers);
/* Unset. */
void posix_timers_unset(posix_timers *timers, posix_timer *timer);

#endif
