/* SPDX-License-Identifier: MIT */
#ifndef POSIX_HANDLERS_H
#define POSIX_HANDLERS_H

/*
 * The threads that run a server's handler. One is started when a request comes and none is idle, up to a bound; beyond
 * it requests wait in line, up to another bound. An idle thread ends after a while; it joins the one that ended before
 * it, so at most one ended thread is left to be joined.
 */

#include "posix_conn.h"

#define POSIX_IDLE_MS 10000

struct h2conn_request {
    h2conn conn; /* first */
};

/* A request for a handler's thread. */
typedef struct posix_job {
    h2conn_request request;          /* first */
    struct posix_job *next, **place; /* in line; the lock of the handlers */
    bool waiting;                    /* in line; likewise */
} posix_job;

typedef struct posix_handlers {
    pthread_mutex_t lock; /* taken after a session's */
    pthread_cond_t work, none;
    posix_job *first, **end; /* in line */
    unsigned waiting, max_waiting;
    unsigned threads, idle, max_threads;
    pthread_t ended; /* the last thread that ended, to be joined */
    bool has_ended;
    bool closing;
    h2conn_handler handler;
    void *user;
} posix_handlers;

/* H2CONN_OK or ENOMEM. */
int posix_handlers_init(posix_handlers *handlers, h2conn_handler handler, void *user, unsigned threads,
                        unsigned waiting);
/* Wait until every handler has returned. No request may come meanwhile. */
void posix_handlers_free(posix_handlers *handlers);

/* Have a request handled. False when the line is full. */
bool posix_handlers_offer(posix_handlers *handlers, posix_job *job);
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
