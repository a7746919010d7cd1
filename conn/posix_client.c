/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_start.h"
#include "posix_time.h"

#define DEFAULT_MOST_MS        30000
#define DEFAULT_JITTER_PERCENT 50
#define PERCENT                100

/* ---- the loop of private clients ---- */

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static posix_loop *shared_loop;
static size_t shared_users;

static posix_loop *loop_new(bool manual) {
    posix_loop *loop = malloc(sizeof *loop);
    if (loop == NULL || posix_loop_init(loop) != H2CONN_OK) {
        free(loop);
        return NULL;
    }
    loop->manual = manual;
    return loop;
}

static void loop_delete(posix_loop *loop) {
    posix_loop_quit(loop);
    posix_loop_join(loop);
    posix_loop_free(loop);
    free(loop);
}

static posix_loop *shared_acquire(void) {
    pthread_mutex_lock(&shared_lock);
    if (shared_users == 0) shared_loop = loop_new(false);
    posix_loop *loop = shared_loop;
    if (loop != NULL) shared_users++;
    pthread_mutex_unlock(&shared_lock);
    return loop;
}

static void shared_release(void) {
    pthread_mutex_lock(&shared_lock);
    if (--shared_users == 0) loop_delete(shared_loop);
    pthread_mutex_unlock(&shared_lock);
}

/* ---- clients ---- */

static void session_forgotten(posix_owner *owner) {
    h2conn_client *client = (h2conn_client *)owner;
    pthread_mutex_lock(&client->lock);
    client->n_sessions--;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static h2_config config_of(const h2_config *given) {
    h2_config config = given != NULL ? *given : h2_config_hosted(false);
    config.server = false;
    return config;
}

static h2conn_backoff backoff_of(const h2conn_reconnect *r) {
    const int percent = r->jitter_percent == 0 ? DEFAULT_JITTER_PERCENT : r->jitter_percent;
    return (h2conn_backoff){.first_ms = r->first_ms,
                            .most_ms = r->most_ms == 0 ? DEFAULT_MOST_MS : r->most_ms,
                            .jitter_percent = percent > 0 ? (uint32_t)percent : 0};
}

static int client_new(h2conn_client **client, const h2conn_client_options *options, bool shares_loop) {
    const h2_config config = config_of(options->config);
    h2conn_client *c = calloc(1, sizeof *c);
    if (c == NULL) return H2CONN_ENOMEM;
    c->shares_loop = shares_loop;
    c->loop = shares_loop ? shared_acquire() : loop_new(options->manual);
    if (c->loop == NULL || posix_cond_init(&c->changed) != 0) {
        if (c->loop != NULL && shares_loop) shared_release();
        if (c->loop != NULL && !shares_loop) loop_delete(c->loop);
        free(c);
        return H2CONN_ENOMEM;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->seek_lock, NULL);
    pthread_cond_init(&c->sought, NULL);
    c->owner = (posix_owner){.loop = c->loop,
                             .config = config,
                             .has_secure = options->secure != NULL,
                             .trace = options->trace,
                             .window_memory = posix_window_memory(options->window_memory),
                             .trace_user = options->trace_user,
                             .tap = options->tap,
                             .tap_user = options->tap_user,
                             .times = posix_times_of(&options->times, &config),
                             .ended = posix_client_session_ended,
                             .forgotten = session_forgotten};
    if (options->secure != NULL) c->owner.secure = *options->secure;
    c->reconnect = options->reconnect;
    c->backoff = backoff_of(&options->reconnect);
    *client = c;
    return H2CONN_OK;
}

int h2conn_client_new(h2conn_client **client, const h2conn_client_options *options) {
    static const h2conn_client_options defaults;
    if (client == NULL) return H2CONN_EINVAL;
    *client = NULL;
    if (options == NULL) options = &defaults;
    const h2_config config = config_of(options->config);
    const h2conn_backoff backoff = backoff_of(&options->reconnect);
    if (h2_session_size(&config) == 0) return H2CONN_EINVAL;
    if (backoff.first_ms > backoff.most_ms || backoff.jitter_percent > PERCENT) return H2CONN_EINVAL;
    return client_new(client, options, false);
}

int posix_client_private(h2conn_client **client, const h2conn_options *options) {
    const h2conn_client_options own = {
        .secure = options->secure, .trace = options->trace, .trace_user = options->trace_user};
    return client_new(client, &own, true);
}

bool posix_client_is_secured(const h2conn_client *client) {
    return client->owner.has_secure;
}

static void end_sessions(h2conn_client *client, int64_t within_ms) {
    posix_seekers_end(client);
    posix_nowhere_end(client);
    pthread_mutex_lock(&client->lock);
    for (posix_session *s = client->sessions; s != NULL; s = s->client_next) {
        pthread_mutex_lock(&s->lock);
        posix_session_finish(s, H2_NO_ERROR, within_ms);
        pthread_mutex_unlock(&s->lock);
    }
    if (client->loop->manual) {
        /* Nobody comes by any more: this thread sees them to their end. */
        pthread_mutex_unlock(&client->lock);
        posix_loop_quit(client->loop);
        posix_loop_run(client->loop);
        return;
    }
    while (client->n_sessions > 0) pthread_cond_wait(&client->changed, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

/* ---- in a program's own loop ---- */

int h2conn_client_fd(const h2conn_client *client) {
    return client != NULL && client->loop->manual ? client->loop->epoll : H2CONN_EINVAL;
}

bool h2conn_client_wants(h2conn_client *client) {
    if (client == NULL) return false;
    pthread_mutex_lock(&client->lock);
    const bool any = client->n_sessions > (client->nowhere != NULL);
    pthread_mutex_unlock(&client->lock);
    return any || posix_nowhere_used(client);
}

int h2conn_client_timeout(h2conn_client *client) {
    return client != NULL && client->loop->manual ? posix_loop_timeout(client->loop) : -1;
}

int h2conn_client_process(h2conn_client *client) {
    if (client == NULL || !client->loop->manual || posix_in_callback()) return H2CONN_EINVAL;
    posix_loop_process(client->loop);
    return H2CONN_OK;
}

void posix_client_abandon(h2conn_client *client) {
    if (client == NULL) return;
    end_sessions(client, 0);
    h2conn_client_free(client);
}

void h2conn_client_free(h2conn_client *client) {
    if (client == NULL) return;
    end_sessions(client, POSIX_FINISH_MS);
    posix_nowhere_free(client);
    if (client->shares_loop)
        shared_release();
    else
        loop_delete(client->loop);
    posix_heed_free(client);
    posix_client_forget_troubles(client);
    pthread_cond_destroy(&client->sought);
    pthread_mutex_destroy(&client->seek_lock);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
    free(client);
}
