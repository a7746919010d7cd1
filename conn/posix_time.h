/* SPDX-License-Identifier: MIT */
#ifndef POSIX_TIME_H
#define POSIX_TIME_H

/* The clock of h2conn_now, and waiting by it. A deadline is a time of that clock in milliseconds, 0 for none. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define POSIX_US_PER_MS 1000

int64_t posix_now_us(void);
/* In milliseconds, some late, for a fraction of the price. */
int64_t posix_now_coarse(void);

static inline bool posix_passed(int64_t deadline, int64_t now) {
    return deadline != 0 && now >= deadline;
}

/* The same, and the clock is read only for a deadline. */
bool posix_is_past(int64_t deadline);

/* The earlier of two deadlines. */
int64_t posix_earlier(int64_t a, int64_t b);

/* `ms` after `now`, as late as can be said. */
int64_t posix_after(int64_t now, int64_t ms);

/* A deadline as the system takes it: one further away than any time that comes is brought into range. */
struct timespec posix_timespec(int64_t deadline);

/* Milliseconds from `now` to a deadline as poll and epoll_wait take them: -1 for none. */
int posix_poll_timeout(int64_t deadline, int64_t now);

/* A condition that waits by this clock. Returns 0 or an errno. */
int posix_cond_init(pthread_cond_t *cond);

/* Wait for a signal, or for the deadline. */
void posix_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline);

/* A thread of the library's own: it takes no signals, which are the program's. Returns 0 or an errno. */
int posix_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
