/* SPDX-License-Identifier: MIT */
#include "h2_apart.h"
#include "h2_window.h"
#include "h2_limits.h"

bool h2_window_take(h2_window *w, uint32_t n) {
    if (n > h2_window_open(w)) return n == 0;
    w->size -= (int32_t)n;
    return true;
}

bool h2_window_shift(h2_window *w, int32_t delta) {
    const int32_t most = (int32_t)H2_WINDOW_MAX;
    if (delta > 0 ? w->size > most - delta : w->size < -most - delta) return false;
    w->size += delta;
    return true;
}

bool h2_window_give(h2_window *w, uint32_t n) {
    return n <= H2_WINDOW_MAX && h2_window_shift(w, (int32_t)n);
}

void h2_window_consume(h2_window *w, uint32_t n) {
    uint32_t room =
        H2_WINDOW_MAX - h2_window_open(w) - w->owed; /* or the announcement would be one the peer must refuse */
    w->owed += n < room ? n : room;
}

void h2_window_keep(h2_window *w, uint32_t target) {
    uint32_t open = h2_window_open(w), room = open < target ? target - open : 0;
    if (w->size >= 0 && w->owed > room) w->owed = room;
}

H2_APART uint32_t h2_window_announce(h2_window *w) {
    uint32_t n = w->owed;
    if (!h2_window_give(w, n)) return 0;
    w->owed = 0;
    return n;
}
