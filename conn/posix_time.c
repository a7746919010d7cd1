/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <signal.h>
#include "h2conn.h"
#include "posix_time.h"

#define MS_PER_S  1000
#define NS_PER_US 1000
#define NS_PER_MS 1000000

int64_t posix_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S * POSIX_US_PER_MS + now.tv_nsec / NS_PER_US;
}

int64_t h2conn_now(void) {
    return posix_now_us() / POSIX_US_PER_MS;
}

int64_t posix_now_coarse(void) {
#ifdef CLOCK_MONOTONIC_COARSE
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
#else
    return h2conn_now();
#endif
}

bool posix_is_past(int64_t deadline) {
    return deadline != 0 && h2conn_now() >= deadline;
}

int64_t posix_earlier(int64_t a, int64_t b) {
    if (a == 0) return b;
    return b != 0 && b < a ? b : a;
}

int64_t posix_after(int64_t now, int64_t ms) {
    return ms < INT64_MAX - now ? now + ms : INT64_MAX;
}

struct timespec posix_timespec(int64_t deadline) {
    const int64_t seconds = deadline / MS_PER_S;
    return (struct timespec){.tv_sec = (time_t)(seconds < INT32_MAX ? seconds : INT32_MAX),
                             .tv_nsec = (long)(deadline % MS_PER_S) * NS_PER_MS};
}

int posix_poll_timeout(int64_t deadline, int64_t now) {
    if (deadline == 0) return -1;
    if (deadline <= now) return 0;
    return deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX;
}

int posix_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error != 0) return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0) error = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

void posix_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline) {
    if (deadline == 0) {
        pthread_cond_wait(cond, lock);
        return;
    }
    const struct timespec until = posix_timespec(deadline);
    pthread_cond_timedwait(cond, lock, &until);
}

int posix_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
