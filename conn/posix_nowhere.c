/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_start.h"
#include "posix_time.h"

/* The session of connections that have none yet, or never got one. */

/* Besides those of connections: the client's and the loop's. */
#define OWN_REFS 2u

static h2conn_client *client_of(posix_owner *owner) {
    return (h2conn_client *)(void *)((char *)owner - offsetof(h2conn_client, limbo));
}

static void forgotten(posix_owner *owner) {
    posix_owner *real = &client_of(owner)->owner;
    real->forgotten(real);
}

int posix_nowhere_make(h2conn_client *client) {
    posix_session *s;
    if (client->nowhere != NULL) return H2CONN_OK;
    client->limbo = (posix_owner){.loop = client->loop, .config = h2_config_small(false), .forgotten = forgotten};
    h2_config *config = &client->limbo.config;
    config->preface_ms = config->settings_ms = config->block_ms = config->keepalive_ms = config->blocked_ms = 0;
    if (posix_loop_start(client->loop) != H2CONN_OK) return H2CONN_ENOMEM;
    if (posix_session_new(&s, &client->limbo, -1, NULL, false, NULL) != H2CONN_OK) return H2CONN_ENOMEM;
    s->pumping = s->sending = s->nowhere = true;
    if (posix_loop_add(client->loop, s) != H2CONN_OK) {
        posix_session_unref(s);
        return H2CONN_ENOMEM;
    }
    client->nowhere = s;
    client->n_sessions++;
    return H2CONN_OK;
}

void posix_nowhere_enter(posix_starting *st) {
    h2conn_client *client = st->client;
    posix_session *nowhere = client->nowhere;
    st->conn->session = nowhere;
    posix_session_ref(nowhere);
    if (st->until.deadline == 0 && st->until.cancel == NULL) return;
    if (!st->listed) {
        posix_start_ref(st);
        st->listed = true;
        st->seeking_next = client->seeking;
        client->seeking = st;
    }
    nowhere->starts_at = posix_earlier(nowhere->starts_at, st->until.deadline);
    posix_session_tick(nowhere, h2conn_now());
    if (posix_cancelled(st->until.cancel)) posix_loop_post(nowhere, true);
}

void posix_nowhere_left(posix_starting *st) {
    posix_session *nowhere = st->client->nowhere;
    if (st->until.deadline != 0 || st->until.cancel == NULL) return;
    pthread_mutex_lock(&nowhere->lock);
    if (st->listed) posix_loop_post(nowhere, true);
    pthread_mutex_unlock(&nowhere->lock);
}

void posix_nowhere_turn(posix_session *nowhere, int64_t now) {
    h2conn_client *client = client_of(nowhere->owner);
    posix_starting **place = &client->seeking;
    nowhere->starts_at = 0;
    while (*place != NULL) {
        posix_starting *st = *place;
        bool seeking;
        const int error = posix_start_check(st, POSIX_SEEKING, now, &seeking);
        if (seeking && error == H2CONN_OK) {
            nowhere->starts_at = posix_earlier(nowhere->starts_at, st->until.deadline);
            place = &st->seeking_next;
            continue;
        }
        *place = st->seeking_next;
        st->listed = false;
        if (seeking) {
            posix_start_fail_locked(st, POSIX_SEEKING, error, H2_NO_ERROR, "connecting");
            posix_seek_end(st);
        }
        posix_start_unref(st);
    }
}

void posix_nowhere_end(h2conn_client *client) {
    posix_session *nowhere = client->nowhere;
    if (nowhere == NULL) return;
    pthread_mutex_lock(&nowhere->lock);
    posix_nowhere_turn(nowhere, h2conn_now());
    nowhere->pumping = nowhere->sending = false;
    h2conn_link_end(&nowhere->link, H2CONN_TRANSPORT_ELOST);
    posix_loop_post(nowhere, true);
    pthread_mutex_unlock(&nowhere->lock);
}

void posix_nowhere_free(h2conn_client *client) {
    if (client->nowhere != NULL) posix_session_unref(client->nowhere);
    client->nowhere = NULL;
}

bool posix_nowhere_used(h2conn_client *client) {
    pthread_mutex_lock(&client->lock);
    posix_session *nowhere = client->nowhere;
    pthread_mutex_unlock(&client->lock);
    if (nowhere == NULL) return false;
    pthread_mutex_lock(&nowhere->lock);
    const bool used = nowhere->refs > OWN_REFS;
    pthread_mutex_unlock(&nowhere->lock);
    return used;
}
