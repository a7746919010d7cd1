/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "conn_text.h"
#include "posix_client.h"
#include "posix_dial.h"
#include "posix_time.h"

/* Sessions by origin: each is dialed by one thread, for which others that need one to the same origin wait. */

#define DEFAULT_ATTEMPT_MS 10000

/* A thread that waits for another's dial. */
typedef struct waiter {
    struct waiter *next, **place;
    posix_bell bell;
} waiter;

/* A session being opened. The last of its users frees it. */
typedef struct posix_dialing {
    struct posix_dialing *next;
    waiter *waiters;
    unsigned users; /* who dials, and who waits */
    bool done;
    bool own; /* it was the dialing thread's time that ended, not every one's */
    int result;
    char origin[POSIX_ORIGIN_BYTES];
    char why[H2CONN_WHY_BYTES];
} dialing;

/* ---- sessions that are there ---- */

/* Whether it would take a new stream, as far as can be known; then it is referenced. */
static bool try_session(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    const h2_session *session = s->link.session;
    const bool usable =
        s->finish_at == 0 && !posix_session_is_closing(s) && h2_session_room(session) > s->opening_starts;
    if (usable) posix_session_ref(s);
    pthread_mutex_unlock(&s->lock);
    return usable;
}

static posix_session *find_session(h2conn_client *client, const char *origin) {
    for (posix_session *s = client->sessions; s != NULL; s = s->client_next)
        if (strcmp(s->origin, origin) == 0 && try_session(s)) return s;
    return NULL;
}

static void print_origin(char origin[POSIX_ORIGIN_BYTES], const h2conn_url *url) {
    snprintf(origin, POSIX_ORIGIN_BYTES, "%s://%s:%u", url->secure ? "https" : "http", url->host, (unsigned)url->port);
}

posix_session *posix_client_find(h2conn_client *client, const h2conn_url *url) {
    char origin[POSIX_ORIGIN_BYTES];
    print_origin(origin, url);
    pthread_mutex_lock(&client->lock);
    posix_session *s = find_session(client, origin);
    pthread_mutex_unlock(&client->lock);
    return s;
}

/* A peer that said it would go, and went, is not lost. */
static bool is_lost(posix_session *s, char why[H2CONN_WHY_BYTES]) {
    char text[H2CONN_WHY_BYTES];
    pthread_mutex_lock(&s->lock);
    const int error = h2conn_link_error(&s->link, NULL);
    const bool lost = error == H2CONN_EGOAWAY || (error == H2CONN_ELOST && !s->leaving);
    h2conn_explain(why, error, h2_session_failure(s->link.session), posix_session_detail(s, text));
    pthread_mutex_unlock(&s->lock);
    return lost;
}

void posix_client_session_ended(posix_owner *owner, posix_session *s) {
    h2conn_client *client = (h2conn_client *)owner;
    char why[H2CONN_WHY_BYTES];
    pthread_mutex_lock(&client->lock);
    posix_session **place = &client->sessions;
    while (*place != s) place = &(*place)->client_next;
    *place = s->client_next;
    if (!s->blamed && is_lost(s, why)) {
        posix_client_trouble(client, s->origin, H2CONN_ELOST, why);
        s->blamed = true;
    }
    pthread_mutex_unlock(&client->lock);
}

/* ---- dialing ---- */

static int open_session(posix_session **session, h2conn_client *client, const char *origin, const h2conn_url *url,
                        const posix_until *until, char why[H2CONN_WHY_BYTES]) {
    int fd;
    int result = posix_loop_start(client->loop);
    if (result == H2CONN_OK) result = posix_dial(&fd, url->host, url->port, until, why);
    if (result != H2CONN_OK) return result;
    posix_session *s;
    result = posix_session_new(&s, &client->owner, fd, NULL, url->secure, url->host);
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

static bool may_pass(int error) {
    return error == H2CONN_ERESOLVE || error == H2CONN_ECONNECT || error == H2CONN_ETIMEDOUT;
}

/* With the client locked, which is let go of meanwhile. */
static int attempt(posix_session **session, h2conn_client *client, dialing *d, const h2conn_url *url,
                   const posix_until *until) {
    const uint32_t attempt_ms = client->reconnect.attempt_ms > 0 ? client->reconnect.attempt_ms : DEFAULT_ATTEMPT_MS;
    posix_until soon = *until;
    if (client->reconnect.first_ms > 0) soon.deadline = posix_earlier(soon.deadline, h2conn_now() + attempt_ms);
    pthread_mutex_unlock(&client->lock);
    const int result = open_session(session, client, d->origin, url, &soon, d->why);
    pthread_mutex_lock(&client->lock);
    d->own = result == H2CONN_ECANCELED ||
             (result == H2CONN_ETIMEDOUT && posix_until_check(until, h2conn_now()) != H2CONN_OK);
    return result;
}

/* Until a session is had, or it makes no sense to go on. Likewise. */
static int attempts(posix_session **session, h2conn_client *client, dialing *d, const h2conn_url *url,
                    const posix_until *until) {
    for (;;) {
        int result = posix_client_wait_out(client, d->origin, until, &d->own, d->why);
        if (result != H2CONN_OK) return result;
        result = attempt(session, client, d, url, until);
        if (d->own || !may_pass(result) || !posix_client_trouble(client, d->origin, result, d->why)) return result;
    }
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

static void leave(dialing *d) {
    if (--d->users == 0) free(d);
}

static void finish(h2conn_client *client, dialing *d) {
    dialing **place = &client->dialings;
    while (*place != d) place = &(*place)->next;
    *place = d->next;
    d->done = true;
    for (waiter *w = d->waiters; w != NULL; w = w->next) posix_bell_ring(&w->bell);
}

/* With the client locked, which is let go of meanwhile. */
static int dial(posix_session **session, h2conn_client *client, const char *origin, const h2conn_url *url,
                const posix_until *until, char why[H2CONN_WHY_BYTES]) {
    dialing *d = dialing_new(client, origin);
    if (d == NULL) return H2CONN_ENOMEM;
    d->result = attempts(session, client, d, url, until);
    if (d->result == H2CONN_OK) {
        (*session)->client_next = client->sessions;
        client->sessions = *session;
        client->n_sessions++;
    }
    finish(client, d);
    const int result = d->result;
    memcpy(why, d->why, H2CONN_WHY_BYTES);
    leave(d);
    return result;
}

/* ---- waiting for who dials ---- */

static dialing *find_dialing(h2conn_client *client, const char *origin) {
    dialing *d = client->dialings;
    while (d != NULL && strcmp(d->origin, origin) != 0) d = d->next;
    return d;
}

unsigned posix_client_waiting(h2conn_client *client) {
    unsigned waiting = 0;
    pthread_mutex_lock(&client->lock);
    for (const dialing *d = client->dialings; d != NULL; d = d->next) waiting += d->users - 1;
    pthread_mutex_unlock(&client->lock);
    return waiting;
}

/* With the client locked. H2CONN_OK also when this thread is to try for itself. */
static int wait_for(h2conn_client *client, dialing *d, const posix_until *until, char why[H2CONN_WHY_BYTES]) {
    waiter w = {.next = d->waiters, .place = &d->waiters};
    int result = H2CONN_OK;
    if (!posix_bell_begin(&w.bell)) return H2CONN_ENOMEM;
    if (w.next != NULL) w.next->place = &w.next;
    d->waiters = &w;
    d->users++;
    while (!d->done && result == H2CONN_OK) result = posix_bell_wait(&w.bell, &client->lock, until);
    posix_bell_end(&w.bell);
    *w.place = w.next;
    if (w.next != NULL) w.next->place = w.place;
    if (d->done) {
        result = d->own ? H2CONN_OK : d->result;
        memcpy(why, d->why, H2CONN_WHY_BYTES);
    } else {
        h2conn_text_join(why, H2CONN_WHY_BYTES, "connecting to ", d->origin, "");
    }
    leave(d);
    return result;
}

int posix_client_session(posix_session **session, bool *fresh, h2conn_client *client, const h2conn_url *url,
                         const posix_until *until, char why[H2CONN_WHY_BYTES]) {
    char origin[POSIX_ORIGIN_BYTES];
    int result = H2CONN_OK;
    print_origin(origin, url);
    *fresh = false;
    pthread_mutex_lock(&client->lock);
    while (result == H2CONN_OK) {
        *session = find_session(client, origin);
        if (*session != NULL) break;
        dialing *d = find_dialing(client, origin);
        if (d == NULL) {
            result = dial(session, client, origin, url, until, why);
            *fresh = true;
            break;
        }
        result = wait_for(client, d, until, why);
    }
    pthread_mutex_unlock(&client->lock);
    return result;
}
