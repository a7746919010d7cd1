/* SPDX-License-Identifier: MIT */
#include "h2_gauge.h"

#ifndef H2_SMALL

/* A gauging starts when this share of a first window has come, so that small talk is spared the PINGs. */
#define START_SHARE 4u
/* With less credit than this share of the window, it is the program that is in the way. */
#define CREDIT_SHARE 4u
/* After one that found a window in the way, and after one that did not: a path takes time to fill. */
#define AGAIN_MS 10u
#define REST_MS  100u
/* So many laps the shortest one is believed: paths become longer. */
#define LAPS_BELIEVED 128u

void h2_gauge_init(h2_session *s) {
    s->gauge.least_ms = s->gauge.recent_ms = H2_LAP_UNKNOWN;
    s->recv_target = s->config->session_window;
}

static bool is_on(const h2_session *s) {
    /* Before the acknowledgement the peer may still go by the protocol's default; without a clock PINGs would not end.
     */
    return s->config->window_most > 0 && s->settings_acked && s->now > 0;
}

void h2_gauge_data(h2_session *s, h2_stream *stream, uint32_t n) {
    h2_gauge *g = &s->gauge;
    if (!is_on(s)) return;
    stream->flags |= H2_STREAM_FED;
    g->fed = true;
    g->octets += n;
    if (s->ping_state[H2_PING_GAUGE] == H2_PING_NONE) {
        if (g->octets < s->config->stream_window / START_SHARE || s->now < g->next_at || g->lap != H2_LAP_NONE) return;
        s->ping_state[H2_PING_GAUGE] = H2_PING_OWED;
        g->stream_id = stream->id;
    } else if (stream->id == g->stream_id) {
        g->stream_octets += n;
    }
}

void h2_gauge_begin(h2_session *s) {
    s->gauge.lap = H2_LAP_BEGUN;
    s->gauge.begun_at = s->now;
    const h2_stream *stream = h2_streams_find(&s->streams, s->gauge.stream_id);
    s->gauge.stream_credit = stream ? h2_window_open(&stream->recv) : 0;
    s->gauge.credit = h2_window_open(&s->recv);
    s->gauge.octets = s->gauge.stream_octets = 0;
}

void h2_gauge_end(h2_session *s) {
    if (s->gauge.lap != H2_LAP_NONE) s->gauge.lap = H2_LAP_DONE;
}

/* Whether a window was in the way of a lap in which the path held `octets`. */
static bool was_narrow(uint32_t target, uint32_t credit, uint64_t octets) {
    return credit >= target / CREDIT_SHARE && octets >= credit - credit / 4;
}

static uint32_t doubled(const h2_session *s, uint32_t target) {
    uint32_t most = s->config->window_most;
    return target < most / 2 ? target * 2 : target < most ? most : target;
}

static bool ask(h2_session *s, int64_t octets) {
    return !s->handlers->on_grow || s->handlers->on_grow(s->user, octets);
}

static bool grow_stream(h2_session *s, h2_stream *stream, uint64_t octets) {
    uint32_t to = doubled(s, stream->target);
    if (!was_narrow(stream->target, s->gauge.stream_credit, octets)) return false;
    if (to <= stream->target || !ask(s, to - stream->target)) return false;
    h2_window_consume(&stream->recv, to - stream->target);
    stream->target = to;
    h2_streams_owe(&s->streams, stream);
    return true;
}

/* The session's window is no promise of memory beside those of the streams, so nobody is asked. */
static bool grow_session(h2_session *s, uint64_t octets, uint32_t least) {
    uint32_t to = s->recv_target;
    if (was_narrow(to, s->gauge.credit, octets)) to = doubled(s, to);
    if (to < least) to = least;
    if (to <= s->recv_target) return false;
    h2_window_consume(&s->recv, to - s->recv_target);
    s->recv_target = to;
    return true;
}

/* Of what came in a lap of `lap_ms`, the part that the path holds. */
static uint64_t product(const h2_gauge *g, uint64_t octets, uint64_t lap_ms) {
    return lap_ms > 0 ? octets * g->least_ms / lap_ms : 0;
}

static void note_lap(h2_gauge *g, uint64_t lap_ms) {
    uint32_t ms = lap_ms < H2_LAP_UNKNOWN ? (uint32_t)lap_ms : H2_LAP_UNKNOWN - 1;
    if (ms < g->recent_ms) g->recent_ms = ms;
    if (g->recent_ms < g->least_ms) g->least_ms = g->recent_ms;
    if (++g->laps < LAPS_BELIEVED) return;
    g->least_ms = g->recent_ms;
    g->recent_ms = H2_LAP_UNKNOWN;
    g->laps = 0;
}

static void finish_lap(h2_session *s) {
    h2_gauge *g = &s->gauge;
    uint64_t lap_ms = s->now - g->begun_at;
    g->lap = H2_LAP_NONE;
    if (g->begun_at == 0) return; /* SETTINGS left before the first tick */
    note_lap(g, lap_ms);
    h2_stream *stream = h2_streams_find(&s->streams, g->stream_id);
    bool grew = stream && grow_stream(s, stream, product(g, g->stream_octets, lap_ms));
    if (grow_session(s, product(g, g->octets, lap_ms), grew ? stream->target : 0)) grew = true;
    g->next_at = s->now + (grew ? AGAIN_MS : REST_MS);
    g->octets = g->stream_octets = 0;
}

void h2_gauge_tick(h2_session *s) {
    if (s->gauge.lap == H2_LAP_DONE) finish_lap(s);
}

void h2_gauge_sweep(h2_session *s, h2_stream *stream) {
    if (!(stream->flags & H2_STREAM_FED)) h2_gauge_return(s, stream);
    stream->flags &= (uint16_t)~H2_STREAM_FED;
}

void h2_gauge_sweep_session(h2_session *s) {
    if (!s->gauge.fed) s->recv_target = s->config->session_window;
    s->gauge.fed = false;
}

void h2_gauge_return(h2_session *s, h2_stream *stream) {
    if (stream->target <= s->config->stream_window) return;
    ask(s, (int64_t)s->config->stream_window - stream->target);
    stream->target = s->config->stream_window;
}

#endif
