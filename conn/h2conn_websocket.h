/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_WEBSOCKET_H
#define H2CONN_WEBSOCKET_H

/*
 * WebSocket over HTTP/2 (RFC 8441): messages of text or octets on a connection, as browsers speak them.
 *
 * A server offers it with h2_config.connect_protocol. In its handler:
 *
 *     if (h2conn_ws_accept(&ws, request, NULL, 0, NULL) != H2CONN_OK) return;
 *     while ((n = h2conn_ws_read(ws, buf, sizeof buf, &piece)) >= 0)
 *         if (h2conn_ws_write(ws, buf, (size_t)n, piece.text, piece.end, NULL) != H2CONN_OK) break;
 *     h2conn_ws_free(ws);
 *
 * A client calls h2conn_ws_connect and is the same from there on.
 *
 * A message is read and written in pieces of any size; none is ever collected, so its size costs no memory. Pings are
 * answered and the closing handshake is completed by whoever reads. Text is checked to be UTF-8 in both directions as
 * it passes. No extension is offered or accepted, compression included.
 *
 * One thread reads at a time; any number write, whole messages by h2conn_ws_send, which never mix. Deadlines are set
 * here, not on the connection underneath, which belongs to the WebSocket from its making.
 */

#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Octets of a message beyond which the peer is told 1009, unless the options say otherwise. */
#define H2CONN_WS_MESSAGE_DEFAULT 16777216u
/* How long h2conn_ws_close waits for the peer's Close, in milliseconds. */
#define H2CONN_WS_CLOSE_DEFAULT 5000
/* Octets of a ping's payload, and of a reason to close; a terminator is added to the latter. */
#define H2CONN_WS_PING_MAX     125u
#define H2CONN_WS_REASON_BYTES 124u

/* Codes of a Close frame (RFC 6455, 7.4.1); programs may use 3000 to 4999. */
enum {
    H2CONN_WS_NORMAL = 1000,
    H2CONN_WS_GOING_AWAY = 1001,
    H2CONN_WS_PROTOCOL = 1002,
    H2CONN_WS_UNSUPPORTED = 1003,
    H2CONN_WS_NO_CODE = 1005,  /* never sent: the peer gave none */
    H2CONN_WS_ABNORMAL = 1006, /* never sent: the stream ended without a Close frame */
    H2CONN_WS_BAD_TEXT = 1007,
    H2CONN_WS_POLICY = 1008,
    H2CONN_WS_TOO_BIG = 1009,
    H2CONN_WS_INTERNAL = 1011
};

typedef struct h2conn_ws h2conn_ws;

/* Zeroes are the defaults. */
typedef struct h2conn_ws_options {
    uint64_t message_max;     /* octets of a received message; default H2CONN_WS_MESSAGE_DEFAULT */
    int64_t close_timeout_ms; /* default H2CONN_WS_CLOSE_DEFAULT */
    /* The answer to a ping, or one nobody asked for; in the thread that reads, which it must not do itself. */
    void (*on_pong)(void *user, const void *bytes, size_t len);
    void *user;
} h2conn_ws_options;

/* What h2conn_ws_read gave. */
typedef struct h2conn_ws_piece {
    bool text; /* of a text message, else of a binary one */
    bool end;  /* the message is complete with it */
} h2conn_ws_piece;

/* Client: open a WebSocket at an http:// or https:// URL. `options` may carry fields such as origin or
 * sec-websocket-protocol; its method, protocol, early and expect_continue are ignored. `ws_options`, `options` and
 * `response` may be NULL. As h2conn_connect, and H2CONN_EEXTENDED when the server offers no extended CONNECT,
 * H2CONN_ESTATE when its answer was not 2xx, and H2CONN_EPROTOCOL when it chose an extension or a subprotocol that was
 * not asked for; response->status and why tell more. response->fields are only there on success. */
int h2conn_ws_connect(h2conn_ws **ws, const char *url, const h2conn_options *options,
                      const h2conn_ws_options *ws_options, h2conn_response *response);

/* Server: accept a request for a WebSocket (:protocol "websocket", sec-websocket-version 13), with further response
 * fields such as sec-websocket-protocol. H2CONN_EINVAL for any other request, which is answered 400 then; otherwise as
 * h2conn_accept. */
int h2conn_ws_accept(h2conn_ws **ws, h2conn_request *request, const h2conn_field *fields, size_t n,
                     const h2conn_ws_options *ws_options);

/* Read up to `len` octets (at least 1) of the message in progress, or of the next one. Returns the count, which is 0
 * for an empty message or an end that brought no octets, or
 *   H2CONN_EEND        the peer closed with a Close frame: h2conn_ws_close_code; again and again
 *   H2CONN_ECUT        the stream ended without one
 *   H2CONN_EPROTOCOL   the peer broke a rule, was told, and the WebSocket is over: h2conn_ws_why
 *   H2CONN_ETIMEDOUT   the read deadline passed; nothing is lost
 *   H2CONN_ESTATE      another thread is reading
 * or what h2conn_read gives. */
ptrdiff_t h2conn_ws_read(h2conn_ws *ws, void *buf, size_t len, h2conn_ws_piece *piece);

/* Read a whole message. H2CONN_ETOOLONG when it does not fit `len`: the peer is told 1009 and the WebSocket is over.
 * After H2CONN_ETIMEDOUT a call with the same buffer goes on. `text` may be NULL. */
ptrdiff_t h2conn_ws_read_message(h2conn_ws *ws, void *buf, size_t len, bool *text);

/* Write a piece of a message as a frame, the last with `end`. All pieces of a message come from one thread, or from
 * several that agree; others wait until it has ended. H2CONN_EINVAL for text that is not UTF-8, nothing is sent then.
 * After H2CONN_ETIMEDOUT `*written` octets (may be NULL) went, and the same message must be continued with the rest, by
 * the same thread and with the same `text` and `end`. H2CONN_ECLOSED once either side has closed; otherwise as
 * h2conn_write. */
int h2conn_ws_write(h2conn_ws *ws, const void *bytes, size_t len, bool text, bool end, size_t *written);

/* Write a whole message. */
int h2conn_ws_send(h2conn_ws *ws, const void *bytes, size_t len, bool text);

/* Send a ping with up to H2CONN_WS_PING_MAX octets; h2conn_ws_options.on_pong has the answer. */
int h2conn_ws_ping(h2conn_ws *ws, const void *bytes, size_t len);

/* Close with a code and a reason (may be NULL; up to 123 octets of UTF-8; EINVAL otherwise), wait for the peer's Close
 * if no thread is reading, dropping what comes before, and end this side's half. H2CONN_OK when the handshake was
 * completed or another thread will see to it, else what prevented it; then the stream was reset. A second call does
 * nothing. */
int h2conn_ws_close(h2conn_ws *ws, uint16_t code, const char *reason);

/* The peer's code, H2CONN_WS_NO_CODE or H2CONN_WS_ABNORMAL; 0 while it has not closed. The reason goes to `reason`
 * (may be NULL), terminated. */
uint16_t h2conn_ws_close_code(h2conn_ws *ws, char reason[H2CONN_WS_REASON_BYTES]);

/* One sentence on what ended it, "" while nothing did. Returns `out`. */
const char *h2conn_ws_why(h2conn_ws *ws, char out[H2CONN_WHY_BYTES]);

/* Absolute times of h2conn_now; 0 for none. From any thread. */
void h2conn_ws_set_read_deadline(h2conn_ws *ws, int64_t at_ms);
void h2conn_ws_set_write_deadline(h2conn_ws *ws, int64_t at_ms);

/* The connection underneath, for addresses and h2conn_close from another thread. Not to be read, written or freed. */
h2conn *h2conn_ws_conn(h2conn_ws *ws);

/* Close with H2CONN_WS_NORMAL if nothing closed it, and release; a client's connection too. No other call may be
 * running or follow. NULL is ignored. */
void h2conn_ws_free(h2conn_ws *ws);

#ifdef __cplusplus
}
#endif
#endif
