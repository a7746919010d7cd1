/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "conn_text.h"
#include "conn_url.h"
#include "posix_dial.h"
#include "posix_socket.h"
#include "posix_time.h"

#define SERVICE_BYTES 6u /* a port in digits */

/* A look-up that may outlive who asked for it: the last of the two to leave frees it. */
typedef struct lookup {
    pthread_mutex_t lock;
    posix_bell *bell; /* of who asked; NULL when it has left */
    char host[H2CONN_HOST_BYTES], service[SERVICE_BYTES];
    struct addrinfo hints;
    struct addrinfo *list;
    int code;  /* of getaddrinfo */
    int error; /* errno with EAI_SYSTEM */
    bool done;
} lookup;

/* A system without an entry for localhost still has itself (RFC 6761, 6.3). */
static bool is_localhost(const lookup *l) {
    return !(l->hints.ai_flags & AI_NUMERICHOST) && strcasecmp(l->host, "localhost") == 0;
}

static void look_up(lookup *l) {
    l->code = getaddrinfo(l->host, l->service, &l->hints, &l->list);
    if (l->code != 0 && is_localhost(l)) {
        /* Without a name and not for any address, it is the loopback addresses that are given. */
        l->hints.ai_flags &= ~AI_PASSIVE;
        l->code = getaddrinfo(NULL, l->service, &l->hints, &l->list);
    }
    l->error = errno;
    if (l->code != 0) l->list = NULL;
}

static lookup *lookup_new(const char *host, uint16_t port, bool passive) {
    lookup *l = calloc(1, sizeof *l);
    if (l == NULL) return NULL;
    pthread_mutex_init(&l->lock, NULL);
    snprintf(l->host, sizeof l->host, "%s", host);
    snprintf(l->service, sizeof l->service, "%u", (unsigned)port);
    l->hints = (struct addrinfo){
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)};
    return l;
}

static void lookup_free(lookup *l) {
    if (l->list != NULL) freeaddrinfo(l->list);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void *lookup_thread(void *arg) {
    lookup *l = arg;
    look_up(l);
    pthread_mutex_lock(&l->lock);
    l->done = true;
    const bool left = l->bell == NULL;
    if (!left) posix_bell_ring(l->bell);
    pthread_mutex_unlock(&l->lock);
    if (left) lookup_free(l);
    return NULL;
}

static bool start_thread(lookup *l) {
    pthread_t thread;
    if (posix_thread_start(&thread, lookup_thread, l) != 0) return false;
    pthread_detach(thread);
    return true;
}

/* Wait for the answer, but for a failure: the thread owns the look-up then. */
static int wait_for(lookup *l, const posix_until *until) {
    int result = H2CONN_OK;
    pthread_mutex_lock(&l->lock);
    while (!l->done && result == H2CONN_OK) result = posix_bell_wait(l->bell, &l->lock, until);
    if (l->done) result = H2CONN_OK;
    posix_bell_end(l->bell);
    l->bell = NULL;
    pthread_mutex_unlock(&l->lock);
    return result;
}

static int result_of(lookup *l, struct addrinfo **list, char why[H2CONN_WHY_BYTES]) {
    if (l->code == 0) {
        *list = l->list;
        l->list = NULL;
        return H2CONN_OK;
    }
    char text[H2CONN_WHY_BYTES];
    const char *reason = l->code == EAI_SYSTEM ? posix_error_text(l->error, text) : gai_strerror(l->code);
    h2conn_text_join(why, H2CONN_WHY_BYTES, l->host, ": ", reason);
    return l->code == EAI_MEMORY ? H2CONN_ENOMEM : H2CONN_ERESOLVE;
}

/* In a thread of its own, which is left behind when this one has waited long enough. */
static int look_up_elsewhere(lookup *l, const posix_until *until) {
    posix_bell bell;
    if (!posix_bell_begin(&bell)) return H2CONN_ENOMEM;
    l->bell = &bell;
    if (start_thread(l)) return wait_for(l, until);
    l->bell = NULL;
    look_up(l);
    return H2CONN_OK;
}

int posix_resolve(struct addrinfo **list, const char *host, uint16_t port, bool passive, const posix_until *until,
                  char why[H2CONN_WHY_BYTES]) {
    lookup *l = lookup_new(host, port, passive);
    int result = H2CONN_OK;
    why[0] = '\0';
    if (l == NULL) return H2CONN_ENOMEM;
    /* A literal needs no resolver, and so no thread. */
    l->hints.ai_flags |= AI_NUMERICHOST;
    look_up(l);
    if (l->code != 0) {
        l->hints.ai_flags &= ~AI_NUMERICHOST;
        result = look_up_elsewhere(l, until);
    }
    if (result == H2CONN_OK) result = result_of(l, list, why);
    if (result == H2CONN_ETIMEDOUT || result == H2CONN_ECANCELED)
        h2conn_text_join(why, H2CONN_WHY_BYTES, "resolving ", host, "");
    else
        lookup_free(l);
    return result;
}
