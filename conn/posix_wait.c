/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "posix_time.h"
#include "posix_wait.h"

/* How a thread is woken: its condition while it sleeps, its descriptor while it polls. One for each thread, made when
 * it first waits, and given up when it ends. */
struct posix_parker {
    pthread_cond_t cond;
    int fd; /* -1 when there is none: the thread never polls, the loop does */
};

static pthread_once_t parker_once = PTHREAD_ONCE_INIT;
static pthread_key_t parker_key;
static bool parker_key_made;

static void parker_free(void *arg) {
    posix_parker *parker = arg;
    if (parker->fd >= 0) close(parker->fd);
    pthread_cond_destroy(&parker->cond);
    free(parker);
}

static void make_key(void) {
    parker_key_made = pthread_key_create(&parker_key, parker_free) == 0;
}

/* This thread's, or NULL when there is no memory for one. */
static posix_parker *parker_get(void) {
    pthread_once(&parker_once, make_key);
    if (!parker_key_made) return NULL;
    posix_parker *parker = pthread_getspecific(parker_key);
    if (parker == NULL) {
        parker = calloc(1, sizeof *parker);
        if (parker == NULL) return NULL;
        parker->fd = -1;
        if (posix_cond_init(&parker->cond) != 0 || pthread_setspecific(parker_key, parker) != 0) {
            free(parker);
            return NULL;
        }
    }
    if (parker->fd < 0) parker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return parker;
}

static void ring(const posix_parker *parker) {
    const uint64_t one = 1;
    while (write(parker->fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

static void silence(const posix_parker *parker) {
    uint64_t rings;
    while (read(parker->fd, &rings, sizeof rings) < 0 && errno == EINTR) {
    }
}

void posix_wake(posix_wait *w) {
    if (w->woken) return;
    w->woken = true;
    if (w->polling)
        ring(w->parker);
    else
        pthread_cond_signal(&w->parker->cond);
}

void posix_wake_all(posix_wait *topic, unsigned what) {
    for (; topic != NULL; topic = topic->topic_next)
        if (topic->what & what) posix_wake(topic);
}

bool posix_wait_begin(posix_wait *w, posix_session *s, posix_wait **topic, unsigned what) {
    *w = (posix_wait){.session = s, .what = what, .parker = parker_get()};
    if (w->parker == NULL) return false;
    w->can_poll = w->parker->fd >= 0;
    w->next = s->waits;
    w->place = &s->waits;
    if (w->next != NULL) w->next->place = &w->next;
    s->waits = w;
    while (*topic != NULL) topic = &(*topic)->topic_next;
    w->topic_place = topic;
    *topic = w;
    return true;
}

static void leave_roles(posix_wait *w) {
    if (w->pumping) w->session->pumping = false;
    if (w->sending) w->session->sending = false;
    w->pumping = w->sending = false;
}

void posix_wait_end(posix_wait *w) {
    leave_roles(w);
    *w->place = w->next;
    if (w->next != NULL) w->next->place = w->place;
    *w->topic_place = w->topic_next;
    if (w->topic_next != NULL) w->topic_next->topic_place = w->topic_place;
    posix_session_settle(w->session);
}

static void take_roles(posix_wait *w) {
    posix_session *s = w->session;
    if (!w->can_poll || posix_session_is_closing(s)) return;
    if (!s->pumping) {
        s->pumping = w->pumping = true;
        posix_loop_disarm(s);
    }
    if (!s->sending && posix_session_send_events(s) != 0) s->sending = w->sending = true;
}

/* Wait in poll for what the roles allow, then do it. */
static void poll_for_roles(posix_wait *w, int64_t deadline, int64_t now) {
    posix_session *s = w->session;
    const short in = w->pumping ? posix_session_recv_events(s) : 0;
    const short out = w->sending ? posix_session_send_events(s) : 0;
    struct pollfd fds[] = {{.fd = s->socket.fd, .events = (short)(in | out)}, {.fd = w->parker->fd, .events = POLLIN}};
    w->polling = true;
    pthread_mutex_unlock(&s->lock);
    const int ready = poll(fds, sizeof fds / sizeof fds[0], posix_poll_timeout(deadline, now));
    pthread_mutex_lock(&s->lock);
    w->polling = false;
    if (w->woken) silence(w->parker);
    if (w->sending) s->sending = w->sending = false;
    if (ready <= 0 || fds[0].revents == 0) return;
    const short trouble = POLLERR | POLLHUP | POLLNVAL;
    if (w->pumping && fds[0].revents & (in | trouble)) posix_session_receive(s);
    posix_session_flush(s, &w->woken);
}

bool posix_wait_step(posix_wait *w, int64_t deadline) {
    posix_session *s = w->session;
    const int64_t now = h2conn_now();
    if (posix_passed(deadline, now)) return false;
    const uint64_t sent = s->link.sent;
    const bool closing = posix_session_is_closing(s);
    w->woken = false;
    posix_session_flush(s, &w->woken);
    if (!w->woken) posix_session_tick(s, now);
    /* What was waited for may have come about in here, where nobody calls: bytes that are sent, the session's end. */
    if (w->woken || s->link.sent != sent || posix_session_is_closing(s) != closing) return true;
    take_roles(w);
    if (w->pumping && posix_session_has_more(s)) {
        posix_session_receive(s);
        posix_session_flush(s, &w->woken);
    } else if (w->pumping || w->sending) {
        poll_for_roles(w, deadline, now);
    } else {
        posix_cond_wait(&w->parker->cond, &s->lock, deadline);
    }
    return true;
}
