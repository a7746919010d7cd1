/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include "posix_time.h"
#include "posix_wait.h"

/* Longer than a moment of the system's. */
#define POSIX_BRISK_MS 10

void posix_wake(posix_wait *w) {
    if (w->woken) return;
    w->woken = true;
    if (w->polling)
        posix_parker_ring(w->parker);
    else
        pthread_cond_signal(&w->parker->cond);
}

void posix_wake_all(posix_wait *topic, unsigned what) {
    for (; topic != NULL; topic = topic->topic_next)
        if (topic->what & what) posix_wake(topic);
}

bool posix_wait_begin(posix_wait *w, posix_session *s, posix_wait **topic, unsigned what) {
    *w = (posix_wait){.session = s, .what = what, .parker = posix_parker_get()};
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

/* Wait in poll for what the roles allow, then do it. Without a role it is for the sake of a token. */
static void poll_for_roles(posix_wait *w, int64_t deadline, int64_t now) {
    posix_session *s = w->session;
    const short in = w->pumping ? posix_session_recv_events(s) : 0;
    const short out = w->sending ? posix_session_send_events(s) : 0;
    struct pollfd fds[] = {{.fd = w->pumping || w->sending ? s->socket.fd : -1, .events = (short)(in | out)},
                           {.fd = w->parker->fd, .events = POLLIN},
                           {.fd = posix_cancel_fd(w->cancel), .events = POLLIN}};
    w->polling = true;
    s->brisk = false;
    posix_session_hold_none(s);
    pthread_mutex_unlock(&s->lock);
    const int ready = poll(fds, w->cancel != NULL ? 3 : 2, posix_poll_timeout(deadline, now));
    pthread_mutex_lock(&s->lock);
    w->polling = false;
    if (w->woken) posix_parker_silence(w->parker);
    if (w->sending) s->sending = w->sending = false;
    s->brisk = ready > 0 && posix_now_coarse() - now <= POSIX_BRISK_MS;
    if (ready <= 0 || fds[0].revents == 0) return;
    const short trouble = POLLERR | POLLHUP | POLLNVAL;
    if (w->pumping && fds[0].revents & (in | trouble)) posix_session_receive(s);
    posix_session_flush(s, &w->woken);
}

/* Where bytes come one after the other, recv waits for them at half the price of poll. Whoever must be woken just then
 * waits for a moment: so not when there is something to send or a token to look at. */
static bool may_linger(const posix_wait *w, int64_t deadline, int64_t now) {
    const posix_session *s = w->session;
    if (!s->brisk || !w->can_poll || w->cancel != NULL || s->guard != NULL || s->tap != NULL) return false;
    if (posix_session_recv_events(s) != POLLIN || (deadline != 0 && deadline - now <= POSIX_BRISK_MS)) return false;
    return !w->sending && (s->sending || posix_session_send_events(s) == 0);
}

bool posix_wait_step(posix_wait *w, int64_t deadline) {
    posix_session *s = w->session;
    const int64_t now = deadline != 0 ? h2conn_now() : posix_now_coarse();
    if (posix_passed(deadline, now) || posix_cancelled(w->cancel)) return false;
    const uint64_t sent = s->link.sent;
    const bool closing = posix_session_is_closing(s);
    w->woken = false;
    posix_session_flush(s, &w->woken);
    /* The same millisecond is told again by the step that follows the moment. */
    const bool lingers = now == s->told_ms && may_linger(w, deadline, now);
    if (!w->woken && !lingers) posix_session_tick(s, now);
    /* What was waited for may have come about in here, where nobody calls: bytes that are sent, the session's end. */
    if (w->woken || s->link.sent != sent || posix_session_is_closing(s) != closing) return true;
    take_roles(w);
    if (w->pumping && posix_session_has_more(s)) {
        posix_session_receive(s);
        posix_session_flush(s, &w->woken);
    } else if (w->pumping && (lingers || may_linger(w, deadline, now))) {
        posix_session_linger(s, w);
        posix_session_flush(s, &w->woken);
    } else if (w->pumping || w->sending || (w->cancel != NULL && w->can_poll)) {
        poll_for_roles(w, deadline, now);
    } else {
        posix_cond_wait(&w->parker->cond, &s->lock, deadline);
    }
    return true;
}
