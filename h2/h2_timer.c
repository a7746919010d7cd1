/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"

/*
 * Time, told from outside. Receiving and sending only leave marks (`heard`, an open block, SETTINGS under way); the
 * next tick turns a mark into a countdown, so nothing else needs a clock.
 */

/* A stream counts as blocked after this many sweeps in a row found it so. */
#define SWEEPS 4u

/* Start or stop a countdown by whether something is awaited. Returns whether it has run out. */
static bool overdue(uint32_t *left, bool awaited, uint32_t passed, uint32_t ms) {
    if (!awaited || ms == 0)
        *left = H2_NO_TIME;
    else if (*left == H2_NO_TIME)
        *left = ms;
    else
        *left -= passed < *left ? passed : *left;
    return *left == 0;
}

static void tick_handshake(h2_session *s, uint32_t passed) {
    /* A peer that never finished its preface owes that first; afterwards the acknowledgement. */
    uint32_t ms = s->peer_ready ? s->config->settings_ms : s->config->preface_ms;
    if (overdue(&s->wait_settings, !s->settings_acked, passed, ms))
        h2_session_fail(s, s->peer_ready ? H2_RULE_SETTINGS_TIMEOUT : H2_RULE_TIMEOUT, 0);
}

static void tick_keepalive(h2_session *s, uint32_t passed) {
    const uint32_t ms = s->config->keepalive_ms;
    if (ms == 0) return;
    bool awaited = s->ping_state[H2_PING_KEEPALIVE] != H2_PING_NONE;
    if (s->heard) {
        s->silence = 0;
        s->wait_ping = H2_NO_TIME; /* any frame shows life */
    } else if (!awaited) {
        awaited = passed >= ms - s->silence;
        if (awaited)
            s->ping_state[H2_PING_KEEPALIVE] = H2_PING_OWED;
        else
            s->silence += passed;
    }
    if (overdue(&s->wait_ping, awaited, passed, s->config->keepalive_timeout_ms))
        h2_session_fail(s, H2_RULE_KEEPALIVE, 0);
}

/* Streams whose data has waited for the peer's window through SWEEPS sweeps, and those the program left that long ago.
 * Any DATA sent resets the count. */
static void sweep_blocked(h2_session *s) {
    for (int slot = -1; (slot = h2_streams_next(&s->streams, slot)) >= 0;) {
        h2_stream *stream = &s->streams.slots[slot];
        h2_gauge_sweep(s, stream);
        bool shut = h2_window_open(&stream->send) == 0 || h2_window_open(&s->send) == 0;
        bool left = stream->flags & H2_STREAM_LEFT;
        stream->stalled = left || (stream->out_len > 0 && shut) ? (uint8_t)(stream->stalled + 1) : 0;
        if (stream->stalled <= SWEEPS) continue;
        if (left)
            h2_session_leave_stream(s, stream);
        else
            h2_session_breach(s, H2_RULE_BLOCKED, stream->id);
    }
}

static void tick_blocked(h2_session *s, uint32_t passed) {
    uint32_t period = s->config->blocked_ms / SWEEPS + (s->config->blocked_ms % SWEEPS > 0);
    if (!overdue(&s->next_sweep, s->streams.live > 0, passed, period)) return;
    s->next_sweep = period;
    sweep_blocked(s);
    h2_gauge_sweep_session(s);
}

static uint64_t earliest(const h2_session *s, uint64_t now_ms) {
    uint32_t left = s->config->keepalive_ms - s->silence;
    if (s->config->keepalive_ms == 0 || s->ping_state[H2_PING_KEEPALIVE] != H2_PING_NONE) left = H2_NO_TIME;
    if (s->wait_settings < left) left = s->wait_settings;
    if (s->wait_block < left) left = s->wait_block;
    if (s->wait_ping < left) left = s->wait_ping;
    if (s->next_sweep < left) left = s->next_sweep;
    return left == H2_NO_TIME ? UINT64_MAX : now_ms + left;
}

/* Milliseconds since the last tick; none when a thread looked at the clock before another and calls after it. */
#ifdef H2_SMALL
#define EARLIER_MS 60000u
static uint32_t advance(h2_session *s, uint64_t *now_ms) {
    uint32_t passed = (uint32_t)*now_ms - s->now;
    if (passed > UINT32_MAX - EARLIER_MS) return 0;
    s->now += passed;
    return passed;
}
#else
static uint32_t advance(h2_session *s, uint64_t *now_ms) {
    if (*now_ms < s->now) *now_ms = s->now;
    uint64_t passed = *now_ms - s->now;
    s->now = *now_ms;
    return passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX;
}
#endif

uint64_t h2_session_tick(h2_session *s, uint64_t now_ms) {
    if (s->over) return UINT64_MAX;
    bool first = s->now == 0;
    uint32_t passed = advance(s, &now_ms);
    if (first) {
        s->heard = true;
        passed = 0;
    }
    h2_ledger_refill(&s->ledger, s->config->abuse_burst, s->config->abuse_refill, passed);
    tick_handshake(s, passed);
    if (overdue(&s->wait_block, s->block.open, passed, s->config->block_ms))
        h2_session_fail(s, H2_RULE_TIMEOUT, s->block.stream_id);
    tick_keepalive(s, passed);
    s->heard = false;
    h2_gauge_tick(s);
    tick_blocked(s, passed);
    if (h2_session_supply(s) && s->streams.live + s->streams.closing == 0) h2_session_supply(s)->idle(s);
    return s->over ? UINT64_MAX : earliest(s, now_ms);
}
