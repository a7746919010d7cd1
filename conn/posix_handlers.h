/* SPDX-License-Identifier: MIT */
#ifndef POSIX_HANDLERS_H
#define POSIX_HANDLERS_H

/*
 * The threads that run a server's handler. Requests stand in line; beyond what threads could take at once there is a
 * bound on them. One thread at a time is woken, or started up to a bound, to look at the line. Whoever takes a request
 * and leaves others sees that somebody is on the way to them: handlers that block have a thread each, and those that do
 * not are served by few that need not be woken for each.
 *
 * The loop calls a thread once it has let go of the session whose turn brought requests: one that is awake sooner only
 * waits for that lock.
 *
 * An idle thread ends after a while; it joins the one that ended before it, so at most one ended thread is left to be
 * joined.
 */

#include <semaphore.h>
#include <stdatomic.h>
#include "posix_conn.h"

#define POSIX_IDLE_S 10

struct h2conn_request {
    h2conn conn; /* first */
};

/* A request for a handler's thread. */
typedef struct posix_job {
    h2conn_request request;          /* first */
    struct posix_job *next, **place; /* in line; the lock of the handlers */
    bool waiting;                    /* in line; likewise */
} posix_job;

/* What a thread sleeps by. It outlives the thread, whom others call without the lock. A semaphore, because who returns
 * from a condition takes its mutex as one that others wait for, and has to wake them in vain. */
typedef struct posix_bed {
    struct posix_bed *next;
    sem_t call;
    bool called;
} posix_bed;

typedef struct posix_handlers {
    pthread_mutex_t lock; /* taken after a session's */
    pthread_cond_t none;
    posix_bed *asleep;        /* the last that fell asleep first: of more than are needed, some may end */
    posix_bed *spare;         /* of threads that ended */
    posix_job *first, **end;  /* in line */
    _Atomic unsigned waiting; /* changed with the lock */
    unsigned max_waiting;
    unsigned threads, busy, max_threads; /* busy: in a handler */
    bool coming;                         /* one was woken or started, and has not looked at the line since */
    pthread_t ended;                     /* the last thread that ended, to be joined */
    bool has_ended;
    bool closing;
    pthread_attr_t attributes; /* of threads */
    h2conn_handler handler;
    void *user;
} posix_handlers;

/* `stack` is in bytes, 0 for the system's. H2CONN_OK, EINVAL when that is too small, or ENOMEM. */
int posix_handlers_init(posix_handlers *handlers, h2conn_handler handler, void *user, unsigned threads,
                        unsigned waiting, size_t stack);
/* Wait until every handler has returned. No request may come meanwhile. */
void posix_handlers_free(posix_handlers *handlers);

/* Put a request in line. False when that is full. The caller sees that posix_handlers_call follows. */
bool posix_handlers_offer(posix_handlers *handlers, posix_job *job);
/* See that somebody is on the way to what stands in line. */
void posix_handlers_call(posix_handlers *handlers);
/* Whether this thread runs a handler while others wait in line: it leaves sending to the loop, which does it for many.
 */
bool posix_handlers_pressed(void);
/* Take a request out of the line. False when a thread has it. */
bool posix_handlers_withdraw(posix_handlers *handlers, posix_job *job);

/* posix_request.c: in a handler thread, from the first call to the last use. */
void posix_request_run(h2conn_request *request, h2conn_handler handler, void *user);
/* A request out of the engine's fields, attached to its stream, in `bytes` of memory that begin with it; NULL when
 * there is none. Locked. */
h2conn_request *posix_request_new(size_t bytes, posix_session *s, uint32_t id, const h2_field *fields, size_t n,
                                  bool end);
/* Answer 404, if nobody has answered. Locked. */
void posix_request_not_found(h2conn_request *request);

#endif
