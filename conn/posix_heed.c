/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "posix_start.h"

/*
 * Tokens that end connects nobody waits for. Firing one may happen in a signal handler, so it only makes a descriptor
 * readable, and any number of connects may share it: the client's loop watches a set of such descriptors, an epoll of
 * its own, and when one is rung every session looks at its starts. Each descriptor is told of once (EPOLLET), as it
 * stays readable, and leaves the set when it is closed. A start that changes its session looks at its token then, so
 * none is missed between two sessions.
 */

typedef struct posix_heed {
    posix_source source; /* first: what the loop's events name */
    posix_loop *loop;
    int set;
} posix_heed_set;

static void look_at(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    if (s->starts != NULL || s->nowhere) posix_loop_post(s, true);
    pthread_mutex_unlock(&s->lock);
}

static void rung(posix_source *source) {
    posix_heed_set *heed = (posix_heed_set *)source;
    struct epoll_event events[POSIX_EVENTS_MAX];
    while (epoll_wait(heed->set, events, POSIX_EVENTS_MAX, 0) == POSIX_EVENTS_MAX) {
    }
    posix_loop_each(heed->loop, look_at);
}

static posix_heed_set *make(posix_loop *loop) {
    posix_heed_set *heed = calloc(1, sizeof *heed);
    if (heed == NULL) return NULL;
    heed->source.ready = rung;
    heed->loop = loop;
    heed->set = epoll_create1(EPOLL_CLOEXEC);
    if (heed->set >= 0 && posix_loop_watch(loop, heed->set, &heed->source) == H2CONN_OK) return heed;
    if (heed->set >= 0) close(heed->set);
    free(heed);
    return NULL;
}

int posix_heed(h2conn_client *client, const h2conn_cancel *cancel) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (client->heed == NULL) client->heed = make(client->loop);
    if (client->heed == NULL) return H2CONN_ENOMEM;
    const int result = epoll_ctl(client->heed->set, EPOLL_CTL_ADD, posix_cancel_fd(cancel), &event);
    return result == 0 || errno == EEXIST ? H2CONN_OK : H2CONN_ENOMEM;
}

void posix_heed_free(h2conn_client *client) {
    if (client->heed == NULL) return;
    close(client->heed->set);
    free(client->heed);
}
