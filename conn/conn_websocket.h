/* SPDX-License-Identifier: MIT */
#ifndef CONN_WEBSOCKET_H
#define CONN_WEBSOCKET_H

/*
 * WebSocket frames (RFC 6455, 5), without I/O: octets to events, and messages to octets. On HTTP/2 they travel in the
 * DATA of an extended CONNECT (RFC 8441, 5), masked by the client as ever.
 *
 *     while (len > 0) {
 *         n = h2conn_ws_parse(&parser, bytes, len, &event);      // unmasks in place
 *         bytes += n, len -= n;
 *         switch (event.kind) ...
 *     }
 *
 * Nothing is collected but control frames, which are short. Text is checked as it comes (8.1), so a wrong octet fails
 * the connection at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2CONN_WS_HEADER_MAX  14u  /* 5.2: two octets, eight of length, four of mask */
#define H2CONN_WS_MASK_BYTES  4u   /* 5.3 */
#define H2CONN_WS_CONTROL_MAX 125u /* 5.5 */

typedef enum h2conn_ws_opcode {
    H2CONN_WS_OP_CONTINUATION = 0,
    H2CONN_WS_OP_TEXT = 1,
    H2CONN_WS_OP_BINARY = 2,
    H2CONN_WS_OP_CLOSE = 8,
    H2CONN_WS_OP_PING = 9,
    H2CONN_WS_OP_PONG = 10
} h2conn_ws_opcode;

/* What a peer can break: name, the code of the Close frame it earns (7.4.1), sentence with its section. */
#define H2CONN_WS_RULES(X)                                                                                             \
    X(H2CONN_WS_RULE_NONE, 0, "no rule was broken")                                                                    \
    X(H2CONN_WS_RULE_RESERVED, 1002, "a reserved bit is set and no extension was agreed (RFC 6455, 5.2)")              \
    X(H2CONN_WS_RULE_OPCODE, 1002, "an unknown opcode (RFC 6455, 5.2)")                                                \
    X(H2CONN_WS_RULE_LENGTH, 1002, "a length that is not in its shortest form, or above 2^63-1 (RFC 6455, 5.2)")       \
    X(H2CONN_WS_RULE_UNMASKED, 1002, "a client's frame is not masked (RFC 6455, 5.1)")                                 \
    X(H2CONN_WS_RULE_MASKED, 1002, "a server's frame is masked (RFC 6455, 5.1)")                                       \
    X(H2CONN_WS_RULE_CONTROL, 1002, "a control frame is fragmented or above 125 octets (RFC 6455, 5.5)")               \
    X(H2CONN_WS_RULE_CONTINUATION, 1002, "a continuation of nothing, or a new message within one (RFC 6455, 5.4)")     \
    X(H2CONN_WS_RULE_CLOSE, 1002, "a Close frame with half a code, or one that may not be sent (RFC 6455, 7.4)")       \
    X(H2CONN_WS_RULE_UTF8, 1007, "text that is not UTF-8 (RFC 6455, 8.1)")                                             \
    X(H2CONN_WS_RULE_SIZE, 1009, "a message is larger than accepted (RFC 6455, 7.4.1)")

typedef enum h2conn_ws_rule {
#define H2CONN_WS_RULE_ENUM(name, code, text) name,
    H2CONN_WS_RULES(H2CONN_WS_RULE_ENUM)
#undef H2CONN_WS_RULE_ENUM
} h2conn_ws_rule;

uint16_t h2conn_ws_rule_code(h2conn_ws_rule rule);
const char *h2conn_ws_rule_text(h2conn_ws_rule rule);

/* Whether a code may stand in a Close frame (7.4). */
bool h2conn_ws_code_is_valid(uint16_t code);

/* UTF-8 in pieces (RFC 3629, 4). Starts zeroed; complete when `left` is 0. */
typedef struct h2conn_utf8 {
    uint8_t left;      /* octets that the character still needs */
    uint8_t low, high; /* what the next of them may be */
} h2conn_utf8;

/* Whether `bytes` can follow what was taken before. */
bool h2conn_utf8_take(h2conn_utf8 *u, const uint8_t *bytes, size_t len);

typedef enum h2conn_ws_event_kind {
    H2CONN_WS_NOTHING, /* more octets are needed */
    H2CONN_WS_DATA,    /* a piece of a message, possibly empty at its end */
    H2CONN_WS_PING,
    H2CONN_WS_PONG,
    H2CONN_WS_CLOSE, /* nothing that follows counts (5.5.1) */
    H2CONN_WS_FAILED /* `rule` was broken; nothing more is taken */
} h2conn_ws_event_kind;

/* `bytes` of DATA point into what was parsed, those of control frames into the parser until the next call. */
typedef struct h2conn_ws_event {
    h2conn_ws_event_kind kind;
    const uint8_t *bytes; /* of CLOSE: the reason */
    size_t len;
    bool text, end; /* DATA: of a text message; its last piece */
    uint16_t code;  /* CLOSE: 0 when there was none */
    h2conn_ws_rule rule;
} h2conn_ws_event;

/* Members are private. */
typedef struct h2conn_ws_parser {
    uint64_t most; /* octets of a message */
    uint64_t size; /* of the message so far, this frame's included */
    uint64_t left; /* octets of the frame's payload still to come */
    uint8_t head[H2CONN_WS_HEADER_MAX];
    uint8_t head_n, opcode, message; /* of the frame; of the message in progress, 0 for none */
    uint8_t mask[H2CONN_WS_MASK_BYTES], mask_at;
    uint8_t control[H2CONN_WS_CONTROL_MAX], control_n;
    h2conn_utf8 utf8;
    uint8_t rule; /* broken before */
    bool server, fin, in_payload, closed;
} h2conn_ws_parser;

/* A parser of what a peer sends: `server` when we are the server, and the peer's frames must be masked. A message may
 * have `most` octets. */
void h2conn_ws_parser_init(h2conn_ws_parser *p, bool server, uint64_t most);

/* Take octets up to the next event. Returns how many were taken: at least 1 of `len`, or none once FAILED. What follows
 * a CLOSE is taken and dropped. */
size_t h2conn_ws_parse(h2conn_ws_parser *p, uint8_t *bytes, size_t len, h2conn_ws_event *event);

/* Octets of a data frame's payload that come next, 0 when something else does. */
uint64_t h2conn_ws_expects(const h2conn_ws_parser *p);

/* A frame's header, 2 to H2CONN_WS_HEADER_MAX octets; `mask` of a client's, NULL at a server. */
size_t h2conn_ws_header(uint8_t out[H2CONN_WS_HEADER_MAX], h2conn_ws_opcode opcode, bool fin, uint64_t len,
                        const uint8_t *mask);

/* Mask or unmask octets that begin `at` octets into a payload (5.3). */
void h2conn_ws_mask(uint8_t *bytes, size_t len, const uint8_t mask[H2CONN_WS_MASK_BYTES], uint64_t at);

#endif
