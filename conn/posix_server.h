/* SPDX-License-Identifier: MIT */
#ifndef POSIX_SERVER_H
#define POSIX_SERVER_H

/*
 * A server is one or more loops, each with its own listening sockets and sessions, that share a bound on the sessions,
 * a line of handlers and what was asked of them: to drain, to stop.
 */

#include <stdatomic.h>
#include "h2conn_events.h"
#include "posix_handlers.h"

struct posix_listener;

/* One of the loops. */
typedef struct posix_server_loop {
    posix_owner owner; /* first */
    posix_loop loop;
    struct h2conn_server *server;
    struct posix_listener *listeners; /* the server's lock */
    int done;                         /* command carried out; the loop's thread */
    int64_t accept_at;                /* when to accept again, 0 when it does; likewise */
    bool calls;                       /* requests stand in line that no handler was called to; likewise */
} posix_server_loop;

typedef enum posix_command { POSIX_SERVE, POSIX_DRAIN, POSIX_STOP } posix_command;

/* The members without a comment are set before the first session comes. */
struct h2conn_server {
    posix_server_loop *loops;
    unsigned n_loops;
    posix_handlers handlers; /* unused with events */
    const h2conn_events *events;
    unsigned max_sessions;
    _Atomic unsigned n_sessions;
    pthread_mutex_t lock;
    _Atomic int asked;           /* posix_command */
    _Atomic int64_t drain_until; /* 0 for as long as it takes */
};

/* ---- posix_listen.c: in the loop's thread, or when it does not run ---- */

/* Accept again, after a pause for want of descriptors. */
void posix_resume_accepting(posix_server_loop *loop);
/* Accept those whom the system has connected by now: they may have sent requests, which closing would destroy. */
void posix_accept_waiting(posix_server_loop *loop);
void posix_close_listeners(posix_server_loop *loop);

#endif
