/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_error.h"
#include "posix_client.h"
#include "posix_time.h"

/* Trying again: what the client remembers of each origin that failed, and the wait before the next attempt at it. */

typedef struct posix_trouble {
    struct posix_trouble *next;
    h2conn_setbacks setbacks;
    bool told; /* the program knows of the last */
    int error;
    char origin[POSIX_ORIGIN_BYTES];
    char why[H2CONN_WHY_BYTES];
} trouble;

void posix_client_forget_troubles(h2conn_client *client) {
    while (client->troubles != NULL) {
        trouble *t = client->troubles;
        client->troubles = t->next;
        free(t);
    }
}

static trouble *find(const h2conn_client *client, const char *origin) {
    trouble *t = client->troubles;
    while (t != NULL && strcmp(t->origin, origin) != 0) t = t->next;
    return t;
}

/* Those of other origins that no longer count. */
static void drop_old(h2conn_client *client, const char *origin, int64_t now) {
    for (trouble **place = &client->troubles; *place != NULL;) {
        trouble *t = *place;
        if (h2conn_setbacks_count(&t->setbacks, &client->backoff, now) || strcmp(t->origin, origin) == 0) {
            place = &t->next;
            continue;
        }
        *place = t->next;
        free(t);
    }
}

static trouble *find_or_add(h2conn_client *client, const char *origin, int64_t now) {
    drop_old(client, origin, now);
    trouble *t = find(client, origin);
    if (t != NULL) return t;
    t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    snprintf(t->origin, sizeof t->origin, "%s", origin);
    t->next = client->troubles;
    client->troubles = t;
    return t;
}

static uint32_t random_number(void) {
    uint32_t random;
    return getentropy(&random, sizeof random) == 0 ? random : (uint32_t)posix_now_us();
}

bool posix_client_trouble(h2conn_client *client, const char *origin, int error, const char *why) {
    const int64_t now = h2conn_now();
    if (client->reconnect.first_ms == 0) return false;
    trouble *t = find_or_add(client, origin, now);
    if (t == NULL) return false;
    h2conn_setbacks_add(&t->setbacks, &client->backoff, now, random_number());
    t->told = false;
    t->error = error;
    h2conn_complete(t->why, error, why);
    return true;
}

bool posix_client_tries_again(h2conn_client *client, posix_session *s, int error, const char *why) {
    if (client->reconnect.first_ms == 0) return false;
    bool again = true;
    pthread_mutex_lock(&client->lock);
    if (!s->blamed) again = posix_client_trouble(client, s->origin, error, why);
    s->blamed = true;
    pthread_mutex_unlock(&client->lock);
    return again;
}

/* Tell of a trouble that was not told; the lock is let go of meanwhile. False when the program has had enough. */
static bool tell(h2conn_client *client, trouble *t, int64_t now) {
    const trouble copy = *t;
    const h2conn_reconnect *reconnect = &client->reconnect;
    const int64_t wait = copy.setbacks.next_at - now;
    const h2conn_retry retry = {.origin = copy.origin,
                                .failures = copy.setbacks.failures,
                                .error = copy.error,
                                .why = copy.why,
                                .wait_ms = wait > 0 ? wait : 0};
    t->told = true;
    if (reconnect->again == NULL) return true;
    pthread_mutex_unlock(&client->lock);
    const bool go_on = reconnect->again(reconnect->user, &retry);
    pthread_mutex_lock(&client->lock);
    return go_on;
}

int posix_client_wait_out(h2conn_client *client, const char *origin, const posix_until *until, bool *own,
                          char why[H2CONN_WHY_BYTES]) {
    posix_bell bell;
    int result = H2CONN_OK;
    *own = false;
    if (client->reconnect.first_ms == 0) return H2CONN_OK;
    if (!posix_bell_begin(&bell)) return H2CONN_ENOMEM;
    while (result == H2CONN_OK) {
        const int64_t now = h2conn_now();
        trouble *t = find(client, origin);
        if (t == NULL) break;
        const posix_until next = {.deadline = t->setbacks.next_at, .cancel = until->cancel};
        memcpy(why, t->why, H2CONN_WHY_BYTES);
        if (posix_passed(until->deadline, next.deadline)) {
            *own = true;
            result = t->error;
        } else if (!t->told) {
            const int error = t->error;
            if (!tell(client, t, now)) result = error;
        } else if (posix_passed(next.deadline, now)) {
            break;
        } else if (posix_bell_wait(&bell, &client->lock, &next) == H2CONN_ECANCELED) {
            *own = true;
            result = H2CONN_ECANCELED;
        }
    }
    posix_bell_end(&bell);
    return result;
}
