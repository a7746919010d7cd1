/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "h2cat_forward.h"
#include "h2cat_join.h"
#include "h2cat_socket.h"
#include "tool_exit.h"
#include "tool_serve.h"

/* Sockets forwarded at once by a client. */
#define FORWARDS 1024
/* How long accepting pauses at most when descriptors or memory are out. */
#define PAUSE_MS 1000
/* How soon a thread that waits for room in a socket notices that the other way has failed. */
#define LOOK_UP_MS 500

/* ---- one socket and one connection ---- */

typedef struct pair {
    h2cat_channel channel;
    int fd;
    atomic_bool broken; /* one of them has failed: the other is to be reset */
} pair;

/* Wake the other thread of a pair. The socket's peer is not to see an end: it is reset when it is closed. */
static void tear(pair *p) {
    atomic_store(&p->broken, true);
    shutdown(p->fd, SHUT_RD);
    h2cat_channel_reset(&p->channel, H2_CANCEL);
}

/* The socket to the connection. */
static void *upload(void *user) {
    pair *p = user;
    char *buf = malloc(H2CAT_CHUNK_BYTES);
    ssize_t n = -1;
    while (buf && ((n = read(p->fd, buf, H2CAT_CHUNK_BYTES)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0 && h2cat_channel_write(&p->channel, buf, (size_t)n) != H2CONN_OK) break;
    free(buf);
    if (n != 0 || atomic_load(&p->broken))
        tear(p);
    else if (p->channel.ws)
        h2cat_channel_close(&p->channel);
    else
        h2cat_channel_end(&p->channel);
    return NULL;
}

/* Write all, unless the pair is torn meanwhile. */
static bool send_all(pair *p, const char *bytes, size_t len) {
    while (len > 0) {
        const ssize_t n = send(p->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd room = {p->fd, POLLOUT, 0};
            poll(&room, 1, LOOK_UP_MS);
            if (atomic_load(&p->broken)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* The connection to the socket. */
static void download(pair *p) {
    char *buf = malloc(H2CAT_CHUNK_BYTES);
    ptrdiff_t n = -1;
    while (buf && (n = h2cat_channel_read(&p->channel, buf, H2CAT_CHUNK_BYTES)) > 0)
        if (!send_all(p, buf, (size_t)n)) break;
    free(buf);
    if (n != 0)
        tear(p);
    else
        shutdown(p->fd, p->channel.ws ? SHUT_RDWR : SHUT_WR);
}

/* Both, until both have ended. Closes the socket; the channel is still the caller's. */
static void forward(pair *p) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, upload, p) != 0) {
        tear(p);
    } else {
        download(p);
        pthread_join(thread, NULL);
    }
    if (atomic_load(&p->broken)) h2cat_socket_will_reset(p->fd);
    close(p->fd);
}

void h2cat_forward_request(const h2cat_options *o, h2conn_request *request) {
    char why[H2CAT_WHY_BYTES];
    pair p = {.fd = h2cat_socket_dial(&o->target, why)};
    if (p.fd < 0) {
        tool_say("%s", why);
        h2conn_respond(request, 502, NULL, 0, NULL, 0);
        return;
    }
    if (h2cat_channel_accept(&p.channel, o->framing, request, &o->fields) != H2CONN_OK) {
        close(p.fd);
        return;
    }
    forward(&p);
    h2cat_channel_free(&p.channel, true);
}

/* ---- a client's sockets ---- */

typedef struct listener {
    const h2cat_options *o;
    const h2conn_options *options;
    int listening;
    int wake[2];        /* a byte for each change that accept_all waits for */
    atomic_bool ending; /* a signal came */
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    bool wants_room;   /* accept_all waits for a thread to end */
    int open;          /* threads */
    int fds[FORWARDS]; /* of theirs; -1 for none */
} listener;

typedef struct accepted {
    listener *l;
    int fd, slot;
} accepted;

static bool is_success(int status) {
    return status >= 200 && status <= 299;
}

static void serve(listener *l, int fd) {
    const h2cat_options *o = l->o;
    h2conn_response response;
    pair p = {.fd = fd};
    int error = h2cat_channel_connect(&p.channel, o->framing, o->url, l->options, &response);
    if (error != H2CONN_OK || !is_success(response.status)) {
        if (error == H2CONN_OK)
            tool_say("%s answered with status %d", o->url, response.status);
        else
            tool_say("cannot connect to %s: %s", o->url, response.why);
        h2cat_socket_will_reset(fd);
        close(fd);
    } else {
        forward(&p);
    }
    h2cat_channel_free(&p.channel, false);
}

static void *serve_thread(void *user) {
    accepted a = *(accepted *)user;
    listener *l = a.l;
    free(user);
    serve(l, a.fd);
    pthread_mutex_lock(&l->lock);
    l->fds[a.slot] = -1;
    l->open--;
    if (l->wants_room) h2cat_write_all(l->wake[1], "", 1);
    l->wants_room = false;
    pthread_cond_signal(&l->fewer);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Start a thread for a socket; with the lock. */
static bool start(listener *l, int fd) {
    pthread_t thread;
    accepted *a = malloc(sizeof *a);
    int slot = 0;
    while (l->fds[slot] >= 0) slot++;
    if (!a) return false;
    *a = (accepted){l, fd, slot};
    if (pthread_create(&thread, NULL, serve_thread, a) != 0) {
        free(a);
        return false;
    }
    pthread_detach(thread);
    l->fds[slot] = fd;
    l->open++;
    return true;
}

/* The next socket; -1 when it is gone again, -2 when descriptors or memory are out, which is said once. */
static int accept_one(const listener *l, bool *said) {
    /* A second descriptor is for its connection: without that it could only be reset. */
    const int spare = fcntl(l->listening, F_DUPFD_CLOEXEC, 0), fd = spare < 0 ? -1 : h2cat_socket_accept(l->listening);
    const int error = errno;
    if (spare >= 0) close(spare);
    if (fd >= 0) return fd;
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) return -1;
    if (!*said) tool_say("cannot accept: %s; further sockets wait until others end", strerror(error));
    *said = true;
    return -2;
}

/* Whether all threads are taken, or `pause` is wanted: the end of one is a reason to wake then. */
static bool want_room(listener *l, bool pause) {
    pthread_mutex_lock(&l->lock);
    const bool full = l->open == FORWARDS;
    l->wants_room = full || pause;
    pthread_mutex_unlock(&l->lock);
    return full;
}

static void start_or_refuse(listener *l, int fd) {
    pthread_mutex_lock(&l->lock);
    const bool started = start(l, fd);
    pthread_mutex_unlock(&l->lock);
    if (started) return;
    tool_say("cannot start a thread for a socket");
    h2cat_socket_will_reset(fd);
    close(fd);
}

/* Until a signal comes. */
static void accept_all(listener *l) {
    bool said = false, pause = false;
    while (!atomic_load(&l->ending)) {
        const bool full = want_room(l, pause);
        const int ready =
            h2cat_wait_readable(full || pause ? -1 : l->listening, l->wake[0], pause && !full ? PAUSE_MS : -1);
        char byte;
        pause = false;
        if (ready == 0 && read(l->wake[0], &byte, 1) < 0) return;
        if (ready != 1) continue;
        const int fd = accept_one(l, &said);
        if (fd >= 0) start_or_refuse(l, fd);
        pause = fd == -2;
    }
}

/* The first signal ends politely, the second at once. */
static void *await_signals(void *user) {
    listener *l = user;
    tool_signal_wait();
    atomic_store(&l->ending, true);
    h2cat_write_all(l->wake[1], "", 1);
    tool_signal_end(tool_signal_wait());
    return NULL;
}

/* Open sockets are ended, and their threads waited for. */
static void end_all(listener *l) {
    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < FORWARDS; i++)
        if (l->fds[i] >= 0) shutdown(l->fds[i], SHUT_RDWR);
    while (l->open > 0) pthread_cond_wait(&l->fewer, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

int h2cat_forward_listen(const h2cat_options *o, const h2conn_options *options) {
    /* A second signal may come until the process has ended. */
    static listener l = {.lock = PTHREAD_MUTEX_INITIALIZER, .fewer = PTHREAD_COND_INITIALIZER};
    char why[H2CAT_WHY_BYTES], address[H2CAT_WHY_BYTES];
    pthread_t thread;
    l.listening = h2cat_socket_listen(&o->target, address, why);
    if (l.listening < 0) {
        tool_say("%s", why);
        return TOOL_CONNECT;
    }
    l.o = o;
    l.options = options;
    for (int i = 0; i < FORWARDS; i++) l.fds[i] = -1;
    const bool good = pipe(l.wake) == 0 && pthread_create(&thread, NULL, await_signals, &l) == 0;
    if (good) {
        pthread_detach(thread);
        fprintf(stderr, "listening on %s\n", address);
        accept_all(&l);
    } else {
        tool_say("cannot start: descriptors or threads are out");
    }
    close(l.listening);
    h2cat_socket_unlink(&o->target);
    end_all(&l);
    return good ? TOOL_OK : TOOL_USAGE;
}
