/* SPDX-License-Identifier: MIT */
#ifndef TEST_PIPE_H
#define TEST_PIPE_H

/*
 * Two transports joined in memory: what side 0 sends, side 1 receives, and the other way round. Each way holds a
 * bounded number of bytes, and can be made to move them a few at a time, to answer WANT where it could have gone on, to
 * alter bytes on the way, and to end. Nothing waits and nothing is random. One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2conn_transport.h"

typedef struct test_pipe test_pipe;

/* Sees `len` bytes on their way and may change them; `offset` counts all bytes sent that way before. */
typedef void (*test_pipe_hook)(void *ctx, uint64_t offset, uint8_t *bytes, size_t len);

/* Both ways hold up to `capacity` bytes, at least 1. NULL when out of memory. */
test_pipe *test_pipe_new(size_t capacity);
void test_pipe_free(test_pipe *pipe);

/* The transport of side 0 or 1, valid as long as the pipe. */
h2conn_transport test_pipe_end(test_pipe *pipe, int side);

/* No call of this side moves more than so many bytes; 0 is no limit. */
void test_pipe_chunk(test_pipe *pipe, int side, size_t recv_max, size_t send_max);

/* Every `every`-th recv and send of this side answers WANT without moving a byte; at least 2, or 0 for never. */
void test_pipe_stutter(test_pipe *pipe, int side, unsigned every);

/* Call `hook` on all that this side sends. NULL ends it. */
void test_pipe_alter(test_pipe *pipe, int side, test_pipe_hook hook, void *ctx);

/* This side ends what it sends: the other receives what is on the way and then H2CONN_TRANSPORT_END. A later send of
 * this side gives H2CONN_TRANSPORT_ELOST, and it still receives. */
void test_pipe_close(test_pipe *pipe, int side);

/* The whole pipe breaks: every later call on both sides gives H2CONN_TRANSPORT_ELOST. */
void test_pipe_break(test_pipe *pipe);

/* Bytes this side has sent in all, and those of them that the other has not received yet. */
uint64_t test_pipe_sent(const test_pipe *pipe, int side);
size_t test_pipe_waiting(const test_pipe *pipe, int side);

/* What poll would say: whether this side could receive (bytes or an end), or send, without a WANT code. */
bool test_pipe_readable(const test_pipe *pipe, int side);
bool test_pipe_writable(const test_pipe *pipe, int side);

#endif
