/* SPDX-License-Identifier: MIT */
#ifndef POSIX_WAIT_H
#define POSIX_WAIT_H

/*
 * A thread that waits for something of a session: the calls that block are made of these.
 *
 *     posix_wait w;
 *     if (!posix_wait_begin(&w, s, &conn->waits, POSIX_READ)) return H2CONN_ENOMEM;
 *     while (!condition && posix_wait_step(&w, deadline)) {}
 *     posix_wait_end(&w);
 *
 * All with the session locked; a step lets go of the lock. A step receives and sends for the session if nobody else
 * does, and otherwise sleeps until woken. The condition must be looked at after each, also after the one that says the
 * deadline has passed.
 */

#include "posix_park.h"
#include "posix_session.h"

enum {
    POSIX_READ = 1,  /* bytes, or the end */
    POSIX_WRITE = 2, /* lent bytes were taken */
    POSIX_TURN = 4,  /* the turn to write is free */
    POSIX_STATE = 8, /* answered, closed */
    POSIX_ANY = 15
};

typedef struct posix_wait {
    posix_session *session;
    struct posix_wait *next, **place;             /* among the session's */
    struct posix_wait *topic_next, **topic_place; /* among those of one topic, oldest first */
    posix_parker *parker;
    const h2conn_cancel *cancel; /* what else ends it; may be set after begin, where it can poll */
    unsigned what;
    bool woken;
    bool can_poll;         /* else it only sleeps, and the loop works for it */
    bool granted;          /* POSIX_TURN: has it */
    bool polling;          /* waits in poll, else on its condition */
    bool deaf;             /* lingers in recv, and hears the others after that */
    bool pumping, sending; /* roles it has */
} posix_wait;

/* False when this thread's first wait finds no memory; it has not begun then. */
bool posix_wait_begin(posix_wait *w, posix_session *s, posix_wait **topic, unsigned what);
/* False, at once, when the deadline has passed or it was cancelled; else true after something may have changed. */
bool posix_wait_step(posix_wait *w, int64_t deadline);
void posix_wait_end(posix_wait *w);

/* Wake one, or all of a topic that wait for any of `what`. */
void posix_wake(posix_wait *w);
void posix_wake_all(posix_wait *topic, unsigned what);

#endif
