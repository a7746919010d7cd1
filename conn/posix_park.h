/* SPDX-License-Identifier: MIT */
#ifndef POSIX_PARK_H
#define POSIX_PARK_H

/*
 * How a thread waits so that others can wake it, and what ends its wait early: a deadline, or a token that another
 * thread fires (h2conn_cancel).
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "h2conn.h"

struct h2conn_cancel {
    int fd; /* readable once fired, and never read: any number of polls see it */
    atomic_bool fired;
};

/* When to stop waiting. Zeroes are never. */
typedef struct posix_until {
    int64_t deadline;
    const h2conn_cancel *cancel;
} posix_until;

static inline bool posix_cancelled(const h2conn_cancel *cancel) {
    return cancel != NULL && atomic_load(&cancel->fired);
}

/* H2CONN_OK, ECANCELED or ETIMEDOUT. */
int posix_until_check(const posix_until *until, int64_t now);

/* As if it had not been fired; nobody waits with it or fires it meanwhile. */
void posix_cancel_reset(h2conn_cancel *cancel);

/* What a poll looks at for a token: its descriptor, or -1. */
static inline int posix_cancel_fd(const h2conn_cancel *cancel) {
    return cancel != NULL ? cancel->fd : -1;
}

/* How a thread is woken: its condition while it sleeps, its descriptor while it polls. One for each thread, made when
 * it first waits, and given up when it ends. */
typedef struct posix_parker {
    pthread_cond_t cond;
    int fd; /* -1 when there is none: the thread never polls, the loop does */
} posix_parker;

/* This thread's, or NULL when there is no memory for one. */
posix_parker *posix_parker_get(void);
/* Make its descriptor readable, and take that back. */
void posix_parker_ring(const posix_parker *parker);
void posix_parker_silence(const posix_parker *parker);

/* A thread that waits for one thing under some lock: all with that lock held.
 *
 *     posix_bell bell;
 *     if (!posix_bell_begin(&bell)) return H2CONN_ENOMEM;
 *     while (!condition && (result = posix_bell_wait(&bell, &lock, until)) == H2CONN_OK) {}
 *     posix_bell_end(&bell);
 */
typedef struct posix_bell {
    posix_parker *parker;
    bool rung;
} posix_bell;

bool posix_bell_begin(posix_bell *bell);
/* Lets go of the lock until rung. H2CONN_OK after something may have changed; ECANCELED or ETIMEDOUT, at once, when
 * that is so. */
int posix_bell_wait(posix_bell *bell, pthread_mutex_t *lock, const posix_until *until);
void posix_bell_ring(posix_bell *bell);
void posix_bell_end(posix_bell *bell);

#endif
