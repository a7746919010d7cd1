/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "posix_handlers.h"
#include "posix_time.h"

int posix_handlers_init(posix_handlers *handlers, h2conn_handler handler, void *user, unsigned threads,
                        unsigned waiting, size_t stack) {
    *handlers = (posix_handlers){
        .handler = handler, .user = user, .max_threads = threads, .max_waiting = waiting, .end = &handlers->first};
    if (stack != 0 && stack < H2CONN_STACK_MIN) return H2CONN_EINVAL;
    if (pthread_attr_init(&handlers->attributes) != 0) return H2CONN_ENOMEM;
    const bool fits = stack == 0 || pthread_attr_setstacksize(&handlers->attributes, stack) == 0;
    if (!fits || posix_cond_init(&handlers->none) != 0) {
        pthread_attr_destroy(&handlers->attributes);
        return fits ? H2CONN_ENOMEM : H2CONN_EINVAL;
    }
    pthread_mutex_init(&handlers->lock, NULL);
    return H2CONN_OK;
}

/* ---- beds ---- */

static void put_bed(posix_bed **list, posix_bed *bed) {
    bed->next = *list;
    *list = bed;
}

static posix_bed *take_bed(posix_bed **list) {
    posix_bed *bed = *list;
    if (bed != NULL) *list = bed->next;
    return bed;
}

/* NULL without memory. */
static posix_bed *new_bed(posix_handlers *handlers) {
    posix_bed *bed = take_bed(&handlers->spare);
    if (bed != NULL) return bed;
    bed = malloc(sizeof *bed);
    if (bed != NULL) sem_init(&bed->call, 0, 0);
    return bed;
}

/* The last that fell asleep; its semaphore is to be posted. NULL when there is none. */
static posix_bed *call_sleeper(posix_handlers *handlers) {
    posix_bed *bed = take_bed(&handlers->asleep);
    if (bed != NULL) bed->called = true;
    return bed;
}

/* Returns false when there was no call for long. Semaphores know the time of day alone where there is no more than
 * POSIX: when that is set, a thread that idles ends sooner or later than it would have, which is as well. */
static bool await_call(posix_bed *bed) {
    struct timespec until;
    int result;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += POSIX_IDLE_S;
    do result = sem_timedwait(&bed->call, &until);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

/* Sleep until called. Returns whether it was. */
static bool sleep_in(posix_handlers *handlers, posix_bed *bed) {
    bed->called = false;
    put_bed(&handlers->asleep, bed);
    pthread_mutex_unlock(&handlers->lock);
    const bool heard = await_call(bed);
    pthread_mutex_lock(&handlers->lock);
    if (bed->called && !heard) {
        /* It was chosen just then: the call is on its way, and must not be there the next time. */
        pthread_mutex_unlock(&handlers->lock);
        while (sem_wait(&bed->call) != 0) {
        }
        pthread_mutex_lock(&handlers->lock);
    }
    if (bed->called) return true;
    posix_bed **place = &handlers->asleep;
    while (*place != bed) place = &(*place)->next;
    *place = bed->next;
    return false;
}

/* ---- life ---- */

void posix_handlers_free(posix_handlers *handlers) {
    pthread_mutex_lock(&handlers->lock);
    handlers->closing = true;
    for (posix_bed *bed; (bed = call_sleeper(handlers)) != NULL;) sem_post(&bed->call);
    while (handlers->threads > 0) pthread_cond_wait(&handlers->none, &handlers->lock);
    pthread_mutex_unlock(&handlers->lock);
    if (handlers->has_ended) pthread_join(handlers->ended, NULL);
    for (posix_bed *bed; (bed = take_bed(&handlers->spare)) != NULL; free(bed)) sem_destroy(&bed->call);
    pthread_cond_destroy(&handlers->none);
    pthread_attr_destroy(&handlers->attributes);
    pthread_mutex_destroy(&handlers->lock);
}

/* ---- the line ---- */

static void push(posix_handlers *handlers, posix_job *job) {
    job->next = NULL;
    job->place = handlers->end;
    *handlers->end = job;
    handlers->end = &job->next;
    handlers->waiting++;
    job->waiting = true;
}

static void pull(posix_handlers *handlers, posix_job *job) {
    *job->place = job->next;
    if (job->next != NULL)
        job->next->place = job->place;
    else
        handlers->end = job->place;
    handlers->waiting--;
    job->waiting = false;
}

bool posix_handlers_withdraw(posix_handlers *handlers, posix_job *job) {
    pthread_mutex_lock(&handlers->lock);
    const bool waiting = job->waiting;
    if (waiting) pull(handlers, job);
    pthread_mutex_unlock(&handlers->lock);
    return waiting;
}

/* ---- threads ---- */

static void *handler_thread(void *arg);

/* How to get one more thread to the line: call one that sleeps, or start it. */
typedef struct posix_call {
    posix_bed *sleeper;
    bool start;
} posix_call;

/* Locked. */
static posix_call choose(posix_handlers *handlers) {
    posix_call how = {NULL, false};
    if (handlers->first == NULL || handlers->coming) return how;
    how.sleeper = call_sleeper(handlers);
    how.start = how.sleeper == NULL && handlers->threads < handlers->max_threads;
    if (how.start) handlers->threads++;
    handlers->coming = how.sleeper != NULL || how.start;
    return how;
}

/* Unlocked, or the one that is woken meets the lock. When none can be started, those there are take all in turn. */
static void carry_out(posix_handlers *handlers, posix_call how) {
    pthread_t thread;
    if (how.sleeper != NULL) sem_post(&how.sleeper->call);
    if (!how.start || pthread_create(&thread, &handlers->attributes, handler_thread, handlers) == 0) return;
    pthread_mutex_lock(&handlers->lock);
    handlers->coming = false;
    if (--handlers->threads == 0) pthread_cond_broadcast(&handlers->none);
    pthread_mutex_unlock(&handlers->lock);
}

/* Wait for a request; NULL when there was none for long, or never will be. */
static posix_job *next_job(posix_handlers *handlers, posix_bed *bed) {
    while (handlers->first == NULL) {
        if (handlers->closing || bed == NULL || !sleep_in(handlers, bed)) return NULL;
        handlers->coming = false;
    }
    posix_job *job = handlers->first;
    pull(handlers, job);
    return job;
}

/* What this thread serves. */
static _Thread_local posix_handlers *serving;

bool posix_handlers_pressed(void) {
    return serving != NULL && atomic_load_explicit(&serving->waiting, memory_order_relaxed) > 0;
}

/* Locked: give back what an ended thread had, and be the one to be joined. */
static void end_thread(posix_handlers *handlers, posix_bed *bed) {
    const bool has_before = handlers->has_ended;
    const pthread_t before = handlers->ended;
    if (bed != NULL) put_bed(&handlers->spare, bed);
    handlers->ended = pthread_self();
    handlers->has_ended = true;
    if (--handlers->threads == 0) pthread_cond_broadcast(&handlers->none);
    pthread_mutex_unlock(&handlers->lock);
    if (has_before) pthread_join(before, NULL);
}

static void *handler_thread(void *arg) {
    posix_handlers *handlers = arg;
    posix_job *job;
    serving = handlers;
    pthread_mutex_lock(&handlers->lock);
    posix_bed *bed = new_bed(handlers);
    handlers->coming = false;
    while ((job = next_job(handlers, bed)) != NULL) {
        const posix_call how = choose(handlers);
        handlers->busy++;
        pthread_mutex_unlock(&handlers->lock);
        carry_out(handlers, how);
        posix_request_run(&job->request, handlers->handler, handlers->user);
        pthread_mutex_lock(&handlers->lock);
        handlers->busy--;
    }
    end_thread(handlers, bed);
    return NULL;
}

/* Without any thread, what waits would wait for ever. Locked. */
static bool start_first(posix_handlers *handlers) {
    pthread_t thread;
    if (handlers->threads > 0) return true;
    if (pthread_create(&thread, &handlers->attributes, handler_thread, handlers) != 0) return false;
    handlers->coming = true;
    handlers->threads++;
    return true;
}

bool posix_handlers_offer(posix_handlers *handlers, posix_job *job) {
    pthread_mutex_lock(&handlers->lock);
    const bool taken =
        handlers->waiting < handlers->max_threads - handlers->busy + handlers->max_waiting && start_first(handlers);
    if (taken) push(handlers, job);
    pthread_mutex_unlock(&handlers->lock);
    return taken;
}

void posix_handlers_call(posix_handlers *handlers) {
    pthread_mutex_lock(&handlers->lock);
    const posix_call how = choose(handlers);
    pthread_mutex_unlock(&handlers->lock);
    carry_out(handlers, how);
}
