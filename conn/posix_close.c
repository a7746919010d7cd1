/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "posix_start.h"
#include "posix_time.h"
#include "posix_wait.h"

/* Thrown away with one call. */
#define DISCARD_OCTETS 16384u

/*
 * The end of a session. A descriptor that is closed while the peer still sends makes the kernel throw away what the
 * peer has not read, so an orderly end is: send everything, the security layer's notice, our half of the socket, and
 * then listen until the peer has done the same, for a bounded time.
 */

void posix_session_finish(posix_session *s, uint32_t code, int64_t within_ms) {
    if (s->phase == POSIX_CLOSED) return;
    if (s->phase == POSIX_OPEN) h2_session_goaway(s->link.session, code);
    /* Nothing goes out before the handshake ends, and who waits for that waits for what was promised. */
    if (s->link.handshake && !s->asked) within_ms = 0;
    s->finish_at = posix_earlier(s->finish_at, h2conn_now() + within_ms);
    posix_session_flush(s, NULL);
    posix_loop_post(s, true);
}

static void close_now(posix_session *s) {
    posix_loop_disarm(s);
    h2conn_link_end(&s->link, H2CONN_TRANSPORT_ELOST);
    posix_socket_close(&s->socket);
    s->phase = POSIX_CLOSED;
    posix_wake_all(s->watchers, POSIX_ANY);
    posix_loop_post(s, true);
}

static void shut(posix_session *s, int64_t now) {
    shutdown(s->socket.fd, SHUT_WR);
    s->phase = POSIX_LINGER;
    s->finish_at = posix_earlier(s->finish_at, posix_after(now, s->owner->times.linger_ms));
}

/* The security layer's closing notice; its own lock is free, since nobody has a role. */
static void give_notice(posix_session *s, int64_t now) {
    s->phase = POSIX_NOTICE;
    const int sent = s->guard != NULL ? s->owner->secure.shutdown(&s->guard->above) : 0;
    if (sent == H2CONN_TRANSPORT_WANT_WRITE)
        posix_loop_arm(s, EPOLLOUT);
    else
        shut(s, now);
}

/* Whether the peer broke a rule. One that spoke HTTP/1.x meant no harm and may read its answer. */
static bool is_breach(const posix_session *s) {
    const h2_failure *why = h2_session_failure(s->link.session);
    return why->culprit == H2_BY_RULE && why->rule != H2_RULE_HTTP1;
}

/* Whether more lies unread, or was thrown away, than a peer that meant well had under way. */
static bool floods(const posix_session *s) {
    int unread = 0;
    if (!is_breach(s) && !s->leaving) return false;
    if (ioctl(s->socket.fd, FIONREAD, &unread) != 0) return true;
    return s->discarded + (uint32_t)unread > POSIX_BREACH_OCTETS;
}

/* Throw away what is there; false at the end. Linux does so with MSG_TRUNC, without a copy (tcp(7)); the room is for
 * those who count on its being written to. */
static bool discard(posix_session *s) {
    uint8_t room[DISCARD_OCTETS];
    for (uint32_t all = 0; all < POSIX_BREACH_OCTETS;) {
        const ssize_t n = recv(s->socket.fd, room, sizeof room, MSG_TRUNC | MSG_DONTWAIT);
        if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
        s->discarded += (uint32_t)n;
        all += (uint32_t)n;
    }
    return true;
}

static void linger(posix_session *s) {
    if (!floods(s) && discard(s))
        posix_loop_arm(s, EPOLLIN);
    else
        close_now(s);
}

/* Take the next step to the end, if there is one. */
static void wind_up(posix_session *s, int64_t now) {
    if (is_breach(s)) s->finish_at = posix_earlier(s->finish_at, now + POSIX_BREACH_MS);
    const bool overdue = posix_passed(s->finish_at, now);
    if (s->phase == POSIX_CLOSED || s->pumping || s->sending) return;
    if (s->phase == POSIX_OPEN) {
        if (!overdue && !h2conn_link_over(&s->link)) return;
        const int ended = s->link.ended;
        if (overdue || ended == H2CONN_TRANSPORT_END || ended == H2CONN_TRANSPORT_ELOST) {
            close_now(s);
            return;
        }
        /* The security layer that refused the peer has sent an alert, which must get there. */
        if (ended == H2CONN_TRANSPORT_ETLS)
            shut(s, now);
        else
            give_notice(s, now);
    } else if (overdue) {
        close_now(s);
        return;
    } else if (s->phase == POSIX_NOTICE) {
        give_notice(s, now);
    }
    if (s->phase == POSIX_LINGER) linger(s);
}

/* Whether receiving may give something: the loop does not watch for it in vain, but sees no bytes that a security layer
 * has already. */
static bool is_receivable(const posix_session *s) {
    if (s->pumping || posix_session_is_closing(s)) return false;
    return s->ready || s->more || s->guard != NULL || !s->watched || h2conn_link_unread(&s->link) > 0;
}

/* Receive and send for those who are elsewhere, and call those who want to be called. */
static void pump(posix_session *s) {
    for (unsigned turn = 0; turn < POSIX_TURNS; turn++) {
        if (turn == 0 ? is_receivable(s) : posix_session_has_more(s) && !s->pumping && !posix_session_is_closing(s)) {
            s->pumping = true;
            posix_session_receive(s);
            s->pumping = false;
        }
        s->ready = false;
        posix_session_dispatch(s);
        posix_session_flush(s, NULL);
        if ((!posix_session_has_more(s) && !posix_session_has_due(s)) || posix_now_us() >= s->turn_until_us) break;
    }
}

/* What the turn that began then took stands to its account for a while. */
static void charge(posix_session *s, int64_t begun_us) {
    const int64_t now_us = posix_now_us(), most = now_us + POSIX_SHARE * POSIX_TURN_US;
    if (s->spent_until_us < begun_us) s->spent_until_us = begun_us;
    s->spent_until_us += POSIX_SHARE * (now_us - begun_us);
    if (s->spent_until_us > most) s->spent_until_us = most;
    const bool left = posix_session_has_more(s) || posix_session_has_due(s);
    if (left || s->spent_until_us >= begun_us + POSIX_SHARE * POSIX_HEAVY_US) s->heavy = true;
}

/* Once the session is closed nobody comes by again. */
static void end_turn(posix_session *s, int64_t begun_us) {
    s->turn_until_us = 0;
    charge(s, begun_us);
    while (s->phase == POSIX_CLOSED && posix_session_has_due(s)) posix_session_dispatch(s);
    s->turning = false;
    posix_session_hold_none(s);
    posix_session_announce(s);
}

/* The end waits for threads that have a role; whoever gives one back settles. Until then there is nothing to do, and
 * the descriptor, which shows that the peer has gone, would be seen again and again. */
static void await_roles(posix_session *s) {
    posix_wake_all(s->watchers, POSIX_ANY);
    if (s->pumping || s->sending)
        posix_loop_disarm(s);
    else
        posix_session_settle(s);
}

void posix_session_turn(posix_session *s) {
    /* A callback cannot take another turn of its session. */
    if (s->turning) return;
    const int64_t now_us = posix_now_us(), now = now_us / POSIX_US_PER_MS;
    s->turning = true;
    s->turn_until_us = now_us + posix_session_slice(s);
    if (s->phase == POSIX_OPEN)
        pump(s);
    else
        posix_session_dispatch(s);
    posix_starts_turn(s, now);
    posix_session_tick(s, now);
    posix_session_flush(s, NULL);
    wind_up(s, now);
    if (posix_session_is_closing(s)) posix_starts_turn(s, now);
    /* What was sent since the time was told starts no countdown; what is left over, and the end, do. */
    if (posix_session_is_closing(s) || h2conn_link_owes(&s->link)) posix_session_tick(s, now);
    end_turn(s, now_us);
    if (s->phase != POSIX_OPEN) return;
    /* This flush ends after some turns, and a thread that pumps may have gone to sleep counting on it. */
    const bool unsent = !s->sending && posix_session_send_events(s) != 0;
    if (posix_session_is_closing(s))
        await_roles(s);
    else if (s->pumping && !unsent)
        posix_loop_disarm(s);
    else if (posix_session_hand_over(s))
        return;
    else if (posix_session_has_more(s))
        posix_loop_post(s, true);
    else
        posix_session_watch(s);
}
