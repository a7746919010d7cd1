/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "h2bench_fleet.h"
#include "h2bench_pattern.h"

/* Sessions from one loopback address: fewer than there are ephemeral ports. */
#define SESSIONS_PER_ADDRESS 20000u

static uint8_t buffer[CHUNK_BYTES];

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* ---- the socket as a transport ---- */

static ptrdiff_t result_of(ssize_t n, int again) {
    if (n >= 0) return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? again : H2CONN_TRANSPORT_ELOST;
}

static ptrdiff_t socket_recv(void *ctx, void *buf, size_t len) {
    return result_of(recv(((fleet_session *)ctx)->fd, buf, len, 0), H2CONN_TRANSPORT_WANT_READ);
}

static ptrdiff_t socket_send(void *ctx, const void *buf, size_t len) {
    return result_of(send(((fleet_session *)ctx)->fd, buf, len, MSG_NOSIGNAL), H2CONN_TRANSPORT_WANT_WRITE);
}

static void watch(fleet_session *s, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.ptr = s}};
    if (events == s->watched) return;
    epoll_ctl(s->fleet->epoll, s->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, s->fd, &event);
    s->watched = events;
}

/* ---- failure ---- */

/* The session ends; its open conns are told by the engine, those not begun are counted here. */
static void give_up(fleet_session *s, const char *why) {
    fleet *f = s->fleet;
    if (s->over) return;
    s->over = true;
    if (!s->connected) f->connecting--;
    if (f->why[0] == '\0') snprintf(f->why, sizeof f->why, "%s", why);
    if (s->engine) h2_session_lost(s->engine, H2_CONNECT_ERROR);
    f->failed += f->options->streams - s->opened;
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

/* ---- what the engine says ---- */

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    fleet_session *s = user;
    fleet_conn *c = h2_stream_user(s->engine, id);
    (void)n;
    (void)end;
    if (section != H2_RESPONSE || s->fleet->options->idle) return;
    if (fields[0].value_len != 3 || fields[0].value[0] != '2') {
        if (s->fleet->why[0] == '\0')
            snprintf(s->fleet->why, sizeof s->fleet->why, "the answer has status %.3s", fields[0].value);
        h2_stream_reset(s->engine, id, H2_CANCEL);
        return;
    }
    c->open = true;
    s->fleet->open++;
}

/* Where a conn's message begins in the pattern. */
static const uint8_t *message_of(const fleet_session *s, const fleet_conn *c) {
    uint64_t at = (uint64_t)(c->id + (size_t)(s - s->fleet->sessions)) * 7919u;
    return bench_pattern + (at + (uint64_t)c->messages * s->fleet->options->size) % PATTERN_BYTES;
}

static void say(fleet_session *s, fleet_conn *c) {
    const unsigned size = s->fleet->options->size;
    c->sent_us = now_us();
    if (h2_stream_write(s->engine, c->id, message_of(s, c), size, 0) != H2_OK) return;
    c->waiting = true;
    s->fleet->waiting++;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    fleet_session *s = user;
    fleet *f = s->fleet;
    fleet_conn *c = h2_stream_user(s->engine, id);
    h2_stream_consumed(s->engine, id, len);
    if (end) c->ended = true;
    if (len == 0 || f->options->idle) return;
    if (!c->waiting || c->got + len > f->options->size || memcmp(bytes, message_of(s, c) + c->got, len) != 0) {
        f->wrong++;
        h2_stream_reset(s->engine, id, H2_CANCEL);
        return;
    }
    c->got += (uint32_t)len;
    if (c->got < f->options->size) return;
    latency_add(&f->latency, now_us() - c->sent_us);
    c->got = 0;
    c->messages++;
    c->waiting = false;
    f->waiting--;
    if (f->echoing) say(s, c);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    fleet_session *s = user;
    fleet *f = s->fleet;
    fleet_conn *c = h2_stream_user(s->engine, id);
    if (c->waiting) f->waiting--;
    c->waiting = false;
    f->closed++;
    if (why->culprit == H2_BY_NOBODY && c->ended) return;
    f->failed++;
    if (f->why[0] == '\0')
        snprintf(f->why, sizeof f->why, "a stream ended: %s %s", h2_code_name(why->code), h2_rule_text(why->rule));
}

static void on_settings(void *user) {
    ((fleet_session *)user)->fleet->ready++;
}

static void on_pong(void *user, const uint8_t opaque[H2_PING_BYTES]) {
    fleet_session *s = user;
    (void)opaque;
    if (!s->ponged) s->fleet->pongs++;
    s->ponged = true;
}

/* ---- memory for the engine ---- */

static void *lend(void *user, size_t bytes) {
    (void)user;
    return malloc(bytes);
}

static void take_back(void *user, void *memory, size_t bytes) {
    (void)user;
    (void)bytes;
    free(memory);
}

/* ---- beginning ---- */

static bool connect_socket(fleet *f, fleet_session *s) {
    const struct addrinfo *to = f->address;
    const int on = 1;
    const unsigned number = (unsigned)(s - f->sessions) / SESSIONS_PER_ADDRESS;
    s->fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (s->fd < 0) return false;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)to->ai_addr;
    if (number > 0 && to->ai_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK + number)}};
        setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(s->fd, (struct sockaddr *)&from, sizeof from) != 0) return false;
    }
    return connect(s->fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS;
}

void session_begin(fleet *f, fleet_session *s) {
    static const h2_lender lender = {lend, take_back, NULL};
    static const h2_handlers handlers = {.on_headers = on_headers,
                                         .on_data = on_data,
                                         .on_closed = on_closed,
                                         .on_settings = on_settings,
                                         .on_pong = on_pong};
    *s = (fleet_session){.fleet = f, .fd = -1};
    f->begun++;
    f->connecting++;
    s->below = (h2conn_transport){socket_recv, socket_send, s};
    s->above = s->below;
    s->conns = calloc(f->options->streams, sizeof *s->conns);
    if (!s->conns || h2_session_new(&s->engine, &lender, &f->config, &handlers, s) != H2_OK) {
        give_up(s, "no memory");
        return;
    }
    if (!connect_socket(f, s)) {
        give_up(s, strerror(errno));
        return;
    }
    const h2conn_secure *secure = f->options->secure;
    if (secure && secure->open(secure->ctx, &s->below, f->host, &s->above) != 0) {
        give_up(s, "cannot begin TLS");
        return;
    }
    s->secured = secure != NULL;
    watch(s, EPOLLOUT);
}

/* ---- moving bytes ---- */

static bool send_unsent(fleet_session *s) {
    while (s->unsent) {
        ptrdiff_t n = s->above.send(s->above.ctx, s->unsent + s->unsent_at, s->unsent_end - s->unsent_at);
        if (n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE) {
            watch(s, n == H2CONN_TRANSPORT_WANT_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN);
            return false;
        }
        if (n <= 0) {
            give_up(s, "the connection was lost");
            return false;
        }
        s->unsent_at += (size_t)n;
        if (s->unsent_at < s->unsent_end) continue;
        free(s->unsent);
        s->unsent = NULL;
    }
    return true;
}

/* Send what the engine owes. */
static void flush(fleet_session *s) {
    size_t n;
    if (s->over || !s->connected || !send_unsent(s)) return;
    while ((n = h2_session_transmit(s->engine, buffer, sizeof buffer)) > 0) {
        ptrdiff_t sent = s->above.send(s->above.ctx, buffer, n);
        if (sent == (ptrdiff_t)n) continue;
        size_t done = sent > 0 ? (size_t)sent : 0;
        s->unsent = malloc(n - done);
        if (!s->unsent) {
            give_up(s, "no memory");
            return;
        }
        memcpy(s->unsent, buffer + done, n - done);
        s->unsent_at = 0;
        s->unsent_end = n - done;
        if (!send_unsent(s)) return;
    }
    watch(s, EPOLLIN);
}

static void receive(fleet_session *s) {
    for (;;) {
        ptrdiff_t n = s->above.recv(s->above.ctx, buffer, sizeof buffer), at = 0;
        if (n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE) return;
        if (n <= 0) {
            const char *why =
                s->secured && n == H2CONN_TRANSPORT_ETLS ? s->fleet->options->secure->failure(&s->above) : NULL;
            give_up(s, why ? why : "the server closed a connection");
            return;
        }
        while (at < n) {
            ptrdiff_t took = h2_session_receive(s->engine, buffer + at, (size_t)(n - at));
            if (took < 0) {
                flush(s);
                give_up(s, h2_rule_text(h2_session_failure(s->engine)->rule));
                return;
            }
            at += took;
            if (at == n) break;
            static uint8_t kept[CHUNK_BYTES]; /* sending uses the buffer */
            memcpy(kept, buffer, (size_t)n);
            flush(s);
            if (s->over) return;
            memcpy(buffer, kept, (size_t)n);
        }
        if (!s->secured && n < (ptrdiff_t)sizeof buffer) return;
    }
}

void session_ready(fleet_session *s, uint32_t events) {
    if (s->over) return;
    if (!s->connected) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error) {
            give_up(s, strerror(error));
            return;
        }
        s->connected = true;
        s->fleet->connecting--;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(s);
    session_open_streams(s);
}

/* ---- what the fleet does ---- */

void session_open_streams(fleet_session *s) {
    const fleet *f = s->fleet;
    if (s->over || !s->connected) return;
    const h2_field fields[] = {H2_FIELD(":method", "POST"),
                               {":scheme", f->https ? "https" : "http", 7, f->https ? 5 : 4, false},
                               {":authority", f->authority, 10, f->authority_len, false},
                               {":path", f->path, 5, f->path_len, false}};
    while (s->opened < f->target && h2_session_ready(s->engine)) {
        fleet_conn *c = &s->conns[s->opened];
        if (h2_stream_open(s->engine, fields, 4, 0, &c->id) != H2_OK) break;
        h2_stream_set_user(s->engine, c->id, c);
        s->opened++;
        s->ponged = false;
    }
    flush(s);
}

void session_echo(fleet_session *s) {
    for (unsigned i = 0; i < s->opened && !s->over; i++)
        if (s->conns[i].open) say(s, &s->conns[i]);
    flush(s);
}

void session_ping(fleet_session *s) {
    static const uint8_t opaque[H2_PING_BYTES] = {'h', '2', 'b', 'e', 'n', 'c', 'h'};
    s->ponged = false;
    if (s->over) return;
    h2_session_ping(s->engine, opaque);
    flush(s);
}

void session_end_streams(fleet_session *s) {
    for (unsigned i = 0; i < s->opened && !s->over; i++) h2_stream_write(s->engine, s->conns[i].id, NULL, 0, H2_END);
    flush(s);
}

void session_free(fleet_session *s) {
    if (s->secured) s->fleet->options->secure->release(&s->above);
    if (s->fd >= 0) close(s->fd);
    if (s->engine) h2_session_free(s->engine);
    free(s->unsent);
    free(s->conns);
}
