/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "conn_text.h"
#include "posix_dial.h"
#include "posix_socket.h"
#include "posix_time.h"

/* Addresses of a host that are tried, and how long each has before the next starts too (RFC 8305, 5). */
#define ADDRESSES_MAX 64u
#define HEAD_START_MS 250

typedef struct race {
    const struct addrinfo *order[ADDRESSES_MAX];
    size_t n, next;                             /* addresses, and the first not tried */
    struct pollfd runners[ADDRESSES_MAX + 1];   /* and the token */
    const struct addrinfo *lane[ADDRESSES_MAX]; /* what each runner tries */
    size_t running;
    int64_t next_at; /* when the next may start */
    int error;       /* errno of the last that fell */
    const struct addrinfo *fallen;
} race;

static const struct addrinfo *next_of(const struct addrinfo *at, int family, bool same) {
    while (at != NULL && (at->ai_family == family) != same) at = at->ai_next;
    return at;
}

/* The resolver's order within each family, families by turns (RFC 8305, 4). */
static void set_order(race *r, const struct addrinfo *list) {
    const int family = list->ai_family;
    const struct addrinfo *own = list, *other = next_of(list, family, false);
    while (r->n < ADDRESSES_MAX && (own != NULL || other != NULL)) {
        const bool turn = other == NULL || (own != NULL && r->n % 2 == 0);
        const struct addrinfo **from = turn ? &own : &other;
        r->order[r->n++] = *from;
        *from = next_of((*from)->ai_next, family, turn);
    }
}

static void fall(race *r, const struct addrinfo *address, int error, int64_t now) {
    r->fallen = address;
    r->error = error;
    r->next_at = now;
}

/* Start the next address. Returns the descriptor when it is connected at once, else -1. */
static int start(race *r, int64_t now) {
    const struct addrinfo *address = r->order[r->next++];
    const int fd = posix_socket_new(address->ai_family);
    r->next_at = now + HEAD_START_MS;
    if (fd < 0) {
        fall(r, address, errno, now);
        return -1;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0) return fd;
    if (errno != EINPROGRESS && errno != EINTR) {
        fall(r, address, errno, now);
        close(fd);
        return -1;
    }
    r->runners[r->running] = (struct pollfd){.fd = fd, .events = POLLOUT};
    r->lane[r->running++] = address;
    return -1;
}

/* The descriptor of a runner that has arrived, taken out of the race, or -1. */
static int arrived(race *r, int64_t now) {
    for (size_t i = 0; i < r->running;) {
        if (r->runners[i].revents == 0) {
            i++;
            continue;
        }
        const int fd = r->runners[i].fd;
        const struct addrinfo *address = r->lane[i];
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
        r->running--;
        r->runners[i] = r->runners[r->running];
        r->lane[i] = r->lane[r->running];
        if (error == 0) return fd;
        fall(r, address, error, now);
        close(fd);
    }
    return -1;
}

/* Wait for a runner to arrive or to fall, or for the next to start. */
static int wait_for(race *r, const posix_until *until, int64_t now) {
    const int64_t next_at = r->next < r->n ? r->next_at : 0;
    r->runners[r->running] = (struct pollfd){.fd = posix_cancel_fd(until->cancel), .events = POLLIN};
    const int timeout = posix_poll_timeout(posix_earlier(until->deadline, next_at), now);
    return poll(r->runners, (nfds_t)r->running + 1, timeout) > 0 ? arrived(r, h2conn_now()) : -1;
}

/* H2CONN_OK with the descriptor in *fd, -1 when all fell; or ECANCELED or ETIMEDOUT. */
static int run(race *r, int *fd, const posix_until *until) {
    for (*fd = -1; *fd < 0;) {
        const int64_t now = h2conn_now();
        const int result = posix_until_check(until, now);
        if (result != H2CONN_OK) return result;
        if (r->next < r->n && (r->running == 0 || now >= r->next_at))
            *fd = start(r, now);
        else if (r->running > 0)
            *fd = wait_for(r, until, now);
        else
            break;
    }
    return H2CONN_OK;
}

static int failure_of(const race *r, char why[H2CONN_WHY_BYTES]) {
    char address[H2CONN_ADDRESS_BYTES], text[H2CONN_WHY_BYTES];
    posix_address_print(address, r->fallen->ai_addr);
    h2conn_text_join(why, H2CONN_WHY_BYTES, address, ": ", posix_error_text(r->error, text));
    const bool ours = r->error == EMFILE || r->error == ENFILE || r->error == ENOBUFS || r->error == ENOMEM;
    return ours ? H2CONN_ENOMEM : H2CONN_ECONNECT;
}

int posix_dial(int *fd, const char *host, uint16_t port, const posix_until *until, char why[H2CONN_WHY_BYTES]) {
    struct addrinfo *list;
    int result = posix_resolve(&list, host, port, false, until, why);
    if (result != H2CONN_OK) return result;
    race r = {.next_at = 0};
    set_order(&r, list);
    result = run(&r, fd, until);
    if (result != H2CONN_OK)
        h2conn_text_join(why, H2CONN_WHY_BYTES, "connecting to ", host, "");
    else if (*fd < 0)
        result = failure_of(&r, why);
    for (size_t i = 0; i < r.running; i++) close(r.runners[i].fd);
    freeaddrinfo(list);
    return result;
}
