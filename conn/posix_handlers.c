/* SPDX-License-Identifier: MIT */
#include "posix_handlers.h"
#include "posix_time.h"

int posix_handlers_init(posix_handlers *handlers, h2conn_handler handler, void *user, unsigned threads,
                        unsigned waiting) {
    *handlers = (posix_handlers){
        .handler = handler, .user = user, .max_threads = threads, .max_waiting = waiting, .end = &handlers->first};
    if (posix_cond_init(&handlers->work) != 0) return H2CONN_ENOMEM;
    if (posix_cond_init(&handlers->none) != 0) {
        pthread_cond_destroy(&handlers->work);
        return H2CONN_ENOMEM;
    }
    pthread_mutex_init(&handlers->lock, NULL);
    return H2CONN_OK;
}

void posix_handlers_free(posix_handlers *handlers) {
    pthread_mutex_lock(&handlers->lock);
    handlers->closing = true;
    pthread_cond_broadcast(&handlers->work);
    while (handlers->threads > 0) pthread_cond_wait(&handlers->none, &handlers->lock);
    pthread_mutex_unlock(&handlers->lock);
    if (handlers->has_ended) pthread_join(handlers->ended, NULL);
    pthread_cond_destroy(&handlers->work);
    pthread_cond_destroy(&handlers->none);
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

/* How to get one more thread to the line. */
typedef enum posix_call { POSIX_NOBODY, POSIX_WAKE, POSIX_START } posix_call;

/* Locked. */
static posix_call choose(posix_handlers *handlers) {
    if (handlers->first == NULL || handlers->coming) return POSIX_NOBODY;
    if (handlers->idle == 0 && handlers->threads == handlers->max_threads) return POSIX_NOBODY;
    handlers->coming = true;
    if (handlers->idle > 0) return POSIX_WAKE;
    handlers->threads++;
    return POSIX_START;
}

/* Unlocked, or the one that is woken meets the lock. When none can be started, those there are take all in turn. */
static void call(posix_handlers *handlers, posix_call how) {
    pthread_t thread;
    if (how == POSIX_WAKE) pthread_cond_signal(&handlers->work);
    if (how != POSIX_START || pthread_create(&thread, NULL, handler_thread, handlers) == 0) return;
    pthread_mutex_lock(&handlers->lock);
    handlers->coming = false;
    if (--handlers->threads == 0) pthread_cond_broadcast(&handlers->none);
    pthread_mutex_unlock(&handlers->lock);
}

/* Wait for a request; NULL when there was none for long, or never will be. */
static posix_job *next_job(posix_handlers *handlers) {
    int64_t until = 0;
    while (handlers->first == NULL && !handlers->closing) {
        const int64_t now = h2conn_now();
        if (until == 0) until = now + POSIX_IDLE_MS;
        if (posix_passed(until, now)) return NULL;
        handlers->idle++;
        posix_cond_wait(&handlers->work, &handlers->lock, until);
        handlers->idle--;
        handlers->coming = false;
    }
    posix_job *job = handlers->first;
    if (job != NULL) pull(handlers, job);
    return job;
}

/* What this thread serves. */
static _Thread_local posix_handlers *serving;

bool posix_handlers_pressed(void) {
    return serving != NULL && atomic_load_explicit(&serving->waiting, memory_order_relaxed) > 0;
}

static void *handler_thread(void *arg) {
    posix_handlers *handlers = arg;
    posix_job *job;
    serving = handlers;
    pthread_mutex_lock(&handlers->lock);
    handlers->coming = false;
    while ((job = next_job(handlers)) != NULL) {
        const posix_call how = choose(handlers);
        handlers->busy++;
        pthread_mutex_unlock(&handlers->lock);
        call(handlers, how);
        posix_request_run(&job->request, handlers->handler, handlers->user);
        pthread_mutex_lock(&handlers->lock);
        handlers->busy--;
    }
    const bool has_before = handlers->has_ended;
    const pthread_t before = handlers->ended;
    handlers->ended = pthread_self();
    handlers->has_ended = true;
    if (--handlers->threads == 0) pthread_cond_broadcast(&handlers->none);
    pthread_mutex_unlock(&handlers->lock);
    if (has_before) pthread_join(before, NULL);
    return NULL;
}

/* Without any thread, what waits would wait for ever. Locked. */
static bool start_first(posix_handlers *handlers) {
    pthread_t thread;
    if (handlers->threads > 0) return true;
    if (pthread_create(&thread, NULL, handler_thread, handlers) != 0) return false;
    handlers->coming = true;
    handlers->threads++;
    return true;
}

bool posix_handlers_offer(posix_handlers *handlers, posix_job *job) {
    posix_call how = POSIX_NOBODY;
    pthread_mutex_lock(&handlers->lock);
    const bool taken =
        handlers->waiting < handlers->max_threads - handlers->busy + handlers->max_waiting && start_first(handlers);
    if (taken) {
        push(handlers, job);
        how = choose(handlers);
    }
    pthread_mutex_unlock(&handlers->lock);
    call(handlers, how);
    return taken;
}
