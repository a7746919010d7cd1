/* SPDX-License-Identifier: MIT */
#ifndef H2_WINDOW_H
#define H2_WINDOW_H

/* The flow-control window of RFC 9113, 5.2 and 6.9: one type for sending and receiving, for a stream and for the
 * connection. No other code does window arithmetic. Every function checks before it stores. */

#include <stdbool.h>
#include <stdint.h>

typedef struct h2_window {
    int32_t size;  /* octets that may still be sent or received; below zero after a SETTINGS change (6.9.2) */
    uint32_t owed; /* receiving: octets consumed and not yet announced; size and owed never exceed 2^31-1 together */
} h2_window;

/* Octets that may pass now. */
static inline uint32_t h2_window_open(const h2_window *w) {
    return w->size > 0 ? (uint32_t)w->size : 0;
}

/* Let `n` octets pass. False, unchanged, when more than may. */
bool h2_window_take(h2_window *w, uint32_t n);

/* A WINDOW_UPDATE of `n`. False, unchanged, when the window would exceed 2^31-1 (6.9.1). */
bool h2_window_give(h2_window *w, uint32_t n);

/* SETTINGS_INITIAL_WINDOW_SIZE changed by `delta`, above -2^31. False, unchanged, when the window would exceed 2^31-1
 * (6.9.2). */
bool h2_window_shift(h2_window *w, int32_t delta);

/* Receiving: `n` octets were consumed. */
void h2_window_consume(h2_window *w, uint32_t n);

/* Receiving: announce no more than makes `target`, once that was lowered. */
void h2_window_keep(h2_window *w, uint32_t target);

/* An update is worth its octets when an eighth of the window was consumed: often enough that a long link never runs
 * dry, rarely enough that updates cost nothing beside the data. A write of its own costs more than octets: of a window
 * of H2_WINDOW_WIDE octets or more, less than H2_WINDOW_ALONE waits for DATA that takes it along. */
#define H2_WINDOW_SHARE 8u
#define H2_WINDOW_WIDE  262144u
#define H2_WINDOW_ALONE 98304u

/* Receiving, for a window meant to stay at `target`: whether what is owed is worth a frame beside others; and a write
 * of its own. */
static inline bool h2_window_worth(const h2_window *w, uint32_t target) {
    return w->owed > 0 && w->owed >= target / H2_WINDOW_SHARE;
}
static inline bool h2_window_due(const h2_window *w, uint32_t target) {
#ifdef H2_SMALL /* no wide windows, and no frames that take updates along */
    return h2_window_worth(w, target);
#else
    return h2_window_worth(w, target) && (w->owed >= H2_WINDOW_ALONE || target < H2_WINDOW_WIDE);
#endif
}

/* Receiving: announce what is owed, returning the increment; 0 for none. */
uint32_t h2_window_announce(h2_window *w);

#endif
