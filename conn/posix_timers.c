/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_timers.h"

#define FIRST_ROOM 16u

static void place(posix_timers *timers, posix_timer *timer, size_t index) {
    timers->heap[index] = timer;
    timer->index = index;
}

static void rise(posix_timers *timers, posix_timer *timer) {
    size_t at = timer->index;
    while (at > 0 && timers->heap[(at - 1) / 2]->at > timer->at) {
        place(timers, timers->heap[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    place(timers, timer, at);
}

static void sink(posix_timers *timers, posix_timer *timer) {
    size_t at = timer->index;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= timers->n) break;
        if (child + 1 < timers->n && timers->heap[child + 1]->at < timers->heap[child]->at) child++;
        if (timers->heap[child]->at >= timer->at) break;
        place(timers, timers->heap[child], at);
        at = child;
    }
    place(timers, timer, at);
}

bool posix_timers_join(posix_timers *timers, posix_timer *timer) {
    if (timers->members == timers->cap) {
        const size_t cap = timers->cap == 0 ? FIRST_ROOM : timers->cap * 2;
        posix_timer **heap = realloc(timers->heap, cap * sizeof(posix_timer *));
        if (heap == NULL) return false;
        timers->heap = heap;
        timers->cap = cap;
    }
    timers->members++;
    timer->index = POSIX_NOT_TIMED;
    return true;
}

void posix_timers_leave(posix_timers *timers, posix_timer *timer) {
    posix_timers_unset(timers, timer);
    timers->members--;
}

void posix_timers_free(posix_timers *timers) {
    free(timers->heap);
    *timers = (posix_timers){.n = 0};
}

void posix_timers_set(posix_timers *timers, posix_timer *timer, uint64_t at) {
    const bool later = timer->index != POSIX_NOT_TIMED && at > timer->at;
    if (timer->index == POSIX_NOT_TIMED) timer->index = timers->n++;
    timer->at = at;
    if (later)
        sink(timers, timer);
    else
        rise(timers, timer);
}

posix_timer *posix_timers_first(const posix_timers *timers) {
    return timers->n > 0 ? timers->heap[0] : NULL;
}

void posix_timers_unset(posix_timers *timers, posix_timer *timer) {
    if (timer->index == POSIX_NOT_TIMED) return;
    posix_timer *last = timers->heap[--timers->n];
    if (last != timer) {
        last->index = timer->index;
        sink(timers, last);
        rise(timers, last);
    }
    timer->index = POSIX_NOT_TIMED;
}
