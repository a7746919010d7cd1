/* SPDX-License-Identifier: MIT */
#ifndef H2_STATE_H
#define H2_STATE_H

/*
 * The life of a stream, RFC 9113, 5.1, as data: state x input to next state and verdict.
 *
 * The reserved states of the figure cannot occur: push is neither accepted nor sent. Two states are split so that a
 * verdict depends on nothing but the table: idle by whether the peer may open the stream, closed by how it came about.
 */

#include <stdbool.h>
#include <stdint.h>
#include "h2_error.h"

#define H2_STATES(X)                                                                                                   \
    X(H2_IDLE)      /* not opened, and not the peer's to open */                                                       \
    X(H2_IDLE_PEER) /* not opened, the peer may */                                                                     \
    X(H2_OPEN)                                                                                                         \
    X(H2_HALF_CLOSED_LOCAL)  /* we ended our side */                                                                   \
    X(H2_HALF_CLOSED_REMOTE) /* the peer ended its side */                                                             \
    X(H2_CLOSED)             /* both ended, or the peer reset it */                                                    \
    X(H2_CLOSED_RESET)       /* we reset it: late frames are to be expected */                                         \
    X(H2_CLOSED_SKIPPED)     /* never used, and a higher identifier was (5.1.1) */

typedef enum h2_state {
#define H2_STATE_ENUM(name) name,
    H2_STATES(H2_STATE_ENUM)
#undef H2_STATE_ENUM
        H2_STATE_COUNT
} h2_state;

#define H2_INPUTS(X)                                                                                                   \
    X(H2_RECV_HEADERS)                                                                                                 \
    X(H2_RECV_DATA)                                                                                                    \
    X(H2_RECV_END) /* END_STREAM, after the frame that carried it */                                                   \
    X(H2_RECV_RST_STREAM)                                                                                              \
    X(H2_RECV_WINDOW_UPDATE)                                                                                           \
    X(H2_RECV_PRIORITY)                                                                                                \
    X(H2_RECV_PUSH_PROMISE)                                                                                            \
    X(H2_SEND_HEADERS)                                                                                                 \
    X(H2_SEND_DATA)                                                                                                    \
    X(H2_SEND_END)                                                                                                     \
    X(H2_SEND_RST_STREAM)                                                                                              \
    X(H2_SEND_WINDOW_UPDATE)

typedef enum h2_input {
#define H2_INPUT_ENUM(name) name,
    H2_INPUTS(H2_INPUT_ENUM)
#undef H2_INPUT_ENUM
        H2_INPUT_COUNT
} h2_input;

typedef enum h2_verdict {
    H2_ALLOW,
    H2_IGNORE, /* process for the connection's sake, then drop */
    H2_BREACH, /* the peer broke `rule` */
    H2_REFUSE  /* our side must not do this */
} h2_verdict;

typedef struct h2_transition {
    uint8_t next;    /* h2_state */
    uint8_t verdict; /* h2_verdict */
    uint8_t rule;    /* h2_rule of a breach */
    uint8_t unused;  /* a whole word is cheaper to return than three octets */
} h2_transition;

/* Beside the rules: nothing is wrong, and yet nothing is done. */
#define H2_RULE_IGNORE ((h2_rule)(H2_RULE_MEMORY + 1))

/* A cell of the table: the verdict in its two upper bits, below them the next state when that allows, or the rule of a
 * breach, or H2_RULE_IGNORE. */
#define H2_CELL_BITS 6u
uint8_t h2_state_cell(h2_state state, h2_input input);

static inline bool h2_state_allows(h2_state state, h2_input input) {
    return h2_state_cell(state, input) >> H2_CELL_BITS == H2_ALLOW;
}

/* Of a frame received: the rule it breaks, or whether to ignore it. */
static inline h2_rule h2_state_rule(h2_state state, h2_input input) {
    unsigned cell = h2_state_cell(state, input);
    return cell >> H2_CELL_BITS == H2_ALLOW ? H2_RULE_NONE : (h2_rule)(cell & ((1u << H2_CELL_BITS) - 1));
}

static inline h2_transition h2_state_next(h2_state state, h2_input input) {
    unsigned cell = h2_state_cell(state, input), verdict = cell >> H2_CELL_BITS,
             what = cell & ((1u << H2_CELL_BITS) - 1);
    h2_transition t = {(uint8_t)state, (uint8_t)verdict, H2_RULE_NONE, 0};
    if (verdict == H2_ALLOW) t.next = (uint8_t)what;
    if (verdict == H2_BREACH) t.rule = (uint8_t)what;
    return t;
}

#endif
