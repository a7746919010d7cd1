/* SPDX-License-Identifier: MIT */
#include "probe.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "h2_error.h"
#include "h2conn.h"
#include "reader.h"

#define PATIENCE_MS 5000
#define IN_BYTES    65536u
/* A point refills in this part of a second, as a share of what is borne. */
#define REFILL_SHARE 0.1

typedef struct visit {
    int fd;
    reader in;
    bool ended, pong;
    uint32_t code; /* of GOAWAY */
    int64_t goaway_us;
} visit;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool enter(visit *v, uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int one = 1;
    *v = (visit){.fd = socket(AF_INET, SOCK_STREAM, 0), .code = PROBE_UNKNOWN};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v->ended = v->fd < 0 || connect(v->fd, (struct sockaddr *)&to, sizeof to) != 0;
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(v->fd, F_SETFL, O_NONBLOCK);
    return !v->ended;
}

static void note(void *user, const h2_frame_header *header, const uint8_t *payload) {
    visit *v = user;
    if (header->type == H2_PING && header->flags & H2_FLAG_ACK)
        v->pong = memcmp(payload, "survived", H2_PING_BYTES) == 0;
    if (header->type != H2_GOAWAY) return;
    v->code = reader_goaway_code(payload);
    v->goaway_us = now_us();
}

/* Wait for either, and read what is there. Returns whether there is room to send. */
static bool look(visit *v, short events, int timeout) {
    uint8_t in[IN_BYTES];
    struct pollfd fd = {.fd = v->fd, .events = events};
    if (poll(&fd, 1, timeout) <= 0) return false;
    if (fd.revents & (POLLIN | POLLERR | POLLHUP)) {
        const ssize_t n = recv(v->fd, in, sizeof in, 0);
        if (n > 0) reader_take(&v->in, in, (size_t)n, note, v);
        v->ended = n == 0 || (n < 0 && errno != EAGAIN);
    }
    return fd.revents & POLLOUT;
}

static void say(visit *v, const uint8_t *bytes, size_t n) {
    const int64_t until = h2conn_now() + PATIENCE_MS;
    while (n > 0 && !v->ended && h2conn_now() < until) {
        if (!look(v, POLLIN | POLLOUT, PATIENCE_MS) || v->ended) continue;
        const ssize_t sent = send(v->fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0) {
            v->ended = errno != EAGAIN;
            continue;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
}

/* Say hello and `units`, many at once. */
static void say_units(visit *v, const attack_kind *kind, uint32_t units) {
    static _Thread_local uint8_t out[H2_PREFACE_BYTES + H2_FRAME_HEADER_BYTES + 8 * ATTACK_UNIT_BYTES];
    size_t len = 0;
    if (!kind->bare) {
        const h2_frame_header settings = {0, H2_SETTINGS, 0, 0};
        memcpy(out, H2_PREFACE, H2_PREFACE_BYTES);
        len = H2_PREFACE_BYTES + h2_frame_header_write(out + H2_PREFACE_BYTES, &settings);
    }
    for (uint32_t i = 0; i < units && !v->ended; i++) {
        len += kind->unit(out + len, i);
        if (sizeof out - len >= ATTACK_UNIT_BYTES) continue;
        say(v, out, len);
        len = 0;
    }
    say(v, out, len);
}

/* Whether a connection lives that has sent `units`: a PING behind them is answered, or hits an unfinished block. */
static bool survives(const attack_kind *kind, uint16_t port, uint32_t units) {
    uint8_t ping[H2_FRAME_HEADER_BYTES + H2_PING_BYTES];
    const h2_frame_header header = {H2_PING_BYTES, H2_PING, 0, 0};
    const int64_t until = h2conn_now() + PATIENCE_MS;
    visit v;
    if (!enter(&v, port)) return false;
    say_units(&v, kind, units);
    memcpy(ping + h2_frame_header_write(ping, &header), "survived", H2_PING_BYTES);
    say(&v, ping, sizeof ping);
    while (!v.ended && !v.pong && h2conn_now() < until) look(&v, POLLIN, PATIENCE_MS);
    close(v.fd);
    return v.pong || (kind->in_block && v.code == H2_PROTOCOL_ERROR);
}

uint32_t probe_bears(const attack_kind *kind, uint16_t port, double *allowed) {
    uint32_t borne = 0, deadly = 2 * kind->bears + 1;
    int64_t longest = 0;
    *allowed = kind->bears;
    if (survives(kind, port, deadly)) return PROBE_UNKNOWN;
    while (deadly - borne > 1) {
        const uint32_t middle = borne + (deadly - borne) / 2;
        const int64_t start = now_us();
        if (survives(kind, port, middle))
            borne = middle;
        else
            deadly = middle;
        if (now_us() - start > longest) longest = now_us() - start;
    }
    *allowed *= 1 + REFILL_SHARE * (double)longest / 1e6;
    return borne;
}

void probe_ended_at_once(const attack_kind *kind, uint16_t port, unsigned n) {
    visit v;
    for (unsigned i = 0; i < n && enter(&v, port); i++) {
        const int64_t until = h2conn_now() + PATIENCE_MS;
        say_units(&v, kind, 1);
        while (!v.ended && h2conn_now() < until) look(&v, POLLIN, PATIENCE_MS);
        close(v.fd);
    }
}

/* ---- how long a socket stays after GOAWAY ---- */

struct probe {
    pthread_t thread;
    const attack_kind *kind;
    uint16_t port;
    _Atomic bool stopping;
    double worst_ms;
};

/* The peer of a socket that is closed answers what is sent with a reset, where one that only ended its half does not.
 */
static void outstay(probe *p, visit *v) {
    const int64_t until = now_us() + 1000 * PATIENCE_MS;
    while (v->goaway_us > 0 && now_us() < until) {
        if (send(v->fd, "\0", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) break;
        nanosleep(&(struct timespec){0, 500000}, NULL);
    }
    const double ms = (double)(now_us() - v->goaway_us) / 1000;
    if (v->goaway_us > 0 && ms > p->worst_ms) p->worst_ms = ms;
}

static void *run(void *user) {
    probe *p = user;
    visit v;
    while (!p->stopping && enter(&v, p->port)) {
        const int64_t until = h2conn_now() + PATIENCE_MS;
        say_units(&v, p->kind, 2 * p->kind->bears + 1);
        while (!v.ended && v.goaway_us == 0 && h2conn_now() < until && !p->stopping) look(&v, POLLIN, 100);
        outstay(p, &v);
        close(v.fd);
    }
    return NULL;
}

probe *probe_start(const attack_kind *kind, uint16_t port) {
    probe *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->kind = kind;
    p->port = port;
    p->worst_ms = -1;
    if (pthread_create(&p->thread, NULL, run, p) != 0) abort();
    return p;
}

double probe_stop(probe *p) {
    p->stopping = true;
    pthread_join(p->thread, NULL);
    const double worst = p->worst_ms;
    free(p);
    return worst;
}
