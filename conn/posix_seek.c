/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "posix_start.h"
#include "posix_time.h"

/*
 * Sessions for connections nobody waits for. Resolving a name waits, so a thread does it: one for each origin of a
 * client at which any connection seeks, for all of them, as long as there are any. Each of them ends by its own
 * deadline, which the loop keeps; the thread goes on for the one that waits longest, and is stopped when none is left.
 */

typedef struct posix_seeker {
    struct posix_seeker *next;
    h2conn_client *client;
    h2conn_url url;
    posix_starting *first, *last; /* in line */
    unsigned live;                /* that still seek, those in the thread's hands included */
    h2conn_cancel *cancel;
} seeker;

/* ---- the line: with `seek_lock` ---- */

static void append(seeker *k, posix_starting *st) {
    st->line_next = NULL;
    if (k->first == NULL)
        k->first = st;
    else
        k->last->line_next = st;
    k->last = st;
}

/* Those the thread could not serve yet go first. */
static void put_back(seeker *k, posix_starting *first) {
    posix_starting *last = first;
    while (last->line_next != NULL) last = last->line_next;
    last->line_next = k->first;
    if (k->first == NULL) k->last = last;
    k->first = first;
}

static void leave(posix_starting *st) {
    seeker *k = st->seeker;
    st->seeker = NULL;
    if (k != NULL && --k->live == 0) h2conn_cancel_fire(k->cancel);
}

static int64_t latest_deadline(const posix_starting *st) {
    int64_t latest = st->until.deadline;
    for (; st != NULL && latest != 0; st = st->line_next)
        if (st->until.deadline == 0 || st->until.deadline > latest) latest = st->until.deadline;
    return latest;
}

static bool same_origin(const h2conn_url *a, const h2conn_url *b) {
    return a->secure == b->secure && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static seeker *find(const h2conn_client *client, const h2conn_url *url) {
    seeker *k = client->seekers;
    while (k != NULL && !same_origin(&k->url, url)) k = k->next;
    return k;
}

static void unlink_seeker(seeker *k) {
    seeker **place = &k->client->seekers;
    while (*place != k) place = &(*place)->next;
    *place = k->next;
}

static void seeker_free(seeker *k) {
    h2conn_cancel_free(k->cancel);
    free(k);
}

/* ---- the thread ---- */

static void done(posix_starting *st) {
    pthread_mutex_lock(&st->client->seek_lock);
    leave(st);
    pthread_mutex_unlock(&st->client->seek_lock);
    posix_start_unref(st);
}

static void fail_all(posix_starting *st, int error, const char *why) {
    while (st != NULL) {
        posix_starting *next = st->line_next;
        posix_start_fail(st, POSIX_SEEKING, error, H2_NO_ERROR, why);
        done(st);
        st = next;
    }
}

/* Tell the client of sessions that failed. Those it does not want to try again fail too. Returns the others. */
static posix_starting *report(posix_starting *first) {
    posix_starting *kept = NULL, **end = &kept;
    for (posix_starting *st = first; st != NULL;) {
        posix_starting *next = st->line_next;
        posix_lost *lost = st->lost;
        st->lost = NULL;
        if (lost == NULL || posix_client_tries_again(st->client, lost->session, lost->error, lost->why)) {
            *end = st;
            end = &st->line_next;
        } else {
            st->line_next = NULL;
            fail_all(st, lost->error, lost->why);
        }
        if (lost != NULL) posix_session_unref(lost->session);
        free(lost);
        st = next;
    }
    *end = NULL;
    return kept;
}

static void seek_for(seeker *k, posix_starting *st) {
    const posix_until until = {.deadline = latest_deadline(st), .cancel = k->cancel};
    char why[H2CONN_WHY_BYTES] = "";
    posix_session *s;
    bool fresh;
    const int result = posix_client_session(&s, &fresh, k->client, &k->url, &until, why);
    if (result != H2CONN_OK) {
        fail_all(st, result, why);
        return;
    }
    while (st != NULL) {
        posix_starting *next = st->line_next;
        if (!posix_start_place(st, s, fresh)) break;
        fresh = false; /* the others go by the server's limits */
        done(st);
        st = next;
    }
    posix_session_unref(s);
    if (st == NULL) return;
    pthread_mutex_lock(&k->client->seek_lock);
    put_back(k, st);
    pthread_mutex_unlock(&k->client->seek_lock);
}

/* All in line, or NULL when there are none, and the seeker ends. */
static posix_starting *take_line(seeker *k) {
    h2conn_client *client = k->client;
    pthread_mutex_lock(&client->seek_lock);
    posix_starting *line = k->first;
    k->first = k->last = NULL;
    if (line == NULL) {
        unlink_seeker(k);
        seeker_free(k);
        if (client->seekers == NULL) pthread_cond_broadcast(&client->sought);
    } else if (k->live > 0) {
        posix_cancel_reset(k->cancel); /* it was stopped before these came */
    }
    pthread_mutex_unlock(&client->seek_lock);
    return line;
}

static void *seeker_thread(void *arg) {
    seeker *k = arg;
    posix_starting *line;
    while ((line = take_line(k)) != NULL) {
        line = report(line);
        if (line != NULL) seek_for(k, line);
    }
    return NULL;
}

/* ---- from outside ---- */

/* With `seek_lock`. NULL when there is no memory, or no thread. */
static seeker *seeker_new(h2conn_client *client, posix_starting *st) {
    pthread_t thread;
    seeker *k = calloc(1, sizeof *k);
    if (k == NULL) return NULL;
    k->client = client;
    k->url = st->ask->url;
    if (h2conn_cancel_new(&k->cancel) != H2CONN_OK || posix_thread_start(&thread, seeker_thread, k) != 0) {
        seeker_free(k);
        return NULL;
    }
    pthread_detach(thread);
    k->next = client->seekers;
    client->seekers = k;
    return k;
}

bool posix_seek(posix_starting *st) {
    h2conn_client *client = st->client;
    posix_start_ref(st);
    pthread_mutex_lock(&client->seek_lock);
    seeker *k = find(client, &st->ask->url);
    if (k == NULL) k = seeker_new(client, st);
    if (k != NULL) {
        append(k, st);
        k->live++;
        st->seeker = k;
    }
    pthread_mutex_unlock(&client->seek_lock);
    if (k != NULL) return true;
    posix_start_fail(st, POSIX_SEEKING, H2CONN_ENOMEM, H2_NO_ERROR, "");
    posix_start_unref(st);
    return false;
}

void posix_seek_end(posix_starting *st) {
    pthread_mutex_lock(&st->client->seek_lock);
    leave(st);
    pthread_mutex_unlock(&st->client->seek_lock);
}

void posix_seekers_end(h2conn_client *client) {
    pthread_mutex_lock(&client->seek_lock);
    while (client->seekers != NULL) pthread_cond_wait(&client->sought, &client->seek_lock);
    pthread_mutex_unlock(&client->seek_lock);
}
