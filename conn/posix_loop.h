/* SPDX-License-Identifier: MIT */
#ifndef POSIX_LOOP_H
#define POSIX_LOOP_H

/*
 * A thread that looks after sessions while no other thread does: it receives and answers what nobody waits for, tells
 * the time, and sees sessions to their end.
 *
 * A thread that stops receiving for a session posts it here. That alone changes nothing: the loop looks at posted
 * sessions every POSIX_SWEEP_MS and watches (arms) those that were left alone since. A program that calls again before
 * then pays no system call and wakes no thread, and a PING is answered within two sweeps at worst. While programs call
 * all the time, the sweeps become as rare as POSIX_SWEEP_MOST_MS. An urgent post is looked at at once. A manual loop
 * looks at each post at once: its program comes by when it has a reason to.
 *
 * Turns are of bounded length, and short for who is not known to have much to do. Sessions that had more to do, or took
 * much of the loop's time of late, stand in a line of their own: of them the loop takes as many as fill one long turn,
 * then looks at all others again. So a session that needs little waits for one long turn of those that need much,
 * however many they are. Those that have just come, and those that wait for their peer to leave, stand there too.
 *
 * Locks: `lock` is taken after a session's and guards the lists, the timers and the flags. The loop's own thread calls
 * sessions without it. Sessions are removed by the loop's thread alone, in the sweep, so what it has in hand stays.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "posix_pool.h"
#include "posix_timers.h"

#define POSIX_SWEEP_MS      2
#define POSIX_SWEEP_MOST_MS 4
/* The shortest sleep worth an alarm of its own. */
#define POSIX_ALARM_MIN_MS 100
/* Once half the sessions have gone, of so many at least, what the allocator keeps for more is given back after this
 * time; and so are chunks that nobody needed for so long. */
#define POSIX_TRIM_MS  1000
#define POSIX_TRIM_MIN 8u
/* Ready descriptors taken from the kernel at once. */
#define POSIX_EVENTS_MAX 64

struct posix_session;

/* What a descriptor in the loop belongs to. */
typedef struct posix_source {
    void (*ready)(struct posix_source *source);
} posix_source;

typedef struct posix_loop {
    pthread_mutex_t lock;
    int epoll, wake, clock; /* the second an eventfd, the third a timerfd */
    posix_source waker, alarm;
    int64_t alarm_at; /* when `clock` rings, 0 when it does not; the loop's thread only */
    posix_pool pool;
    posix_timers timers;
    struct posix_session *sessions;             /* all of them */
    size_t n_sessions, peak;                    /* the second: the most since memory was given back */
    struct posix_session *posted;               /* to be looked at */
    bool urgent;                                /* at once */
    struct posix_session *behind, **behind_end; /* heavy ones that wait for a turn; the loop's thread only */
    bool single;                                /* nobody else is ready or behind; likewise */
    bool manual;                                /* it has no thread of its own: the program calls posix_loop_process */
    bool stopping;                              /* end when the last session has */
    int64_t swept_at, sweep_ms;                 /* and how long until the next; the loop's thread only */
    int64_t trim_at, chunks_at;                 /* give memory back then, 0 for never; the loop's thread only */
    /* The owner's own affairs, in the loop's thread before each wait; returns when to be called again at the latest, 0
     * for never. */
    int64_t (*turn)(void *ctx, int64_t now);
    void *turn_ctx;
    pthread_t thread;
    bool started;
} posix_loop;

/* H2CONN_OK or ENOMEM. */
int posix_loop_init(posix_loop *loop);
/* Nothing may be in it. */
void posix_loop_free(posix_loop *loop);

/* Run in this thread until stopped. */
void posix_loop_run(posix_loop *loop);
/* Do all that is due and ready now, and return. */
void posix_loop_process(posix_loop *loop);
/* How long it may be left alone although its descriptor is not readable, in milliseconds; -1 for ever. */
int posix_loop_timeout(posix_loop *loop);
/* Run in a thread of its own, started by the first call; a manual one needs none. H2CONN_OK or ENOMEM. */
int posix_loop_start(posix_loop *loop);
/* End when the last session has ended. */
void posix_loop_quit(posix_loop *loop);
/* After that: wait for the thread, if there is one. */
void posix_loop_join(posix_loop *loop);
/* Have the loop turn at once. Async-signal-safe. */
void posix_loop_wake(posix_loop *loop);

/* Whether this thread runs it. */
bool posix_loop_is_running(const posix_loop *loop);

/* Watch another descriptor for reading, or no longer. H2CONN_OK or ENOMEM. */
int posix_loop_watch(posix_loop *loop, int fd, posix_source *source);
void posix_loop_unwatch(posix_loop *loop, int fd);
/* The same in two steps, of which the first alone can fail, and the second alone calls `source`. */
int posix_loop_enter(posix_loop *loop, int fd, posix_source *source);
void posix_loop_heed(posix_loop *loop, int fd, posix_source *source);

/* Take a session into the care of the loop, which keeps a reference until the session's end. H2CONN_OK or ENOMEM. */
int posix_loop_add(posix_loop *loop, struct posix_session *s);

/* How many sessions it looks after. */
size_t posix_loop_count(posix_loop *loop);

/* Call `each` for every session, in the loop's thread. */
void posix_loop_each(posix_loop *loop, void (*each)(struct posix_session *s));

/* With the session locked: have the loop look at it. */
void posix_loop_post(struct posix_session *s, bool urgent);
/* In the loop's thread, with the session locked: give it its turn, or have it wait for one when it is heavy. */
void posix_loop_turn(struct posix_session *s);
/* With the session locked: watch it, or not. Watching fails only when the kernel has no memory; the session is lost
 * then. */
void posix_loop_arm(struct posix_session *s, uint32_t events);
void posix_loop_disarm(struct posix_session *s);
/* With the session locked: tick it at `at` at the latest. */
void posix_loop_schedule(struct posix_session *s, uint64_t at);

#endif
