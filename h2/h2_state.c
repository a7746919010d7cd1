/* SPDX-License-Identifier: MIT */
#include "h2_state.h"

/* A cell is a verdict in the two upper bits, and below the next state when that allows, or the rule of a breach. */
#define CELL(verdict, what) (uint8_t)((verdict) << 6 | (what))
#define TO(state)           CELL(H2_ALLOW, state)
#define DROP                CELL(H2_IGNORE, 0)
#define WRONG(rule)         CELL(H2_BREACH, rule)
#define NEVER               CELL(H2_REFUSE, 0)
_Static_assert(H2_RULE_MEMORY < 1 << 6 && H2_STATE_COUNT <= 1 << 6, "both fit a cell");

/* Columns in the order of H2_INPUTS: receive HEADERS, DATA, END, RST_STREAM, WINDOW_UPDATE, PRIORITY, PUSH_PROMISE;
 * send HEADERS, DATA, END, RST_STREAM, WINDOW_UPDATE. */
static const uint8_t table[H2_STATE_COUNT][H2_INPUT_COUNT] = {
    [H2_IDLE] = {WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE),
                 WRONG(H2_RULE_IDLE), DROP, WRONG(H2_RULE_PUSH), TO(H2_OPEN), NEVER, NEVER, NEVER, NEVER},
    [H2_IDLE_PEER] = {TO(H2_OPEN), WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE), WRONG(H2_RULE_IDLE),
                      DROP, WRONG(H2_RULE_PUSH), NEVER, NEVER, NEVER, NEVER, NEVER},
    [H2_OPEN] = {TO(H2_OPEN), TO(H2_OPEN), TO(H2_HALF_CLOSED_REMOTE), TO(H2_CLOSED), TO(H2_OPEN), DROP,
                 WRONG(H2_RULE_PUSH), TO(H2_OPEN), TO(H2_OPEN), TO(H2_HALF_CLOSED_LOCAL), TO(H2_CLOSED_RESET),
                 TO(H2_OPEN)},
    [H2_HALF_CLOSED_LOCAL] = {TO(H2_HALF_CLOSED_LOCAL), TO(H2_HALF_CLOSED_LOCAL), TO(H2_CLOSED), TO(H2_CLOSED),
                              TO(H2_HALF_CLOSED_LOCAL), DROP, WRONG(H2_RULE_PUSH), NEVER, NEVER, NEVER,
                              TO(H2_CLOSED_RESET), TO(H2_HALF_CLOSED_LOCAL)},
    [H2_HALF_CLOSED_REMOTE] = {WRONG(H2_RULE_CLOSED_STREAM), WRONG(H2_RULE_CLOSED_STREAM), WRONG(H2_RULE_CLOSED_STREAM),
                               TO(H2_CLOSED), TO(H2_HALF_CLOSED_REMOTE), DROP, WRONG(H2_RULE_PUSH),
                               TO(H2_HALF_CLOSED_REMOTE), TO(H2_HALF_CLOSED_REMOTE), TO(H2_CLOSED), TO(H2_CLOSED_RESET),
                               NEVER},
    [H2_CLOSED] = {WRONG(H2_RULE_CLOSED), WRONG(H2_RULE_CLOSED), WRONG(H2_RULE_CLOSED), DROP, DROP, DROP,
                   WRONG(H2_RULE_PUSH), NEVER, NEVER, NEVER, NEVER, NEVER},
    [H2_CLOSED_RESET] = {DROP, DROP, DROP, DROP, DROP, DROP, WRONG(H2_RULE_PUSH), NEVER, NEVER, NEVER, NEVER, NEVER},
    [H2_CLOSED_SKIPPED] = {WRONG(H2_RULE_STREAM_ID), WRONG(H2_RULE_CLOSED), WRONG(H2_RULE_CLOSED), DROP, DROP, DROP,
                           WRONG(H2_RULE_PUSH), NEVER, NEVER, NEVER, NEVER, NEVER},
};

h2_transition h2_state_next(h2_state state, h2_input input) {
    unsigned cell = table[state][input], what = cell & 0x3f, verdict = cell >> 6;
    h2_transition t = {.next = (uint8_t)state, .verdict = (uint8_t)verdict, .rule = H2_RULE_NONE};
    if (verdict == H2_ALLOW) t.next = (uint8_t)what;
    if (verdict == H2_BREACH) t.rule = (uint8_t)what;
    return t;
}
