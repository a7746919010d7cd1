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

/* Wait for a request; NULL when there was none for long, or never will be. */
static posix_job *next_job(posix_handlers *handlers) {
    const int64_t until = h2conn_now() + POSIX_IDLE_MS;
    handlers->idle++;
    while (handlers->first == NULL && !handlers->closing && !posix_passed(until, h2conn_now()))
        posix_cond_wait(&handlers->work, &handlers->lock, until);
    handlers->idle--;
    posix_job *job = handlers->first;
    if (job != NULL) pull(handlers, job);
    return job;
}

static void *handler_thread(void *arg) {
    posix_handlers *handlers = arg;
    posix_job *job;
    pthread_mutex_lock(&handlers->lock);
    while ((job = next_job(handlers)) != NULL) {
        pthread_mutex_unlock(&handlers->lock);
        posix_request_run(&job->request, handlers->handler, handlers->user);
        pthread_mutex_lock(&handlers->lock);
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

static bool start_thread(posix_handlers *handlers) {
    pthread_t thread;
    if (handlers->threads == handlers->max_threads) return false;
    if (pthread_create(&thread, NULL, handler_thread, handlers) != 0) return false;
    handlers->threads++;
    return true;
}

bool posix_handlers_offer(posix_handlers *handlers, posix_job *job) {
    pthread_mutex_lock(&handlers->lock);
    const bool served = handlers->waiting < handlers->idle || start_thread(handlers);
    const bool taken = served || (handlers->threads > 0 && handlers->waiting < handlers->idle + handlers->max_waiting);
    if (taken) {
        push(handlers, job);
        pthread_cond_signal(&handlers->work);
    }
    pthread_mutex_unlock(&handlers->lock);
    return taken;
}
