/* SPDX-License-Identifier: MIT */
#include "h2_state.h"

#define TO(state)                                                                                                      \
    { state, H2_ALLOW, H2_RULE_NONE }
#define DROP(state)                                                                                                    \
    { state, H2_IGNORE, H2_RULE_NONE }
#define WRONG(state, rule)                                                                                             \
    { state, H2_BREACH, rule }
#define NEVER(state)                                                                                                   \
    { state, H2_REFUSE, H2_RULE_NONE }

/* Columns in the order of H2_INPUTS: receive HEADERS, DATA, END, RST_STREAM, WINDOW_UPDATE, PRIORITY, PUSH_PROMISE;
 * send HEADERS, DATA, END, RST_STREAM, WINDOW_UPDATE. */
static const h2_transition table[H2_STATE_COUNT][H2_INPUT_COUNT] = {
    [H2_IDLE] = {WRONG(H2_IDLE, H2_RULE_IDLE), WRONG(H2_IDLE, H2_RULE_IDLE), WRONG(H2_IDLE, H2_RULE_IDLE),
                 WRONG(H2_IDLE, H2_RULE_IDLE), WRONG(H2_IDLE, H2_RULE_IDLE), DROP(H2_IDLE),
                 WRONG(H2_IDLE, H2_RULE_PUSH), TO(H2_OPEN), NEVER(H2_IDLE), NEVER(H2_IDLE), NEVER(H2_IDLE),
                 NEVER(H2_IDLE)},
    [H2_IDLE_PEER] = {TO(H2_OPEN), WRONG(H2_IDLE_PEER, H2_RULE_IDLE), WRONG(H2_IDLE_PEER, H2_RULE_IDLE),
                      WRONG(H2_IDLE_PEER, H2_RULE_IDLE), WRONG(H2_IDLE_PEER, H2_RULE_IDLE), DROP(H2_IDLE_PEER),
                      WRONG(H2_IDLE_PEER, H2_RULE_PUSH), NEVER(H2_IDLE_PEER), NEVER(H2_IDLE_PEER), NEVER(H2_IDLE_PEER),
                      NEVER(H2_IDLE_PEER), NEVER(H2_IDLE_PEER)},
    [H2_OPEN] = {TO(H2_OPEN), TO(H2_OPEN), TO(H2_HALF_CLOSED_REMOTE), TO(H2_CLOSED), TO(H2_OPEN), DROP(H2_OPEN),
                 WRONG(H2_OPEN, H2_RULE_PUSH), TO(H2_OPEN), TO(H2_OPEN), TO(H2_HALF_CLOSED_LOCAL), TO(H2_CLOSED_RESET),
                 TO(H2_OPEN)},
    [H2_HALF_CLOSED_LOCAL] = {TO(H2_HALF_CLOSED_LOCAL), TO(H2_HALF_CLOSED_LOCAL), TO(H2_CLOSED), TO(H2_CLOSED),
                              TO(H2_HALF_CLOSED_LOCAL), DROP(H2_HALF_CLOSED_LOCAL),
                              WRONG(H2_HALF_CLOSED_LOCAL, H2_RULE_PUSH), NEVER(H2_HALF_CLOSED_LOCAL),
                              NEVER(H2_HALF_CLOSED_LOCAL), NEVER(H2_HALF_CLOSED_LOCAL), TO(H2_CLOSED_RESET),
                              TO(H2_HALF_CLOSED_LOCAL)},
    [H2_HALF_CLOSED_REMOTE] = {WRONG(H2_HALF_CLOSED_REMOTE, H2_RULE_CLOSED_STREAM),
                               WRONG(H2_HALF_CLOSED_REMOTE, H2_RULE_CLOSED_STREAM),
                               WRONG(H2_HALF_CLOSED_REMOTE, H2_RULE_CLOSED_STREAM), TO(H2_CLOSED),
                               TO(H2_HALF_CLOSED_REMOTE), DROP(H2_HALF_CLOSED_REMOTE),
                               WRONG(H2_HALF_CLOSED_REMOTE, H2_RULE_PUSH), TO(H2_HALF_CLOSED_REMOTE),
                               TO(H2_HALF_CLOSED_REMOTE), TO(H2_CLOSED), TO(H2_CLOSED_RESET),
                               NEVER(H2_HALF_CLOSED_REMOTE)},
    [H2_CLOSED] = {WRONG(H2_CLOSED, H2_RULE_CLOSED), WRONG(H2_CLOSED, H2_RULE_CLOSED), WRONG(H2_CLOSED, H2_RULE_CLOSED),
                   DROP(H2_CLOSED), DROP(H2_CLOSED), DROP(H2_CLOSED), WRONG(H2_CLOSED, H2_RULE_PUSH), NEVER(H2_CLOSED),
                   NEVER(H2_CLOSED), NEVER(H2_CLOSED), NEVER(H2_CLOSED), NEVER(H2_CLOSED)},
    [H2_CLOSED_RESET] = {DROP(H2_CLOSED_RESET), DROP(H2_CLOSED_RESET), DROP(H2_CLOSED_RESET), DROP(H2_CLOSED_RESET),
                         DROP(H2_CLOSED_RESET), DROP(H2_CLOSED_RESET), WRONG(H2_CLOSED_RESET, H2_RULE_PUSH),
                         NEVER(H2_CLOSED_RESET), NEVER(H2_CLOSED_RESET), NEVER(H2_CLOSED_RESET), NEVER(H2_CLOSED_RESET),
                         NEVER(H2_CLOSED_RESET)},
    [H2_CLOSED_SKIPPED] = {WRONG(H2_CLOSED_SKIPPED, H2_RULE_STREAM_ID), WRONG(H2_CLOSED_SKIPPED, H2_RULE_CLOSED),
                           WRONG(H2_CLOSED_SKIPPED, H2_RULE_CLOSED), DROP(H2_CLOSED_SKIPPED), DROP(H2_CLOSED_SKIPPED),
                           DROP(H2_CLOSED_SKIPPED), WRONG(H2_CLOSED_SKIPPED, H2_RULE_PUSH), NEVER(H2_CLOSED_SKIPPED),
                           NEVER(H2_CLOSED_SKIPPED), NEVER(H2_CLOSED_SKIPPED), NEVER(H2_CLOSED_SKIPPED),
                           NEVER(H2_CLOSED_SKIPPED)},
};

h2_transition h2_state_next(h2_state state, h2_input input) {
    return table[state][input];
}
