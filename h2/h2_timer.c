/* SPDX-License-Identifier: MIT */
#include "h2_answer.h"
#include "h2_gauge.h"

/*
 * Time, told from outside. Receiving and sending only leave marks (`heard`, an open block, SETTINGS under way); the
 * next tick turns a mark into a countdown, so nothing else needs a clock.
 */

/* A stream counts as blocked after this many sweeps in a row found it so. */
#define SWEEPS 4u

/* Go on with a countdown of `ms`, or with 0 stop it. Returns whether it has run out, which stops it too. */
static bool overdue(uint32_t *left, uint32_t passed, uint32_t ms) {
    bool over = ms != 0 && *left <= passed;
    if (ms == 0 || over)
        *left = H2_NO_TIME;
    else if (*left == H2_NO_TIME)
        *left = ms;
    else
        *left -= passed;
    return over;
}

static void tick_handshake(h2_session *s, uint32_t passed) {
    /* A peer that never finished its preface owes that first; afterwards the acknowledgement. */
    uint32_t ms = s->peer_ready ? s->config->settings_ms : s->config->preface_ms;
    if (overdue(&s->wait[H2_WAIT_SETTINGS], passed, s->settings_acked ? 0 : ms))
        h2_session_fail(s, s->peer_ready ? H2_RULE_SETTINGS_TIMEOUT : H2_RULE_TIMEOUT, 0);
}

static void tick_keepalive(h2_session *s, uint32_t passed) {
    const uint8_t *asked = &s->ping_state[H2_PING_KEEPALIVE];
    if (s->heard) s->wait[H2_WAIT_QUIET] = s->wait[H2_WAIT_PING] = H2_NO_TIME; /* any frame shows life */
    s->heard = false;
    /* Where there is no room for it, it is asked when as much time has passed again. */
    if (overdue(&s->wait[H2_WAIT_QUIET], passed, *asked ? 0 : s->config->keepalive_ms)) h2_ask(s, H2_PING_KEEPALIVE);
    if (overdue(&s->wait[H2_WAIT_PING], passed, *asked ? s->config->keepalive_timeout_ms : 0))
        h2_session_fail(s, H2_RULE_KEEPALIVE, 0);
}

/* Streams whose data has waited for the peer's window through SWEEPS sweeps, and those the program left that long ago.
 * Any DATA sent resets the count. */
static void sweep_blocked(h2_session *s) {
    h2_stream *stream;
    for (int slot = -1; (stream = h2_streams_each(&s->streams, &slot)) != NULL;) {
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
    if (!overdue(&s->wait[H2_WAIT_SWEEP], passed, s->streams.live ? period : 0)) return;
    s->wait[H2_WAIT_SWEEP] = period;
    sweep_blocked(s);
    h2_gauge_sweep_session(s);
}

static uint64_t earliest(const h2_session *s, uint64_t now_ms) {
    uint32_t left = H2_NO_TIME;
    for (int kind = 0; kind < H2_WAITS; kind++) {
        if (s->wait[kind] < left) left = s->wait[kind];
    }
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
    return passed < H2_NO_TIME ? (uint32_t)passed : H2_NO_TIME - 1;
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
    if (overdue(&s->wait[H2_WAIT_BLOCK], passed, s->block.open ? s->config->block_ms : 0))
        h2_session_fail(s, H2_RULE_TIMEOUT, s->block.stream_id);
    tick_keepalive(s, passed);
    h2_gauge_tick(s);
    tick_blocked(s, passed);
    if (h2_session_supply(s) && h2_streams_taken(&s->streams) == 0) h2_session_supply(s)->idle(s);
    return s->over ? UINT64_MAX : earliest(s, now_ms);
}
