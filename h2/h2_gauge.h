/* SPDX-License-Identifier: MIT */
#ifndef H2_GAUGE_H
#define H2_GAUGE_H

/*
 * Receive windows that grow with the bandwidth-delay product (RFC 9113, 5.2.2).
 *
 * A PING goes there and back. Before it left, the peer had been told of so much credit; when its answer is here, all
 * that the peer sent by that credit is too, and nothing yet by credit that followed the PING. If that is most of the
 * credit, the window was in the way and doubles, up to h2_config.window_most. Two things look the same and are not:
 * buffers on the way that fill up make a lap longer, so what comes is scaled to the shortest lap; and a program that
 * does not read leaves little credit to begin with, so that such laps do not count. A window that was not needed
 * between two sweeps goes back to where it started. A PING goes out only beside DATA in bulk; the first lap is that of
 * SETTINGS and their acknowledgement.
 *
 * As all of the engine, this hears the time from ticks alone: a lap is timed from the last tick before it begins to the
 * first after it ends, so that it is never taken for shorter than it was.
 *
 * The small profile (H2_SMALL) leaves this out: its windows are what they are.
 */

#include "h2_internal.h"

#ifndef H2_SMALL

void h2_gauge_init(h2_session *s);
/* A stream begins with the first window. */
static inline void h2_gauge_open(const h2_session *s, h2_stream *stream) {
    stream->target = s->config->stream_window;
}
/* What its receive window is meant to stay at. */
static inline uint32_t h2_gauge_target(const h2_session *s, const h2_stream *stream) {
    (void)s;
    return stream->target;
}
/* DATA of `n` octets came for a stream. */
void h2_gauge_data(h2_session *s, h2_stream *stream, uint32_t n);
/* A lap begins: SETTINGS or the PING leave. */
void h2_gauge_begin(h2_session *s);
/* And ends: the acknowledgement came. */
void h2_gauge_end(h2_session *s);
void h2_gauge_tick(h2_session *s);
/* Take back what was not needed since the last sweep. */
void h2_gauge_sweep(h2_session *s, h2_stream *stream);
void h2_gauge_sweep_session(h2_session *s);
/* Announce no more than makes `target`, once that was lowered. */
static inline void h2_gauge_keep(h2_window *w, uint32_t target) {
    h2_window_keep(w, target);
}
/* The stream is closing: what it grew by is free for others. */
void h2_gauge_return(h2_session *s, h2_stream *stream);

#else

static inline void h2_gauge_init(h2_session *s) {
    (void)s;
}
static inline void h2_gauge_open(const h2_session *s, h2_stream *stream) {
    (void)s, (void)stream;
}
static inline uint32_t h2_gauge_target(const h2_session *s, const h2_stream *stream) {
    (void)stream;
    return s->config->stream_window;
}
static inline void h2_gauge_data(h2_session *s, h2_stream *stream, uint32_t n) {
    (void)s, (void)stream, (void)n;
}
static inline void h2_gauge_begin(h2_session *s) {
    (void)s;
}
static inline void h2_gauge_end(h2_session *s) {
    (void)s;
}
static inline void h2_gauge_tick(h2_session *s) {
    (void)s;
}
static inline void h2_gauge_keep(h2_window *w, uint32_t target) {
    (void)w, (void)target;
}
static inline void h2_gauge_sweep(h2_session *s, h2_stream *stream) {
    (void)s, (void)stream;
}
static inline void h2_gauge_sweep_session(h2_session *s) {
    (void)s;
}
static inline void h2_gauge_return(h2_session *s, h2_stream *stream) {
    (void)s, (void)stream;
}

#endif
#endif
