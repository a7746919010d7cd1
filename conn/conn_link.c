/* SPDX-License-Identifier: MIT */
#include "conn_error.h"
#include "conn_link.h"

void h2conn_link_init(h2conn_link *link, h2_session *session, const h2conn_transport *transport,
                      const h2_config *config) {
    *link = (h2conn_link){.session = session,
                          .transport = *transport,
                          .stall_ms = config->blocked_ms,
                          .ended = H2CONN_LINK_RUNNING,
                          .server = config->server};
}

static uint32_t clamped(int64_t ms) {
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void h2conn_link_patience(h2conn_link *link, int64_t stall_ms, bool handshake, int64_t handshake_ms) {
    link->stall_ms = clamped(stall_ms);
    link->handshake = handshake;
    link->handshake_ms = clamped(handshake_ms);
}

void h2conn_link_end(h2conn_link *link, int code) {
    if (link->ended != H2CONN_LINK_RUNNING) return;
    link->ended = (int8_t)code;
    const h2_failure *why = h2_session_failure(link->session);
    if (why->culprit == H2_BY_PEER) link->goaway_code = why->code;
    link->rx_start = link->rx_end = 0;
    link->tx_start = link->tx_end = 0;
    h2_session_lost(link->session, link->goaway_code);
}

static bool is_want(ptrdiff_t n) {
    return n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE;
}

bool h2conn_link_feed_some(h2conn_link *link, size_t most) {
    const size_t unread = h2conn_link_unread(link);
    if (unread == 0) return false;
    const size_t len = unread < most ? unread : most;
    const ptrdiff_t n = h2_session_receive(link->session, link->rx + link->rx_start, len);
    /* A session that failed hears no more. */
    link->rx_start = n < 0 ? link->rx_end : link->rx_start + (uint32_t)n;
    if (link->rx_start == link->rx_end) link->rx_start = link->rx_end = 0;
    return n > 0;
}

void h2conn_link_feed(h2conn_link *link) {
    while (h2conn_link_feed_some(link, SIZE_MAX)) {
    }
}

void h2conn_link_received(h2conn_link *link, const uint8_t *buf, ptrdiff_t n) {
    h2conn_link_arrived(link, buf, n);
    h2conn_link_feed(link);
}

void h2conn_link_arrived(h2conn_link *link, const uint8_t *buf, ptrdiff_t n) {
    if (link->ended != H2CONN_LINK_RUNNING) return;
    if (n > 0) {
        link->handshake = false;
        link->recv_wants = 0;
        link->rx = buf;
        link->rx_end = (uint32_t)n;
    } else if (is_want(n)) {
        link->recv_wants = (int8_t)n;
    } else {
        h2conn_link_end(link, (int)n);
    }
}

size_t h2conn_link_fill(h2conn_link *link, uint8_t *buf, size_t cap) {
    if (link->ended != H2CONN_LINK_RUNNING) return 0;
    if (h2conn_link_pending(link) == 0) link->tx_start = link->tx_end = 0;
    link->tx = buf;
    const size_t n = h2_session_transmit(link->session, buf + link->tx_end, cap - link->tx_end);
    link->tx_end += (uint32_t)n;
    link->framed += n;
    return n;
}

void h2conn_link_sent(h2conn_link *link, ptrdiff_t n) {
    if (link->ended != H2CONN_LINK_RUNNING) return;
    if (n > 0) {
        link->handshake = false;
        link->send_wants = 0;
        link->stalled_at = 0;
        link->tx_start += (uint32_t)n;
        link->sent += (uint64_t)n;
    } else if (is_want(n)) {
        link->send_wants = (int8_t)n;
    } else {
        h2conn_link_end(link, (int)n);
    }
}

bool h2conn_link_owes(const h2conn_link *link) {
    return h2conn_link_pending(link) > 0 ||
           (link->ended == H2CONN_LINK_RUNNING && h2_session_wants_transmit(link->session));
}

/* A peer that does not read what it made us answer is given up, as it would be for keeping a window shut. */
static uint64_t tick_stall(h2conn_link *link, uint64_t now_ms) {
    if (link->stall_ms == 0 || link->send_wants == 0 || h2conn_link_pending(link) == 0) return UINT64_MAX;
    if (link->stalled_at == 0) link->stalled_at = now_ms;
    const uint64_t until = link->stalled_at + link->stall_ms;
    if (now_ms < until) return until;
    link->stalled = true;
    h2conn_link_end(link, H2CONN_TRANSPORT_ELOST);
    return UINT64_MAX;
}

static uint64_t tick_handshake(h2conn_link *link, uint64_t now_ms) {
    if (link->handshake_ms == 0) return UINT64_MAX;
    if (link->handshake_at == 0) link->handshake_at = now_ms;
    const uint64_t until = link->handshake_at + link->handshake_ms;
    if (now_ms < until) return until;
    link->late = true;
    h2conn_link_end(link, H2CONN_TRANSPORT_ELOST);
    return UINT64_MAX;
}

uint64_t h2conn_link_tick(h2conn_link *link, uint64_t now_ms) {
    if (link->ended != H2CONN_LINK_RUNNING) return UINT64_MAX;
    if (link->handshake) return tick_handshake(link, now_ms);
    const uint64_t engine = h2_session_tick(link->session, now_ms);
    const uint64_t stall = tick_stall(link, now_ms);
    return engine < stall ? engine : stall;
}

bool h2conn_link_over(const h2conn_link *link) {
    if (link->ended != H2CONN_LINK_RUNNING) return true;
    return h2_session_finished(link->session) && !h2conn_link_owes(link);
}

static int error_of_transport(const h2conn_link *link) {
    if (link->ended == H2CONN_TRANSPORT_ETLS) return H2CONN_ETLS;
    return link->goaway_code != H2_NO_ERROR ? H2CONN_EGOAWAY : H2CONN_ELOST;
}

int h2conn_link_error(const h2conn_link *link, const h2_failure *why) {
    const bool running = link->ended == H2CONN_LINK_RUNNING;
    const bool greeted = h2_session_ready(link->session);
    if (why != NULL) return running ? h2conn_error_of(why, link->server, greeted) : error_of_transport(link);
    why = h2_session_failure(link->session);
    if (why->culprit == H2_BY_RULE || why->culprit == H2_BY_US) return h2conn_error_of(why, link->server, greeted);
    if (!running) return error_of_transport(link);
    return why->culprit == H2_BY_PEER ? H2CONN_EGOAWAY : H2CONN_OK;
}

bool h2conn_link_step(h2conn_link *link, uint8_t *rx, size_t rx_cap, uint8_t *tx, size_t tx_cap) {
    bool moved = false;
    if (rx_cap > 0 && h2conn_link_unread(link) == 0 && link->ended == H2CONN_LINK_RUNNING) {
        const ptrdiff_t n = link->transport.recv(link->transport.ctx, rx, rx_cap);
        moved = n > 0;
        h2conn_link_received(link, rx, n);
    }
    while (h2conn_link_pending(link) > 0 || h2conn_link_fill(link, tx, tx_cap) > 0) {
        const ptrdiff_t n =
            link->transport.send(link->transport.ctx, h2conn_link_pending_bytes(link), h2conn_link_pending(link));
        h2conn_link_sent(link, n);
        if (n <= 0) break;
        moved = true;
    }
    h2conn_link_feed(link);
    return moved;
}
