/* SPDX-License-Identifier: MIT */
#include "storm.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "h2conn.h"
#include "reader.h"

#define OUT_BYTES 65536u
#define TIMES_MAX 4096u
#define POLL_MS   20
#define NO_CODE   UINT32_MAX

typedef struct attacker {
    int fd; /* -1 when it is to come again */
    uint32_t units, in_flight;
    bool invited; /* the server opened the session's window */
    uint8_t out[OUT_BYTES];
    size_t out_at, out_len;
    reader in;
    int64_t opened_at;
} attacker;

typedef struct storm {
    const attack_kind *kind;
    struct sockaddr_in to;
    attacker *attackers;
    storm_figures f;
    int64_t times[TIMES_MAX];
} storm;

static void open_one(storm *s, attacker *a) {
    const int one = 1;
    memset(a, 0, sizeof *a);
    a->fd = socket(AF_INET, SOCK_STREAM, 0);
    a->opened_at = h2conn_now();
    if (a->fd < 0 || connect(a->fd, (struct sockaddr *)&s->to, sizeof s->to) != 0) {
        if (a->fd >= 0) close(a->fd);
        a->fd = -1;
        return;
    }
    setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(a->fd, F_SETFL, O_NONBLOCK);
    s->f.opened++;
    if (s->kind->bare) return;
    memcpy(a->out, H2_PREFACE, H2_PREFACE_BYTES);
    h2_frame_header settings = {0, H2_SETTINGS, 0, 0};
    a->out_len = H2_PREFACE_BYTES + h2_frame_header_write(a->out + H2_PREFACE_BYTES, &settings);
}

static void ended(storm *s, attacker *a) {
    int64_t now = h2conn_now();
    if (s->f.ended < TIMES_MAX) s->times[s->f.ended] = now - a->opened_at;
    s->f.ended++;
    close(a->fd);
    a->fd = -1;
}

/* ---- sending ---- */

static bool may_write(const storm *s, const attacker *a) {
    if (s->kind->patient && !a->invited) return false;
    if (s->kind->manner == ATTACK_HOLD) return a->units < s->kind->hold;
    return s->kind->in_flight == 0 || a->in_flight < s->kind->in_flight;
}

static void fill(storm *s, attacker *a) {
    memmove(a->out, a->out + a->out_at, a->out_len - a->out_at);
    a->out_len -= a->out_at;
    a->out_at = 0;
    while (may_write(s, a) && a->out_len + ATTACK_UNIT_BYTES <= OUT_BYTES) {
        a->out_len += s->kind->unit(a->out + a->out_len, a->units++);
        a->in_flight++;
    }
}

static bool push(storm *s, attacker *a) {
    fill(s, a);
    if (a->out_at == a->out_len) return true;
    ssize_t n = send(a->fd, a->out + a->out_at, a->out_len - a->out_at, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    a->out_at += (size_t)n;
    s->f.octets += (uint64_t)n;
    return true;
}

/* ---- reading ---- */

typedef struct listening {
    storm *s;
    attacker *a;
} listening;

static void note_frame(void *user, const h2_frame_header *header, const uint8_t *payload) {
    const listening *l = user;
    const bool last = header->flags & H2_FLAG_END_STREAM && (header->type == H2_HEADERS || header->type == H2_DATA);
    if ((last || header->type == H2_RST_STREAM) && l->a->in_flight > 0) {
        l->a->in_flight--;
        l->s->f.requests++;
    }
    if (header->type == H2_WINDOW_UPDATE && header->stream_id == 0) l->a->invited = true;
    if (header->type == H2_GOAWAY) l->s->f.code = reader_goaway_code(payload);
}

/* False at the end of the connection. */
static bool pull(storm *s, attacker *a) {
    static uint8_t in[65536];
    ssize_t n = recv(a->fd, in, sizeof in, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    if (!s->kind->bare) reader_take(&a->in, in, (size_t)n, note_frame, &(listening){s, a});
    return true;
}

/* ---- all of it ---- */

static short interest(const storm *s, const attacker *a) {
    short events = 0;
    if (a->out_at < a->out_len || may_write(s, a)) events |= POLLOUT;
    /* a deaf one still hears of the end */
    events |= s->kind->manner == ATTACK_DEAF ? POLLRDHUP : POLLIN;
    return events;
}

static void turn(storm *s, unsigned connections) {
    struct pollfd fds[STORM_CONNECTIONS_MAX];
    for (unsigned i = 0; i < connections; i++) {
        if (s->attackers[i].fd < 0) open_one(s, &s->attackers[i]);
        fds[i] = (struct pollfd){.fd = s->attackers[i].fd, .events = interest(s, &s->attackers[i])};
    }
    if (poll(fds, connections, POLL_MS) <= 0) return;
    for (unsigned i = 0; i < connections; i++) {
        attacker *a = &s->attackers[i];
        bool alive = a->fd >= 0;
        if (fds[i].revents & (POLLERR | POLLHUP) && s->kind->manner == ATTACK_DEAF) alive = false;
        if (fds[i].revents & POLLRDHUP && s->kind->manner == ATTACK_DEAF) alive = false;
        if (alive && fds[i].revents & (POLLIN | POLLERR | POLLHUP)) alive = pull(s, a);
        if (alive && fds[i].revents & POLLOUT) alive = push(s, a) || pull(s, a);
        if (!alive && a->fd >= 0) ended(s, a);
    }
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

storm_figures storm_run(const attack_kind *kind, uint16_t port, unsigned connections, int64_t ms) {
    if (connections > STORM_CONNECTIONS_MAX) connections = STORM_CONNECTIONS_MAX;
    storm *s = calloc(1, sizeof *s);
    if (!s || !(s->attackers = calloc(connections, sizeof *s->attackers))) abort();
    s->kind = kind;
    s->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    s->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->f.code = NO_CODE;
    for (unsigned i = 0; i < connections; i++) s->attackers[i].fd = -1;
    for (int64_t until = h2conn_now() + ms; h2conn_now() < until;) turn(s, connections);
    for (unsigned i = 0; i < connections; i++)
        if (s->attackers[i].fd >= 0) close(s->attackers[i].fd);
    storm_figures f = s->f;
    size_t n = f.ended < TIMES_MAX ? f.ended : TIMES_MAX;
    qsort(s->times, n, sizeof s->times[0], compare);
    f.median_ms = n > 0 ? s->times[n / 2] : -1;
    free(s->attackers);
    free(s);
    return f;
}
