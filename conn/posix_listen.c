/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_text.h"
#include "conn_url.h"
#include "posix_dial.h"
#include "posix_server.h"
#include "posix_time.h"

/* With no descriptor left, accepting pauses: asking again at once would only spin. */
#define ACCEPT_PAUSE_MS 100
/* For the name of an address to listen on. */
#define RESOLVE_MS 30000

typedef struct posix_listener {
    posix_source source; /* first */
    posix_server_loop *loop;
    struct posix_listener *next;
    int fd;
    posix_name at;
    bool secure, watched;
} posix_listener;

/* ---- accepting ---- */

/* One session more, if there may be. */
static bool count_session(h2conn_server *server) {
    if (atomic_fetch_add(&server->n_sessions, 1) < server->max_sessions) return true;
    atomic_fetch_sub(&server->n_sessions, 1);
    return false;
}

static void add_session(posix_listener *l, int fd, const posix_ends *ends) {
    posix_server_loop *loop = l->loop;
    posix_session *s;
    if (!count_session(loop->server)) {
        close(fd);
        return;
    }
    if (posix_session_new(&s, &loop->owner, fd, ends, l->secure, NULL) != H2CONN_OK) {
        atomic_fetch_sub(&loop->server->n_sessions, 1);
        return;
    }
    /* Nothing is known of it yet: many that come at once wait as if they had taken long. */
    s->heavy = true;
    s->spent_until_us = posix_now_us() + POSIX_SHARE * POSIX_TURN_US;
    loop->loop.single = false;
    if (posix_loop_add(&loop->loop, s) == H2CONN_OK)
        s->source.ready(&s->source);
    else
        atomic_fetch_sub(&loop->server->n_sessions, 1);
    posix_session_unref(s);
}

static void pause_accepting(posix_server_loop *loop) {
    loop->accept_at = h2conn_now() + ACCEPT_PAUSE_MS;
    pthread_mutex_lock(&loop->server->lock);
    for (posix_listener *l = loop->listeners; l != NULL; l = l->next) {
        if (l->watched) posix_loop_unwatch(&loop->loop, l->fd);
        l->watched = false;
    }
    pthread_mutex_unlock(&loop->server->lock);
}

void posix_resume_accepting(posix_server_loop *loop) {
    bool all = true;
    pthread_mutex_lock(&loop->server->lock);
    for (posix_listener *l = loop->listeners; l != NULL; l = l->next) {
        if (!l->watched) l->watched = posix_loop_watch(&loop->loop, l->fd, &l->source) == H2CONN_OK;
        all = all && l->watched;
    }
    pthread_mutex_unlock(&loop->server->lock);
    loop->accept_at = all ? 0 : h2conn_now() + ACCEPT_PAUSE_MS;
}

/* False when there is none, or no descriptor for it. */
static bool accept_one(posix_listener *l) {
    posix_ends ends;
    const int fd = posix_accept(l->fd, &l->at, &ends);
    if (fd >= 0) {
        add_session(l, fd, &ends);
        return true;
    }
    const bool out = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (out) pause_accepting(l->loop);
    return !out && errno != EAGAIN && errno != EWOULDBLOCK;
}

static void accept_ready(posix_source *source) {
    posix_listener *l = (posix_listener *)source;
    const int64_t until = posix_now_us() + POSIX_TURN_US;
    while (accept_one(l) && posix_now_us() < until) {
    }
}

void posix_accept_waiting(posix_server_loop *loop) {
    pthread_mutex_lock(&loop->server->lock);
    posix_listener *l = loop->listeners;
    pthread_mutex_unlock(&loop->server->lock);
    for (; l != NULL; l = l->next)
        for (unsigned n = 0; n < POSIX_BACKLOG && accept_one(l); n++) {
        }
}

void posix_close_listeners(posix_server_loop *loop) {
    pthread_mutex_lock(&loop->server->lock);
    while (loop->listeners != NULL) {
        posix_listener *l = loop->listeners;
        loop->listeners = l->next;
        if (l->watched) posix_loop_unwatch(&loop->loop, l->fd);
        close(l->fd);
        free(l);
    }
    pthread_mutex_unlock(&loop->server->lock);
}

/* ---- listening ---- */

static int explain_listen(char out[H2CONN_WHY_BYTES], const struct addrinfo *at, int error) {
    char printed[H2CONN_ADDRESS_BYTES], text[H2CONN_WHY_BYTES], where[H2CONN_WHY_BYTES];
    posix_address_print(printed, at->ai_addr);
    h2conn_text_join(where, sizeof where, h2conn_strerror(H2CONN_ELISTEN), ": ", printed);
    h2conn_text_join(out, H2CONN_WHY_BYTES, where, ": ", posix_error_text(error, text));
    return H2CONN_ELISTEN;
}

/* Known to its loop, which does not look at it yet. Takes over the descriptor, also on failure; NULL then. */
static posix_listener *new_listener(posix_server_loop *loop, int fd, const posix_name *at, bool secure) {
    posix_listener *l = malloc(sizeof *l);
    if (l != NULL) {
        *l = (posix_listener){.source = {accept_ready}, .loop = loop, .fd = fd, .at = *at, .secure = secure};
        if (posix_loop_enter(&loop->loop, fd, &l->source) == H2CONN_OK) return l;
        free(l);
    }
    close(fd);
    return NULL;
}

static void accept_from_now(posix_listener *l) {
    posix_server_loop *loop = l->loop;
    pthread_mutex_lock(&loop->server->lock);
    l->next = loop->listeners;
    l->watched = true;
    loop->listeners = l;
    posix_loop_heed(&loop->loop, l->fd, &l->source);
    pthread_mutex_unlock(&loop->server->lock);
}

static void give_up(posix_listener *l) {
    posix_loop_unwatch(&l->loop->loop, l->fd);
    close(l->fd);
    free(l);
}

/* A socket for a loop, before those in *list. *port is the one to take, 0 for any; it becomes the one taken. */
static int open_one(posix_server_loop *loop, const struct addrinfo *at, bool secure, posix_sharing sharing,
                    uint16_t *port, posix_listener **list, char out[H2CONN_WHY_BYTES]) {
    if (*port != 0) posix_address_set_port(at->ai_addr, *port);
    const int fd = posix_listen(at->ai_addr, at->ai_addrlen, sharing);
    if (fd < 0) return explain_listen(out, at, errno);
    const posix_name name = posix_name_local(fd);
    posix_listener *l = new_listener(loop, fd, &name, secure);
    if (l == NULL) return H2CONN_ENOMEM;
    posix_address_print(out, &name.any);
    *port = posix_name_port(&name);
    l->next = *list;
    *list = l;
    return H2CONN_OK;
}

/* A socket for each loop, or none. */
static int listen_on(h2conn_server *server, const struct addrinfo *at, bool secure, uint16_t *port,
                     char out[H2CONN_WHY_BYTES]) {
    const uint16_t asked = *port;
    posix_listener *list = NULL;
    int result = H2CONN_OK;
    for (unsigned i = 0; i < server->n_loops && result == H2CONN_OK; i++) {
        const posix_sharing sharing = server->n_loops == 1 ? POSIX_ALONE : i == 0 ? POSIX_FIRST : POSIX_FURTHER;
        result = open_one(&server->loops[i], at, secure, sharing, port, &list, out);
    }
    while (list != NULL) {
        posix_listener *l = list;
        list = l->next;
        if (result == H2CONN_OK)
            accept_from_now(l);
        else
            give_up(l);
    }
    if (result == H2CONN_OK) return H2CONN_OK;
    if (result == H2CONN_ENOMEM) out[0] = '\0';
    *port = asked;
    return result;
}

/* All addresses of the name, on one port; one that works is enough, and the first that does is printed. */
static int listen_on_all(h2conn_server *server, const struct addrinfo *list, bool secure, char out[H2CONN_WHY_BYTES]) {
    uint16_t port = 0;
    int result = listen_on(server, list, secure, &port, out);
    for (const struct addrinfo *at = list->ai_next; at != NULL; at = at->ai_next) {
        char text[H2CONN_WHY_BYTES];
        if (listen_on(server, at, secure, &port, text) != H2CONN_OK || result == H2CONN_OK) continue;
        result = H2CONN_OK;
        memcpy(out, text, sizeof text);
    }
    return result;
}

int h2conn_server_listen(h2conn_server *server, const char *url, char address[H2CONN_WHY_BYTES]) {
    const posix_until until = {.deadline = h2conn_now() + RESOLVE_MS};
    char detail[H2CONN_WHY_BYTES] = "";
    h2conn_url parsed = {.secure = false};
    struct addrinfo *list = NULL;
    int result = H2CONN_OK;
    if (address == NULL) return H2CONN_EINVAL;
    address[0] = '\0';
    if (server == NULL || url == NULL)
        result = H2CONN_EINVAL;
    else if (!h2conn_url_parse(&parsed, url))
        result = H2CONN_EURL;
    else if (parsed.secure && !server->loops[0].owner.has_secure)
        result = H2CONN_EINVAL;
    else
        result = posix_resolve(&list, parsed.host, parsed.port, true, &until, detail);
    if (result == H2CONN_OK) {
        result = listen_on_all(server, list, parsed.secure, address);
        freeaddrinfo(list);
    }
    if (result != H2CONN_OK && address[0] == '\0')
        h2conn_text_join(address, H2CONN_WHY_BYTES, h2conn_strerror(result), detail[0] != '\0' ? ": " : "", detail);
    return result;
}
