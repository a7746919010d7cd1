/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include "posix_handlers.h"
#include "posix_time.h"
#include "posix_wait.h"

/* The least room behind pending bytes worth framing into, so that what is cut to fit is not in crumbs. */
#define POSIX_ROOM_MIN 512u

/* ---- buffers ---- */

static uint8_t *borrow(posix_session *s) {
    uint8_t *buf = s->spare != NULL ? s->spare : posix_pool_get(&s->loop->pool);
    s->spare = NULL;
    return buf;
}

/* Where bytes come one after the other, the next will want it at once. */
static void give_back(posix_session *s, uint8_t *buf) {
    if (s->spare == NULL && (s->turning || (s->brisk && !s->watched)))
        s->spare = buf;
    else
        posix_pool_put(&s->loop->pool, buf);
}

void posix_session_hold_none(posix_session *s) {
    posix_pool_put(&s->loop->pool, s->spare);
    s->spare = NULL;
}

/* ---- receiving ---- */

static void return_rx(posix_session *s) {
    if (h2conn_link_unread(&s->link) > 0 || s->rx == NULL) return;
    give_back(s, s->rx);
    s->rx = NULL;
}

static bool turn_is_over(const posix_session *s) {
    return s->turn_until_us != 0 && posix_now_us() >= s->turn_until_us;
}

/* The engine pauses when few answers wait: what the pending bytes have room for goes out with them, in one call. */
static bool frame_answers(posix_session *s) {
    const uint64_t framed = s->link.framed;
    if (h2conn_link_unread(&s->link) == 0 || posix_session_is_closing(s)) return false;
    posix_session_frame(s);
    return s->link.framed != framed;
}

/* Slices grow while they are cheap, so that bulk goes through in few. */
static void feed(posix_session *s) {
    const size_t first = s->turn_until_us != 0 ? POSIX_SLICE_MIN : SIZE_MAX;
    size_t slice = first;
    for (s->cut = false; !s->cut;) {
        if (h2conn_link_feed_some(&s->link, slice))
            slice = slice < SIZE_MAX / 2 ? 2 * slice : slice;
        else if (frame_answers(s))
            slice = first;
        else
            break;
        s->cut = h2conn_link_unread(&s->link) > 0 && turn_is_over(s);
    }
    return_rx(s);
}

/* What was left for want of room to answer. */
static void feed_on(posix_session *s) {
    if (h2conn_link_unread(&s->link) == 0) return;
    if (turn_is_over(s))
        s->cut = true;
    else
        feed(s);
}

bool posix_session_has_more(const posix_session *s) {
    return h2conn_link_unread(&s->link) > 0 ? s->cut : s->more;
}

static void note_errno(posix_session *s, int error) {
    if (s->errno_lost == 0) s->errno_lost = error;
}

/* No buffer is to be had. */
static void give_up(posix_session *s) {
    note_errno(s, ENOMEM);
    h2conn_link_end(&s->link, H2CONN_TRANSPORT_ELOST);
}

static void take_in(posix_session *s, uint8_t *buf, ptrdiff_t n) {
    note_errno(s, s->socket.in.error);
    s->receipts++;
    /* What is left then may be in the security layer, where no poll shows it. */
    s->more = n == (ptrdiff_t)POSIX_BUFFER_BYTES;
    s->rx = buf;
    h2conn_link_arrived(&s->link, buf, n);
    feed(s);
}

void posix_session_receive(posix_session *s) {
    if (h2conn_link_unread(&s->link) > 0) {
        feed(s);
        return;
    }
    if (posix_session_is_closing(s)) return;
    uint8_t *buf = borrow(s);
    if (buf == NULL) {
        give_up(s);
        return;
    }
    pthread_mutex_unlock(&s->lock);
    if (s->guard != NULL) pthread_mutex_lock(&s->guard->wire);
    const ptrdiff_t n = s->link.transport.recv(s->link.transport.ctx, buf, POSIX_BUFFER_BYTES);
    if (s->guard != NULL) pthread_mutex_unlock(&s->guard->wire);
    pthread_mutex_lock(&s->lock);
    take_in(s, buf, n);
}

void posix_session_linger(posix_session *s, posix_wait *w) {
    uint8_t *buf = borrow(s);
    if (buf == NULL) {
        give_up(s);
        return;
    }
    w->polling = w->deaf = true;
    pthread_mutex_unlock(&s->lock);
    const ptrdiff_t n = posix_socket_linger(&s->socket, buf, POSIX_BUFFER_BYTES);
    pthread_mutex_lock(&s->lock);
    w->polling = w->deaf = false;
    if (w->woken) posix_parker_silence(w->parker);
    s->brisk = n != H2CONN_TRANSPORT_WANT_READ;
    take_in(s, buf, n);
}

short posix_session_recv_events(const posix_session *s) {
    /* What was received and could not be taken waits for room to answer. */
    if (h2conn_link_unread(&s->link) > 0) return POLLOUT;
    return s->link.recv_wants == H2CONN_TRANSPORT_WANT_WRITE ? POLLOUT : POLLIN;
}

/* ---- sending ---- */

/* Whether there are bytes to send now. */
static bool fill(posix_session *s) {
    if (h2conn_link_pending(&s->link) > 0) return true;
    if (!h2conn_link_owes(&s->link)) return false;
    if (s->tx == NULL) s->tx = borrow(s);
    if (s->tx == NULL) {
        give_up(s);
        return false;
    }
    return h2conn_link_fill(&s->link, s->tx, POSIX_BUFFER_BYTES) > 0;
}

void posix_session_frame(posix_session *s) {
    if (s->phase != POSIX_OPEN) return;
    if (s->tx == NULL) s->tx = borrow(s);
    if (s->tx == NULL) return;
    if (h2conn_link_pending(&s->link) > 0 && POSIX_BUFFER_BYTES - s->link.tx_end < POSIX_ROOM_MIN) return;
    h2conn_link_fill(&s->link, s->tx, POSIX_BUFFER_BYTES);
}

static ptrdiff_t send_pending(posix_session *s) {
    const uint8_t *bytes = h2conn_link_pending_bytes(&s->link);
    const size_t len = h2conn_link_pending(&s->link);
    const uint32_t receipts = s->receipts;
    pthread_mutex_unlock(&s->lock);
    if (s->guard != NULL) pthread_mutex_lock(&s->guard->wire);
    ptrdiff_t n = s->link.transport.send(s->link.transport.ctx, bytes, len);
    if (s->guard != NULL) pthread_mutex_unlock(&s->guard->wire);
    const int error = s->socket.out.error;
    pthread_mutex_lock(&s->lock);
    note_errno(s, error);
    /* Who received since then could not flush, and may have received just what was waited for. */
    if (n == H2CONN_TRANSPORT_WANT_READ && s->receipts != receipts) n = H2CONN_TRANSPORT_WANT_WRITE;
    h2conn_link_sent(&s->link, n);
    return n;
}

void posix_session_flush(posix_session *s, const bool *stop) {
    if (s->sending || s->phase != POSIX_OPEN || (s->tx == NULL && !h2conn_link_owes(&s->link))) return;
    s->sending = true;
    for (unsigned turn = 0; fill(s); turn++) {
        if (turn >= POSIX_TURNS && (stop == NULL || *stop)) break;
        if (send_pending(s) <= 0) break;
        feed_on(s);
        if (s->watchers != NULL) posix_wake_all(s->watchers, POSIX_ANY);
    }
    s->sending = false;
    posix_session_announce(s);
    if (h2conn_link_pending(&s->link) > 0 || s->tx == NULL) return;
    give_back(s, s->tx);
    s->tx = NULL;
}

short posix_session_send_events(const posix_session *s) {
    if (!h2conn_link_owes(&s->link)) return 0;
    /* A security layer that must receive first is helped on by whoever pumps, who flushes after each try. */
    return s->link.send_wants == H2CONN_TRANSPORT_WANT_READ ? 0 : POLLOUT;
}

/* ---- both ---- */

bool posix_session_is_closing(const posix_session *s) {
    return s->phase != POSIX_OPEN || h2conn_link_over(&s->link);
}

void posix_session_tick(posix_session *s, int64_t now) {
    uint64_t at = UINT64_MAX;
    /* A thread that read the clock may have waited for the lock behind one that read it later. */
    if (now < s->told_ms) now = s->told_ms;
    s->told_ms = now;
    if (s->phase == POSIX_OPEN) at = h2conn_link_tick(&s->link, (uint64_t)now);
    if (s->finish_at != 0 && (uint64_t)s->finish_at < at) at = (uint64_t)s->finish_at;
    if (s->starts_at != 0 && (uint64_t)s->starts_at < at) at = (uint64_t)s->starts_at;
    if (at <= (uint64_t)now) at = (uint64_t)now + 1;
    if (at < s->tick_at) posix_loop_schedule(s, at);
}

bool posix_session_hand_over(posix_session *s) {
    bool awake = false;
    for (posix_wait *w = s->waits; w != NULL; w = w->next) {
        if (!w->can_poll || w->deaf) continue;
        /* Those awake already will take what roles they find, or settle when they leave. */
        awake = true;
        if (w->woken) continue;
        posix_wake(w);
        break;
    }
    return awake;
}

void posix_session_settle(posix_session *s) {
    if (posix_in_callback_of(s)) return;
    if (posix_session_is_closing(s)) {
        posix_wake_all(s->watchers, POSIX_ANY);
        if (s->phase != POSIX_CLOSED) posix_loop_post(s, true);
        return;
    }
    const bool unsent = !s->sending && posix_session_send_events(s) != 0;
    if (s->pumping && !unsent) return;
    if (posix_session_hand_over(s) || (s->watched && !unsent)) return;
    /* What is left to receive waits for the program, or the sweep, wherever it lies. */
    posix_loop_post(s, unsent || (h2conn_link_unread(&s->link) > 0 && s->cut));
}

void posix_session_watch(posix_session *s) {
    posix_session_hold_none(s);
    const short events = (short)(posix_session_recv_events(s) | (s->sending ? 0 : posix_session_send_events(s)));
    posix_loop_arm(s, (events & POLLIN ? (uint32_t)EPOLLIN : 0) | (events & POLLOUT ? (uint32_t)EPOLLOUT : 0));
}

void posix_session_rest(posix_session *s) {
    posix_session_settle(s);
    if (s->turning || s->urgent || s->pumping || s->waits != NULL || posix_session_is_closing(s)) return;
    /* What the transport holds already, no descriptor would show. */
    if (s->more || h2conn_link_unread(&s->link) > 0)
        posix_loop_post(s, true);
    else
        posix_session_watch(s);
}

void posix_session_push(posix_session *s) {
    if (posix_session_defer(s)) return;
    if (!posix_handlers_pressed()) posix_session_flush(s, NULL);
    posix_session_settle(s);
}
