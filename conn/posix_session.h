/* SPDX-License-Identifier: MIT */
#ifndef POSIX_SESSION_H
#define POSIX_SESSION_H

/*
 * One HTTP/2 session over one socket, shared by threads.
 *
 * Locks, in the order in which they may be taken:
 *   1. a client's or a server's
 *   2. a session's `lock`: the engine, the connections, and all members here that do not say otherwise; a client's
 *      `nowhere` is the only one taken while another's is held (posix_start.h)
 *   3. a loop's, a server's queue's, a pool's: held for a few instructions
 * `guard->wire` is taken with none of these held; it keeps a secured transport to one thread at a time.
 *
 * Two roles are given to one thread each, and kept while it lets go of the lock for a system call:
 *   `pumping`  may receive from the transport
 *   `sending`  may send to it, and owns the pending bytes
 * What the engine says to a connection with events is noted in one of two lines. The loop's thread alone calls their
 * callbacks, in its turn, with the lock free and without a role; what they write goes into frames at once and is sent
 * when all were called.
 *
 * Whoever waits takes the roles that are free: the thread that wants the answer is the one that receives it. Whoever
 * leaves settles: it wakes another waiting thread, or leaves the session to the loop.
 * Where answers come quickly, who receives lingers in recv for some milliseconds before it polls: it is not counted on
 * to send then, and is woken when that moment is over.
 *
 * Invariants while the lock is free:
 *   - somebody listens: `pumping`, or a waiting thread has been woken that will, or the loop watches or was told;
 *   - the same holds for `sending` when the link owes anything;
 *   - events in line are looked at by a turn that is under way, or the loop was told, or they are requests for whose
 * answers there is no room and the link owes something;
 *   - the descriptor is closed by the loop alone, when both roles are free.
 */

#include <pthread.h>
#include <stdatomic.h>
#include "conn_link.h"
#include "posix_loop.h"
#include "posix_socket.h"
#include "posix_tap.h"

struct h2conn;
struct posix_wait;
struct posix_session;

/* Rounds of sending or receiving one thread does for others before it looks up. */
#define POSIX_TURNS 8u
/* How long the loop receives for one session before it turns to the next, and the octets after which it first looks at
 * the clock: a request or a reset costs many times what its octets would in bulk. */
#define POSIX_TURN_US   200
#define POSIX_LIGHT_US  50
#define POSIX_SLICE_MIN 1024u
/* A session whose turns took so long of late, or which had more to do than fits a light one, is heavy: its next ones
 * may last longer, and wait behind all that is light (posix_loop.h). What a turn took is forgotten in as many times its
 * length as POSIX_SHARE says, of a long one at most: who takes no more of the loop's time than such a share is light.
 */
#define POSIX_HEAVY_US 100
#define POSIX_SHARE    32
/* What a peer gets to take the GOAWAY that names the rule it broke: so much time that all is over within 100 ms, and
 * as many octets of it are thrown away as it may have had under way on a stream. */
#define POSIX_BREACH_MS     60
#define POSIX_BREACH_OCTETS H2_DEFAULT_STREAM_WINDOW
/* How long a session that is freed, and one that is stopped, may take to end. */
#define POSIX_FINISH_MS 5000
#define POSIX_STOP_MS   200

/* What windows may grow by when nothing else is said. */
#define POSIX_WINDOW_MEMORY (INT64_C(256) << 20)

/* What a session belongs to: a client or a server. */
typedef struct posix_owner {
    posix_loop *loop;
    h2_config config;
    h2conn_secure secure;
    _Atomic int64_t window_memory; /* left for windows to grow */
    bool has_secure;
    h2conn_trace trace;
    void *trace_user;
    h2conn_times times; /* as posix_times_of gives them */
    h2conn_tap tap;
    void *tap_user;
    /* Server: a request; with the session locked. */
    void (*request)(struct posix_owner *owner, struct posix_session *s, uint32_t id, const h2_field *fields, size_t n,
                    bool end);
    /* Server: a stream of a request that waits for a handler has ended; with the session locked. */
    void (*gone)(struct posix_owner *owner, struct h2conn *conn);
    /* What the two above put off until the session is unlocked, in the loop's thread; may be NULL. */
    void (*after)(struct posix_owner *owner);
    /* The session has ended: forget it. And: the loop has forgotten it too. In the loop's thread, unlocked; either may
     * be NULL. */
    void (*ended)(struct posix_owner *owner, struct posix_session *s);
    void (*forgotten)(struct posix_owner *owner);
} posix_owner;

/* Connections in line. */
typedef struct posix_due {
    struct h2conn *first, **end;
    uint32_t n;
} posix_due;

typedef enum posix_phase {
    POSIX_OPEN,
    POSIX_NOTICE, /* the security layer's closing notice is being sent */
    POSIX_LINGER, /* our side of the socket is shut, waiting for the peer's */
    POSIX_CLOSED  /* the descriptor is closed */
} posix_phase;

/* What only a secured session has. */
typedef struct posix_guard {
    pthread_mutex_t wire;
    h2conn_transport below, above; /* the socket; and what `link` uses */
} posix_guard;

typedef struct posix_session {
    posix_source source; /* first: what the loop's events name */
    pthread_mutex_t lock;
    h2conn_link link;
    posix_socket socket;
    posix_guard *guard;        /* NULL when it is not secured */
    _Atomic(char *) addresses; /* once asked for, printed: the local one and, behind its terminator, the remote one */
    posix_tap *tap;            /* around either, when the owner listens */
    posix_owner *owner;
    posix_loop *loop;
    uint8_t *rx, *tx;                    /* borrowed while bytes are in them */
    uint8_t *spare;                      /* kept between them while `brisk` or `turning`; NULL while it is watched */
    struct posix_wait *waits;            /* threads waiting in any call */
    struct posix_wait *watchers;         /* those that wait for the session itself */
    posix_due opening, due;              /* connections with events to be told: new requests, and others */
    struct posix_starting *starts;       /* connections that wait for it, or for a response (posix_start.h) */
    int64_t starts_at;                   /* look at them then; 0 for no time */
    int64_t finish_at;                   /* end by then whatever is owed; 0 for no such time */
    int64_t ping_sent_us, ping_rtt_us;   /* of the ping under way; of the last answered */
    uint32_t pongs;                      /* answered so far */
    int64_t turn_until_us;               /* when the loop's turn ends; 0 while it has none */
    int64_t spent_until_us;              /* when its turns so far are forgotten */
    int64_t told_ms;                     /* the time the engine was told last, which never runs backwards */
    uint64_t tick_at;                    /* what the timer is set to, UINT64_MAX when it is not */
    posix_timer timer;                   /* the loop's lock */
    struct posix_session *next, **place; /* in the loop's list; the loop's lock */
    struct posix_session *posted_next;   /* the loop's lock */
    struct posix_session *behind_next, **behind_place; /* in the loop's line of heavy ones; the loop's thread */
    struct posix_session *client_next;                 /* the client's lock */
    char *origin;                                      /* client: what it is shared under */
    uint32_t events;                                   /* what the loop watches for */
    uint32_t used, swept;                              /* counts posts; the count at the last sweep */
    uint32_t refs, conns;
    uint32_t receipts;       /* calls of the transport's recv so far */
    uint32_t discarded;      /* octets thrown away while lingering */
    uint32_t opening_starts; /* of `starts`, how many have no stream yet */
    int errno_lost;          /* what the system said of a lost socket */
    uint8_t phase;           /* posix_phase */
    bool pumping, sending;
    bool brisk;   /* what was waited for last came within a moment */
    bool ready;   /* the loop saw its descriptor ready */
    bool turning; /* the loop's thread has its turn, which ends with a look at the lines */
    bool more;    /* receiving again at once may give more */
    bool cut;     /* the loop's turn ended before the engine was offered all that was received */
    bool heavy;   /* its turns took long, until they are forgotten */
    bool watched, posted, urgent;
    bool gone; /* the loop has had its last look: it must not be given back */
    bool pinging;
    bool nowhere; /* of those that have no session: without a socket */
    bool leaving; /* the peer said that it goes away */
    bool asked;   /* client: the program was told that a request is on its way, before its answer */
    bool blamed;  /* its loss is known to the client; the client's lock */
} posix_session;

/* ---- posix_session.c ---- */

/* The option `window_memory` as an owner keeps it. */
int64_t posix_window_memory(uint64_t option);
/* Whether a window may grow by `octets` of what is `left`: by no more than half, so that one fast link does not keep
 * others from growing. Below zero, they are given back. Any thread. */
bool posix_window_grant(_Atomic int64_t *left, int64_t octets);
/* With defaults put in, and 0 for none. */
h2conn_times posix_times_of(const h2conn_times *given, const h2_config *config);

/* A session on a connected socket, which it takes over even on failure; `ends` as for posix_socket_init. `secured`
 * opens the owner's security layer, for `host` at a client. H2CONN_OK, ENOMEM or ETLS. The caller has a reference. */
int posix_session_new(posix_session **session, posix_owner *owner, int fd, const posix_ends *ends, bool secured,
                      const char *host);
/* Printed; "" without memory for that. With or without the lock. */
const char *posix_session_local(posix_session *s);
const char *posix_session_remote(posix_session *s);
void posix_session_ref(posix_session *s);   /* locked */
void posix_session_drop(posix_session *s);  /* locked, and not the last: the loop has one until the end */
void posix_session_unref(posix_session *s); /* unlocked */
void posix_session_leave(posix_session *s); /* locked; unlocks */

/* Why the session or a stream of it failed, beyond the code: what the system or the security layer says. NULL when they
 * say nothing. `text` is room for it. Locked. */
const char *posix_session_detail(posix_session *s, char text[H2CONN_WHY_BYTES]);

/* ---- posix_pump.c: all with the session locked ---- */

/* With `pumping`: receive once and hand it to the engine. */
void posix_session_receive(posix_session *s);
/* The same for a thread that waits: it lingers in the call, where no other can wake it for that moment. */
void posix_session_linger(posix_session *s, struct posix_wait *w);
/* Whether receiving again at once would do something. */
bool posix_session_has_more(const posix_session *s);
/* Put what is owed into frames, as far as there is room, for whoever sends next. */
void posix_session_frame(posix_session *s);
/* Send what is owed until the socket refuses, unless another thread is at it. `stop` becomes true when the caller has
 * what it wants; it then sends for others only so long. */
void posix_session_flush(posix_session *s, const bool *stop);
/* Tell the time, and have the loop tell it again when needed. */
void posix_session_tick(posix_session *s, int64_t now);
/* What a poll for the roles has to look for, in POLLIN and POLLOUT. */
short posix_session_recv_events(const posix_session *s);
short posix_session_send_events(const posix_session *s);
/* Make the invariants hold again before unlocking. */
void posix_session_settle(posix_session *s);
/* Have a waiting thread take the free roles. False when none is there that could. */
bool posix_session_hand_over(posix_session *s);
/* Give back the buffer kept for what comes next. */
void posix_session_hold_none(posix_session *s);
/* Have the loop watch it from now on. */
void posix_session_watch(posix_session *s);
/* As settle, for a thread that does not mean to come back soon: another listens at once. */
void posix_session_rest(posix_session *s);
/* A call that sends: flush, then settle. */
void posix_session_push(posix_session *s);
/* Whether nothing more will come or go. */
bool posix_session_is_closing(const posix_session *s);

/* ---- posix_close.c: with the session locked ---- */

/* End with GOAWAY `code`; what is owed is sent first, if that takes no longer than `within_ms`. A code but NO_ERROR
 * ends all streams. */
void posix_session_finish(posix_session *s, uint32_t code, int64_t within_ms);
/* The loop's turn: receive, send, tick, and take the next step to the end when there is one. */
void posix_session_turn(posix_session *s);
/* How long that may receive for. */
static inline int64_t posix_session_slice(const posix_session *s) {
    return s->heavy ? POSIX_TURN_US : POSIX_LIGHT_US;
}
/* After a turn, unlocked: what was put off. */
static inline void posix_session_after(const posix_session *s) {
    if (s->owner->after != NULL) s->owner->after(s->owner);
}

/* ---- posix_dispatch.c ---- */

/* In the loop's thread, with the session locked, which is let go of: call those in line now. */
void posix_session_dispatch(posix_session *s);
/* Whether that would call somebody. Locked. */
bool posix_session_has_due(const posix_session *s);
/* Tell the loop when it would, unless it looks anyway. Locked. */
void posix_session_announce(posix_session *s);
/* Whether this thread is in a callback of the session: what it leaves undone is done when that returns. And: of any,
 * where waiting is not allowed. */
bool posix_in_callback_of(const posix_session *s);
bool posix_in_callback(void);
/* Whether what is owed can wait for this thread, which is in a callback of a session of the same loop; the loop is told
 * then. Locked. */
bool posix_session_defer(posix_session *s);

/* ---- posix_events.c ---- */
h2_handlers posix_session_handlers(bool trace);

#endif
