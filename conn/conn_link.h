/* SPDX-License-Identifier: MIT */
#ifndef CONN_LINK_H
#define CONN_LINK_H

/*
 * One HTTP/2 session over one transport, moved by whoever calls.
 *
 * Work comes in four steps. Two touch only the engine, two only the transport, so that a program with threads can hold
 * its lock for the first kind alone; h2conn_link_step does all four for a program without.
 *
 *     n = transport.recv(buf)  ->  h2conn_link_received(buf, n)     bytes in
 *     h2conn_link_fill(buf)    ->  n = transport.send(pending)  ->  h2conn_link_sent(n)     bytes out
 *
 * Buffers are lent: for receiving until h2conn_link_unread is 0, for sending until nothing is pending. Between these an
 * idle link holds none.
 *
 * Invariants:
 *   - unread bytes lie in the last buffer received, and nothing is received while there are any;
 *   - pending bytes lie in the last buffer filled, and more may be put behind them while some are being sent;
 *   - `ended`, a final H2CONN_TRANSPORT_ code, is set once, and the engine is told at the same time.
 */

#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `ended` while the transport works. */
#define H2CONN_LINK_RUNNING 1

typedef struct h2conn_link {
    int8_t ended;      /* H2CONN_LINK_RUNNING, or H2CONN_TRANSPORT_END, _ELOST, _ETLS */
    int8_t recv_wants; /* the last WANT code of recv and of send, 0 when it moved bytes */
    int8_t send_wants;
    bool server;
    bool handshake; /* the transport has not moved a byte of ours yet */
    bool late;      /* ended because the handshake took too long */
    bool stalled;   /* ended because the transport refused for too long */
    h2_session *session;
    h2conn_transport transport;
    const uint8_t *rx; /* bytes [rx_start, rx_end) wait for the engine */
    uint32_t rx_start, rx_end;
    const uint8_t *tx; /* bytes [tx_start, tx_end) wait for the transport */
    uint32_t tx_start, tx_end;
    uint64_t framed, sent; /* octets ever taken from the engine and given to the transport */
    uint64_t stalled_at;   /* when tick first saw the transport refuse; 0 while it does not */
    uint64_t handshake_at; /* when tick first saw the handshake under way */
    uint32_t stall_ms;     /* how long it may refuse; 0 for ever */
    uint32_t handshake_ms; /* how long that may take; 0 for ever */
    uint32_t goaway_code;  /* of the peer's GOAWAY */
} h2conn_link;

void h2conn_link_init(h2conn_link *link, h2_session *session, const h2conn_transport *transport,
                      const h2_config *config);

/* At the start, times other than those of init, 0 for any: how long the transport may refuse to send, and whether it
 * shakes hands first and how long that may take. The engine's time begins after it. */
void h2conn_link_patience(h2conn_link *link, int64_t stall_ms, bool handshake, int64_t handshake_ms);

/* What transport.recv gave: `n` bytes in `buf`, or a code. */
void h2conn_link_received(h2conn_link *link, const uint8_t *buf, ptrdiff_t n);
/* The same without offering it to the engine yet. */
void h2conn_link_arrived(h2conn_link *link, const uint8_t *buf, ptrdiff_t n);
/* Offer the engine again what it did not take: all, or `most` octets. False when it took none. */
void h2conn_link_feed(h2conn_link *link);
bool h2conn_link_feed_some(h2conn_link *link, size_t most);
static inline size_t h2conn_link_unread(const h2conn_link *link) {
    return link->rx_end - link->rx_start;
}

/* Have the engine write frames to `buf`: from its start with nothing pending, else behind what is pending there.
 * Returns how many octets were written. */
size_t h2conn_link_fill(h2conn_link *link, uint8_t *buf, size_t cap);
static inline size_t h2conn_link_pending(const h2conn_link *link) {
    return link->tx_end - link->tx_start;
}
static inline const uint8_t *h2conn_link_pending_bytes(const h2conn_link *link) {
    return link->tx + link->tx_start;
}
/* What transport.send gave for the pending bytes. */
void h2conn_link_sent(h2conn_link *link, ptrdiff_t n);
/* Whether there is something to fill or to send. */
bool h2conn_link_owes(const h2conn_link *link);

/* The engine's time and the link's own: returns when to come back. */
uint64_t h2conn_link_tick(h2conn_link *link, uint64_t now_ms);

/* The transport broke, or is given up: H2CONN_TRANSPORT_END, _ELOST or _ETLS. All streams end. */
void h2conn_link_end(h2conn_link *link, int code);

/* Whether nothing more will come or go: the transport ended, or the session finished and all is sent. */
bool h2conn_link_over(const h2conn_link *link);

/* The error of a stream that the engine now closes with `why`, or, with NULL, of the session. H2CONN_OK for good order.
 */
int h2conn_link_error(const h2conn_link *link, const h2_failure *why);

/* All four steps once, for one thread. Returns whether any byte moved; when not, wait for what `recv_wants` and
 * `send_wants` ask. `rx` and `tx` must be the same buffers every time; with
 * `rx_cap` 0 nothing is received. */
bool h2conn_link_step(h2conn_link *link, uint8_t *rx, size_t rx_cap, uint8_t *tx, size_t tx_cap);

#ifdef __cplusplus
}
#endif
#endif
