/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "posix_park.h"
#include "posix_time.h"

/* ---- descriptors that are rung ---- */

static void ring(int fd) {
    const uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

static void silence(int fd) {
    uint64_t rings;
    while (read(fd, &rings, sizeof rings) < 0 && errno == EINTR) {
    }
}

static int ring_new(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/* ---- tokens ---- */

int h2conn_cancel_new(h2conn_cancel **cancel) {
    if (cancel == NULL) return H2CONN_EINVAL;
    *cancel = NULL;
    h2conn_cancel *c = malloc(sizeof *c);
    if (c == NULL) return H2CONN_ENOMEM;
    c->fd = ring_new();
    if (c->fd < 0) {
        free(c);
        return H2CONN_ENOMEM;
    }
    atomic_init(&c->fired, false);
    *cancel = c;
    return H2CONN_OK;
}

void h2conn_cancel_fire(h2conn_cancel *cancel) {
    const int error = errno;
    atomic_store(&cancel->fired, true);
    ring(cancel->fd);
    errno = error;
}

bool h2conn_cancel_fired(const h2conn_cancel *cancel) {
    return posix_cancelled(cancel);
}

void h2conn_cancel_free(h2conn_cancel *cancel) {
    if (cancel == NULL) return;
    close(cancel->fd);
    free(cancel);
}

void posix_cancel_reset(h2conn_cancel *cancel) {
    silence(cancel->fd);
    atomic_store(&cancel->fired, false);
}

int posix_until_check(const posix_until *until, int64_t now) {
    if (posix_cancelled(until->cancel)) return H2CONN_ECANCELED;
    return posix_passed(until->deadline, now) ? H2CONN_ETIMEDOUT : H2CONN_OK;
}

/* ---- threads ---- */

static pthread_once_t parker_once = PTHREAD_ONCE_INIT;
static pthread_key_t parker_key;
static bool parker_key_made;

static void parker_free(void *arg) {
    posix_parker *parker = arg;
    if (parker->fd >= 0) close(parker->fd);
    pthread_cond_destroy(&parker->cond);
    free(parker);
}

static void make_key(void) {
    parker_key_made = pthread_key_create(&parker_key, parker_free) == 0;
}

posix_parker *posix_parker_get(void) {
    pthread_once(&parker_once, make_key);
    if (!parker_key_made) return NULL;
    posix_parker *parker = pthread_getspecific(parker_key);
    if (parker == NULL) {
        parker = calloc(1, sizeof *parker);
        if (parker == NULL) return NULL;
        parker->fd = -1;
        if (posix_cond_init(&parker->cond) != 0 || pthread_setspecific(parker_key, parker) != 0) {
            free(parker);
            return NULL;
        }
    }
    if (parker->fd < 0) parker->fd = ring_new();
    return parker;
}

void posix_parker_ring(const posix_parker *parker) {
    ring(parker->fd);
}

void posix_parker_silence(const posix_parker *parker) {
    silence(parker->fd);
}

/* ---- bells ---- */

bool posix_bell_begin(posix_bell *bell) {
    *bell = (posix_bell){.parker = posix_parker_get()};
    return bell->parker != NULL && bell->parker->fd >= 0;
}

void posix_bell_ring(posix_bell *bell) {
    if (bell->rung) return;
    bell->rung = true;
    posix_parker_ring(bell->parker);
}

void posix_bell_end(posix_bell *bell) {
    if (bell->rung) posix_parker_silence(bell->parker);
    bell->rung = false;
}

int posix_bell_wait(posix_bell *bell, pthread_mutex_t *lock, const posix_until *until) {
    struct pollfd fds[] = {{.fd = bell->parker->fd, .events = POLLIN},
                           {.fd = posix_cancel_fd(until->cancel), .events = POLLIN}};
    const int64_t now = h2conn_now();
    const int result = posix_until_check(until, now);
    if (result != H2CONN_OK) return result;
    pthread_mutex_unlock(lock);
    poll(fds, sizeof fds / sizeof fds[0], posix_poll_timeout(until->deadline, now));
    pthread_mutex_lock(lock);
    posix_bell_end(bell);
    return H2CONN_OK;
}
