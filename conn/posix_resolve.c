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
    pthread_cond_t answered;
    char host[H2CONN_HOST_BYTES], service[SERVICE_BYTES];
    struct addrinfo hints;
    struct addrinfo *list;
    int code;  /* of getaddrinfo */
    int error; /* errno with EAI_SYSTEM */
    bool done, left;
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
    if (posix_cond_init(&l->answered) != 0) {
        free(l);
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    snprintf(l->host, sizeof l->host, "%s", host);
    snprintf(l->service, sizeof l->service, "%u", (unsigned)port);
    l->hints = (struct addrinfo){
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)};
    return l;
}

static void lookup_free(lookup *l) {
    if (l->list != NULL) freeaddrinfo(l->list);
    pthread_cond_destroy(&l->answered);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void *lookup_thread(void *arg) {
    lookup *l = arg;
    look_up(l);
    pthread_mutex_lock(&l->lock);
    l->done = true;
    const bool left = l->left;
    if (!left) pthread_cond_signal(&l->answered);
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

/* Wait for the answer. False when the deadline passed: the thread owns the look-up then. */
static bool wait_for(lookup *l, int64_t deadline) {
    pthread_mutex_lock(&l->lock);
    while (!l->done && !posix_passed(deadline, h2conn_now())) posix_cond_wait(&l->answered, &l->lock, deadline);
    l->left = true;
    const bool done = l->done;
    pthread_mutex_unlock(&l->lock);
    return done;
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

int posix_resolve(struct addrinfo **list, const char *host, uint16_t port, bool passive, int64_t deadline,
                  char why[H2CONN_WHY_BYTES]) {
    lookup *l = lookup_new(host, port, passive);
    why[0] = '\0';
    if (l == NULL) return H2CONN_ENOMEM;
    /* A literal needs no resolver, and so no thread. */
    l->hints.ai_flags |= AI_NUMERICHOST;
    look_up(l);
    if (l->code != 0) {
        l->hints.ai_flags &= ~AI_NUMERICHOST;
        if (!start_thread(l)) {
            look_up(l);
        } else if (!wait_for(l, deadline)) {
            h2conn_text_join(why, H2CONN_WHY_BYTES, "resolving ", host, "");
            return H2CONN_ETIMEDOUT;
        }
    }
    const int result = result_of(l, list, why);
    lookup_free(l);
    return result;
}
