/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ENGINES_H
#define BENCH_ENGINES_H

/* A client's and a server's engine joined by memory, with many streams on which the server echoes. */

#include <stdint.h>
#include "h2.h"

/* Octets of a message. */
#define BENCH_MESSAGE 64u

typedef struct bench_engines bench_engines;

/* Two engines with `streams` open streams (1 to 65,000). */
bench_engines *bench_engines_open(uint32_t streams);
void bench_engines_close(bench_engines *e);

/* Send a message on stream `number` (from 0), and take what comes back, compared. */
void bench_engines_echo(bench_engines *e, uint32_t number);

/* Open one more stream, have it answered, and see it end. There must be room: open with one less than is measured. */
void bench_engines_request(bench_engines *e);

/* Give every stream a message while the peer's connection window is shut, so that all of them wait. */
void bench_engines_block(bench_engines *e);
/* A PING of the client's and its answer. */
void bench_engines_ping(bench_engines *e);

/* The server's engine, and a stream's identifier. */
h2_session *bench_engines_server(bench_engines *e);
uint32_t bench_engines_stream(uint32_t number);

/* Time passes at both. */
void bench_engines_tick(bench_engines *e, uint64_t ms);

#endif
