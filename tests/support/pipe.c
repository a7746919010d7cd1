/* SPDX-License-Identifier: MIT */
#include "pipe.h"

#include <stdlib.h>
#include <string.h>

/* One way: a ring of the bytes that its sender has sent and its receiver has not received. */
typedef struct pipe_way {
    uint8_t *ring;
    size_t capacity, start, used;
    uint64_t sent;
    bool ended, lost;
    test_pipe_hook hook;
    void *hook_ctx;
} pipe_way;

typedef struct pipe_side {
    pipe_way *in, *out;
    size_t recv_max, send_max;
    unsigned every, recvs, sends;
} pipe_side;

struct test_pipe {
    pipe_way ways[2];
    pipe_side sides[2];
};

test_pipe *test_pipe_new(size_t capacity) {
    test_pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == NULL) return NULL;
    for (int i = 0; i < 2; i++) {
        pipe->ways[i].ring = malloc(capacity);
        pipe->ways[i].capacity = capacity;
        pipe->sides[i].out = &pipe->ways[i];
        pipe->sides[i].in = &pipe->ways[1 - i];
    }
    if (pipe->ways[0].ring != NULL && pipe->ways[1].ring != NULL) return pipe;
    test_pipe_free(pipe);
    return NULL;
}

void test_pipe_free(test_pipe *pipe) {
    if (pipe == NULL) return;
    free(pipe->ways[0].ring);
    free(pipe->ways[1].ring);
    free(pipe);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t clip(size_t len, size_t limit) {
    return limit != 0 ? least(len, limit) : len;
}

static bool stutters(unsigned every, unsigned *calls) {
    return every != 0 && ++*calls % every == 0;
}

static ptrdiff_t pipe_recv(void *ctx, void *buf, size_t len) {
    pipe_side *s = ctx;
    pipe_way *w = s->in;
    uint8_t *to = buf;
    if (w->lost) return H2CONN_TRANSPORT_ELOST;
    if (w->used == 0) return w->ended ? H2CONN_TRANSPORT_END : H2CONN_TRANSPORT_WANT_READ;
    if (stutters(s->every, &s->recvs)) return H2CONN_TRANSPORT_WANT_READ;
    size_t n = least(clip(len, s->recv_max), w->used);
    size_t first = least(n, w->capacity - w->start);
    memcpy(to, w->ring + w->start, first);
    memcpy(to + first, w->ring, n - first);
    w->start = (w->start + n) % w->capacity;
    w->used -= n;
    return (ptrdiff_t)n;
}

static void put(pipe_way *w, size_t at, const uint8_t *bytes, size_t len) {
    memcpy(w->ring + at, bytes, len);
    if (w->hook != NULL && len > 0) w->hook(w->hook_ctx, w->sent, w->ring + at, len);
    w->sent += len;
    w->used += len;
}

static ptrdiff_t pipe_send(void *ctx, const void *buf, size_t len) {
    pipe_side *s = ctx;
    pipe_way *w = s->out;
    const uint8_t *from = buf;
    if (w->lost || w->ended) return H2CONN_TRANSPORT_ELOST;
    if (w->used == w->capacity || stutters(s->every, &s->sends)) return H2CONN_TRANSPORT_WANT_WRITE;
    size_t n = least(clip(len, s->send_max), w->capacity - w->used);
    size_t at = (w->start + w->used) % w->capacity;
    size_t first = least(n, w->capacity - at);
    put(w, at, from, first);
    put(w, 0, from + first, n - first);
    return (ptrdiff_t)n;
}

h2conn_transport test_pipe_end(test_pipe *pipe, int side) {
    return (h2conn_transport){.recv = pipe_recv, .send = pipe_send, .ctx = &pipe->sides[side]};
}

void test_pipe_chunk(test_pipe *pipe, int side, size_t recv_max, size_t send_max) {
    pipe->sides[side].recv_max = recv_max;
    pipe->sides[side].send_max = send_max;
}

void test_pipe_stutter(test_pipe *pipe, int side, unsigned every) {
    pipe->sides[side].every = every;
}

void test_pipe_alter(test_pipe *pipe, int side, test_pipe_hook hook, void *ctx) {
    pipe->ways[side].hook = hook;
    pipe->ways[side].hook_ctx = ctx;
}

void test_pipe_close(test_pipe *pipe, int side) {
    pipe->ways[side].ended = true;
}

void test_pipe_break(test_pipe *pipe) {
    pipe->ways[0].lost = pipe->ways[1].lost = true;
}

uint64_t test_pipe_sent(const test_pipe *pipe, int side) {
    return pipe->ways[side].sent;
}

size_t test_pipe_waiting(const test_pipe *pipe, int side) {
    return pipe->ways[side].used;
}

bool test_pipe_readable(const test_pipe *pipe, int side) {
    const pipe_way *way = pipe->sides[side].in;
    return way->used > 0 || way->ended || way->lost;
}

bool test_pipe_writable(const test_pipe *pipe, int side) {
    const pipe_way *way = pipe->sides[side].out;
    return way->used < way->capacity || way->ended || way->lost;
}
