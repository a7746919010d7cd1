/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "posix_client.h"
#include "posix_dial.h"
#include "posix_time.h"

/* A session being opened. Those who need one to the same origin wait for it; the last of them frees this. */
typedef struct dialing {
    struct dialing *next;
    unsigned users; /* who dials, and who waits */
    bool done;
    int result;
    char origin[POSIX_ORIGIN_BYTES];
    char why[H2CONN_WHY_BYTES];
} dialing;

struct h2conn_client {
    posix_owner owner; /* first */
    posix_loop *loop;
    bool shares_loop;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a dialing is done, or a session forgotten */
    posix_session *sessions;
    dialing *dialings;
    size_t n_sessions; /* not yet forgotten by the loop */
};

/* ---- the loop of private clients ---- */

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static posix_loop *shared_loop;
static size_t shared_users;

static posix_loop *loop_new(void) {
    posix_loop *loop = malloc(sizeof *loop);
    if (loop != NULL && posix_loop_init(loop) == H2CONN_OK) return loop;
    free(loop);
    return NULL;
}

static void loop_delete(posix_loop *loop) {
    posix_loop_quit(loop);
    posix_loop_join(loop);
    posix_loop_free(loop);
    free(loop);
}

static posix_loop *shared_acquire(void) {
    pthread_mutex_lock(&shared_lock);
    if (shared_users == 0) shared_loop = loop_new();
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

static void session_ended(posix_owner *owner, posix_session *s) {
    h2conn_client *client = (h2conn_client *)owner;
    pthread_mutex_lock(&client->lock);
    posix_session **place = &client->sessions;
    while (*place != s) place = &(*place)->client_next;
    *place = s->client_next;
    pthread_mutex_unlock(&client->lock);
}

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
    if (given == NULL) config.credit_on_receipt = true; /* a connection nobody reads holds up only itself */
    return config;
}

static int client_new(h2conn_client **client, const h2conn_client_options *options, bool shares_loop) {
    h2conn_client *c = calloc(1, sizeof *c);
    if (c == NULL) return H2CONN_ENOMEM;
    c->shares_loop = shares_loop;
    c->loop = shares_loop ? shared_acquire() : loop_new();
    if (c->loop == NULL || posix_cond_init(&c->changed) != 0) {
        if (c->loop != NULL && shares_loop) shared_release();
        if (c->loop != NULL && !shares_loop) loop_delete(c->loop);
        free(c);
        return H2CONN_ENOMEM;
    }
    pthread_mutex_init(&c->lock, NULL);
    c->owner = (posix_owner){.loop = c->loop,
                             .config = config_of(options->config),
                             .has_secure = options->secure != NULL,
                             .trace = options->trace,
                             .trace_user = options->trace_user,
                             .tap = options->tap,
                             .tap_user = options->tap_user,
                             .ended = session_ended,
                             .forgotten = session_forgotten};
    if (options->secure != NULL) c->owner.secure = *options->secure;
    *client = c;
    return H2CONN_OK;
}

int h2conn_client_new(h2conn_client **client, const h2conn_client_options *options) {
    static const h2conn_client_options defaults;
    if (client == NULL) return H2CONN_EINVAL;
    *client = NULL;
    if (options == NULL) options = &defaults;
    const h2_config config = config_of(options->config);
    if (h2_session_size(&config) == 0) return H2CONN_EINVAL;
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
    pthread_mutex_lock(&client->lock);
    for (posix_session *s = client->sessions; s != NULL; s = s->client_next) {
        pthread_mutex_lock(&s->lock);
        posix_session_finish(s, H2_NO_ERROR, within_ms);
        pthread_mutex_unlock(&s->lock);
    }
    while (client->n_sessions > 0) pthread_cond_wait(&client->changed, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

void posix_client_abandon(h2conn_client *client) {
    if (client == NULL) return;
    end_sessions(client, 0);
    h2conn_client_free(client);
}

void h2conn_client_free(h2conn_client *client) {
    if (client == NULL) return;
    end_sessions(client, POSIX_FINISH_MS);
    if (client->shares_loop)
        shared_release();
    else
        loop_delete(client->loop);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

/* ---- which session ---- */

/* Whether it would take a new stream, as far as can be known; then it is referenced. */
static bool try_session(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    const h2_session *session = s->link.session;
    const bool usable = s->finish_at == 0 && !posix_session_is_closing(s) && h2_session_room(session) > 0;
    if (usable) posix_session_ref(s);
    pthread_mutex_unlock(&s->lock);
    return usable;
}

static posix_session *find_session(h2conn_client *client, const char *origin) {
    for (posix_session *s = client->sessions; s != NULL; s = s->client_next)
        if (strcmp(s->origin, origin) == 0 && try_session(s)) return s;
    return NULL;
}

static dialing *find_dialing(h2conn_client *client, const char *origin) {
    dialing *d = client->dialings;
    while (d != NULL && strcmp(d->origin, origin) != 0) d = d->next;
    return d;
}

static void leave(dialing *d) {
    if (--d->users == 0) free(d);
}

/* With the client locked. */
static int wait_for(h2conn_client *client, dialing *d, int64_t deadline, char why[H2CONN_WHY_BYTES]) {
    d->users++;
    while (!d->done && !posix_passed(deadline, h2conn_now()))
        posix_cond_wait(&client->changed, &client->lock, deadline);
    const int result = d->done ? d->result : H2CONN_ETIMEDOUT;
    memcpy(why, d->why, H2CONN_WHY_BYTES);
    leave(d);
    return result;
}

static int open_session(posix_session **session, h2conn_client *client, const char *origin, const h2conn_url *url,
                        int64_t deadline, char why[H2CONN_WHY_BYTES]) {
    int fd;
    int result = posix_loop_start(client->loop);
    if (result == H2CONN_OK) result = posix_dial(&fd, url->host, url->port, deadline, why);
    if (result != H2CONN_OK) return result;
    posix_session *s;
    result = posix_session_new(&s, &client->owner, fd, url->secure, url->host);
    if (result != H2CONN_OK) return result;
    s->origin = strdup(origin);
    result = s->origin != NULL ? posix_loop_add(client->loop, s) : H2CONN_ENOMEM;
    if (result != H2CONN_OK) {
        posix_session_unref(s);
        return result;
    }
    *session = s;
    return H2CONN_OK;
}

static dialing *dialing_new(h2conn_client *client, const char *origin) {
    dialing *d = calloc(1, sizeof *d);
    if (d == NULL) return NULL;
    d->users = 1;
    snprintf(d->origin, sizeof d->origin, "%s", origin);
    d->next = client->dialings;
    client->dialings = d;
    return d;
}

/* With the client locked, which is let go of meanwhile. */
static int dial(posix_session **session, h2conn_client *client, const char *origin, const h2conn_url *url,
                int64_t deadline, char why[H2CONN_WHY_BYTES]) {
    dialing *d = dialing_new(client, origin);
    if (d == NULL) return H2CONN_ENOMEM;
    pthread_mutex_unlock(&client->lock);
    d->result = open_session(session, client, origin, url, deadline, d->why);
    pthread_mutex_lock(&client->lock);
    dialing **place = &client->dialings;
    while (*place != d) place = &(*place)->next;
    *place = d->next;
    if (d->result == H2CONN_OK) {
        (*session)->client_next = client->sessions;
        client->sessions = *session;
        client->n_sessions++;
    }
    d->done = true;
    pthread_cond_broadcast(&client->changed);
    const int result = d->result;
    memcpy(why, d->why, H2CONN_WHY_BYTES);
    leave(d);
    return result;
}

int posix_client_session(posix_session **session, bool *fresh, h2conn_client *client, const h2conn_url *url,
                         int64_t deadline, char why[H2CONN_WHY_BYTES]) {
    char origin[POSIX_ORIGIN_BYTES];
    int result = H2CONN_OK;
    snprintf(origin, sizeof origin, "%s://%s:%u", url->secure ? "https" : "http", url->host, (unsigned)url->port);
    *fresh = false;
    pthread_mutex_lock(&client->lock);
    while (result == H2CONN_OK) {
        *session = find_session(client, origin);
        if (*session != NULL) break;
        dialing *d = find_dialing(client, origin);
        if (d == NULL) {
            result = dial(session, client, origin, url, deadline, why);
            *fresh = true;
            break;
        }
        result = wait_for(client, d, deadline, why);
        /* Who dialed had less time; this one tries for itself. */
        if (result == H2CONN_ETIMEDOUT && !posix_passed(deadline, h2conn_now())) result = H2CONN_OK;
    }
    pthread_mutex_unlock(&client->lock);
    return result;
}
