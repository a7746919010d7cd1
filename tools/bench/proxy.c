/* SPDX-License-Identifier: MIT */
/*
 * A long link in user space: what arrives on either side leaves on the other after a delay, and no faster than a rate.
 * usage: proxy PORT DELAY-MICROSECONDS RATE-MB/S    from a free port of 127.0.0.1 to PORT; a rate of 0 is none
 *
 * Each direction is a ring of bytes and a ring of their times. A sender faster than the link finds a router's buffer of
 * QUEUE_NS in front of it and then waits. The sockets' own buffers are kept small: their queues would add to the delay.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "bench_common.h"
#include "bench_wire.h"

#define RING_BYTES   (UINT64_C(128) << 20)
#define PIECES       65536u
#define PIECE_BYTES  (UINT64_C(256) << 10)
#define QUEUE_NS     UINT64_C(5000000)
#define SOCKET_BYTES (512 << 10)

typedef struct piece {
    uint64_t at; /* when its last byte arrives */
    uint64_t end;
} piece;

/* Offsets only grow; modulo the rings' sizes they are places. */
typedef struct line {
    int from, to;
    uint8_t *ring;
    piece *pieces;
    uint64_t head, tail; /* bytes [head, tail) are under way */
    uint64_t first, last;
    uint64_t link_free; /* when the link has sent what it was given */
    bool ended, passed; /* the sender's end was read; and passed on */
} line;

static uint64_t delay_ns, rate;

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static bool may_read(const line *l, uint64_t now) {
    return !l->ended && l->tail - l->head < RING_BYTES && l->last - l->first < PIECES && l->link_free < now + QUEUE_NS;
}

/* False when the connection is broken. */
static bool take_in(line *l, uint64_t now) {
    uint64_t place = l->tail % RING_BYTES;
    uint64_t room = least(least(RING_BYTES - place, RING_BYTES - (l->tail - l->head)), rate ? 65536 : PIECE_BYTES);
    ssize_t n = recv(l->from, l->ring + place, (size_t)room, 0);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) l->ended = true;
    l->tail += (uint64_t)n;
    if (l->link_free < now) l->link_free = now;
    if (rate) l->link_free += (uint64_t)n * 1000 / rate;
    l->pieces[l->last++ % PIECES] = (piece){l->link_free + delay_ns, l->tail};
    return true;
}

/* Pass on what is due. Sets `wait` to POLLOUT when the receiver is full. */
static bool give_out(line *l, uint64_t now, short *wait) {
    while (l->first < l->last && l->pieces[l->first % PIECES].at <= now) {
        uint64_t place = l->head % RING_BYTES, end = l->pieces[l->first % PIECES].end;
        /* Pieces that are due together go together. */
        while (l->first + 1 < l->last && l->pieces[(l->first + 1) % PIECES].at <= now)
            end = l->pieces[++l->first % PIECES].end;
        size_t len = (size_t)least(end - l->head, RING_BYTES - place);
        ssize_t n = len ? send(l->to, l->ring + place, len, MSG_NOSIGNAL) : 0;
        if (n < 0 && errno != EAGAIN) return false;
        if (n > 0) l->head += (uint64_t)n;
        if (l->head == end) {
            l->first++;
        } else if (n < (ssize_t)len) {
            *wait = POLLOUT;
            return true;
        }
    }
    if (l->ended && l->first == l->last && !l->passed) {
        shutdown(l->to, SHUT_WR);
        l->passed = true;
    }
    return true;
}

static uint64_t next_time(const line *l, uint64_t now) {
    uint64_t at = l->first < l->last ? l->pieces[l->first % PIECES].at : UINT64_MAX;
    if (!l->ended && l->link_free >= now + QUEUE_NS) at = least(at, l->link_free - QUEUE_NS + 1);
    return at;
}

static bool step(line lines[2]) {
    struct pollfd p[2] = {{lines[0].from, 0, 0}, {lines[1].from, 0, 0}};
    uint64_t now = bench_now_ns(), at = UINT64_MAX;
    for (int i = 0; i < 2; i++) {
        short wait = 0;
        if (!give_out(&lines[i], now, &wait)) return false;
        if (may_read(&lines[i], now)) p[i].events |= POLLIN;
        p[!i].events |= wait;
        if (!wait) at = least(at, next_time(&lines[i], now));
    }
    if (lines[0].passed && lines[1].passed) return false;
    for (int i = 0; i < 2; i++)
        if (p[i].events == 0) p[i].fd = -1; /* a hung-up socket would wake for ever */
    uint64_t ns = at == UINT64_MAX ? 1000000000u : at > now ? at - now : 0;
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    if (ppoll(p, 2, &t, NULL) < 0 && errno != EINTR) return false;
    now = bench_now_ns();
    for (int i = 0; i < 2; i++)
        if (p[i].revents & (POLLIN | POLLHUP | POLLERR) && may_read(&lines[i], now) && !take_in(&lines[i], now))
            return false;
    return true;
}

static void *map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) bench_die("out of memory");
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static void prepare(int fd) {
    int bytes = SOCKET_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void serve(int fd, void *user) {
    int ends[2] = {fd, bench_dial(user)};
    line lines[2];
    prctl(PR_SET_TIMERSLACK, 1);
    for (int i = 0; i < 2; i++) {
        prepare(ends[i]);
        lines[i] = (line){.from = ends[i], .to = ends[!i]};
        lines[i].ring = map(RING_BYTES);
        lines[i].pieces = map(PIECES * sizeof(piece));
    }
    while (step(lines)) {
    }
    for (int i = 0; i < 2; i++) {
        munmap(lines[i].ring, RING_BYTES);
        munmap(lines[i].pieces, PIECES * sizeof(piece));
        close(ends[i]);
    }
}

int main(int argc, char **argv) {
    char to[32];
    if (argc != 4) bench_die("usage: proxy PORT DELAY-MICROSECONDS RATE-MB/S");
    snprintf(to, sizeof to, "tcp://127.0.0.1:%s", argv[1]);
    delay_ns = bench_number(argv[2], 10000000) * 1000;
    rate = strcmp(argv[3], "0") == 0 ? 0 : bench_number(argv[3], 100000);
    bench_accept_all(bench_listen(), serve, to);
}
