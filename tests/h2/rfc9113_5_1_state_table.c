/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_state.h"
#include "h2_stream.h"
#include "h2_suites.h"

/*
 * RFC 9113, 5.1: the whole table of h2_state.c against this list, which was written from the text of the RFC.
 *
 * Inputs are named by letters, received ones in capitals: HEADERS, DATA, END_STREAM, RST_STREAM, WINDOW_UPDATE,
 * PRIORITY, PUSH_PROMISE (U). Outcomes: a state, '=' for staying, '-' to be ignored, 'x' what our side must not send,
 * '!' a connection error and '?' a stream error with P for PROTOCOL_ERROR, C for STREAM_CLOSED.
 */

typedef struct state_row {
    h2_state state;
    const char *outcomes;
} state_row;

static const state_row expected[] = {
    /* only HEADERS and PRIORITY may come on an idle stream, HEADERS only from the side whose identifier it is
       (5.1, 5.1.1) */
    {H2_IDLE, "H!P D!P E!P R!P W!P P- U!P hopen dx ex rx wx"},
    {H2_IDLE_PEER, "Hopen D!P E!P R!P W!P P- U!P hx dx ex rx wx"},
    {H2_OPEN, "H= D= Ehcr Rclosed W= P- U!P h= d= ehcl rreset w="},
    /* we ended: anything may come, WINDOW_UPDATE, PRIORITY and RST_STREAM may go (5.1) */
    {H2_HALF_CLOSED_LOCAL, "H= D= Eclosed Rclosed W= P- U!P hx dx ex rreset w="},
    /* the peer ended: other than WINDOW_UPDATE, PRIORITY, RST_STREAM is a stream error STREAM_CLOSED (5.1) */
    {H2_HALF_CLOSED_REMOTE, "H?C D?C E?C Rclosed W= P- U!P h= d= eclosed rreset wx"},
    /* WINDOW_UPDATE and RST_STREAM may have crossed our END_STREAM (5.1) */
    {H2_CLOSED, "H!C D!C E!C R- W- P- U!P hx dx ex rx wx"},
    /* anything may have crossed our RST_STREAM (5.1, 5.4.2) */
    {H2_CLOSED_RESET, "H- D- E- R- W- P- U!P hx dx ex rx wx"},
    /* a lower identifier than one already used is unexpected (5.1.1) */
    {H2_CLOSED_SKIPPED, "H!P D!C E!C R- W- P- U!P hx dx ex rx wx"},
};

static const char letters[] = "HDERWPUhderw";
static const h2_input inputs[] = {H2_RECV_HEADERS,       H2_RECV_DATA,     H2_RECV_END,          H2_RECV_RST_STREAM,
                                  H2_RECV_WINDOW_UPDATE, H2_RECV_PRIORITY, H2_RECV_PUSH_PROMISE, H2_SEND_HEADERS,
                                  H2_SEND_DATA,          H2_SEND_END,      H2_SEND_RST_STREAM,   H2_SEND_WINDOW_UPDATE};

static h2_state state_named(const char *name, size_t len) {
    static const struct {
        const char *name;
        h2_state state;
    } names[] = {{"open", H2_OPEN},
                 {"hcl", H2_HALF_CLOSED_LOCAL},
                 {"hcr", H2_HALF_CLOSED_REMOTE},
                 {"closed", H2_CLOSED},
                 {"reset", H2_CLOSED_RESET}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0) return names[i].state;
    }
    ck_abort_msg("no state %.*s", (int)len, name);
    return H2_STATE_COUNT;
}

static void check_cell(h2_state state, const char *cell, size_t len) {
    h2_input input = inputs[strchr(letters, cell[0]) - letters];
    h2_transition t = h2_state_next(state, input);
    h2_verdict verdict = H2_ALLOW;
    h2_state next = state;
    char what = cell[1];
    if (what == '-')
        verdict = H2_IGNORE;
    else if (what == 'x')
        verdict = H2_REFUSE;
    else if (what == '!' || what == '?')
        verdict = H2_BREACH;
    else if (what != '=')
        next = state_named(cell + 1, len - 1);
    ck_assert_msg(t.verdict == verdict && t.next == next, "state %d: %.*s", state, (int)len, cell);
    if (verdict != H2_BREACH) {
        ck_assert_uint_eq(t.rule, H2_RULE_NONE);
        return;
    }
    h2_code code = cell[2] == 'P' ? H2_PROTOCOL_ERROR : H2_STREAM_CLOSED;
    ck_assert_msg(h2_rule_code((h2_rule)t.rule) == code, "state %d: %.*s", state, (int)len, cell);
    ck_assert_int_eq(h2_rule_scope((h2_rule)t.rule), what == '!' ? H2_SCOPE_SESSION : H2_SCOPE_STREAM);
}

START_TEST(rfc9113_5_1_every_state_and_input_is_as_the_rfc_says) {
    unsigned cells = 0;
    ck_assert_uint_eq(sizeof expected / sizeof expected[0], H2_STATE_COUNT);
    ck_assert_uint_eq(sizeof inputs / sizeof inputs[0], H2_INPUT_COUNT);
    for (size_t i = 0; i < H2_STATE_COUNT; i++) {
        for (const char *at = expected[i].outcomes; *at; at += strspn(at, " ")) {
            size_t len = strcspn(at, " ");
            check_cell(expected[i].state, at, len);
            at += len;
            cells++;
        }
    }
    ck_assert_uint_eq(cells, H2_STATE_COUNT * H2_INPUT_COUNT);
}
END_TEST

START_TEST(rfc9113_5_1_a_stream_moves_only_where_allowed) {
    for (int state = 0; state < H2_STATE_COUNT; state++) {
        for (int input = 0; input < H2_INPUT_COUNT; input++) {
            h2_stream stream = {.state = (uint8_t)state};
            h2_transition t = h2_state_next((h2_state)state, (h2_input)input);
            ck_assert(h2_stream_move(&stream, (h2_input)input) == (t.verdict == H2_ALLOW));
            ck_assert_uint_eq(stream.state, t.verdict == H2_ALLOW ? t.next : (unsigned)state);
        }
    }
}
END_TEST

Suite *rfc9113_5_1_state_table_suite(void) {
    Suite *suite = suite_create("rfc9113 5.1 state table");
    TCase *tc = tcase_create("table");
    tcase_add_test(tc, rfc9113_5_1_every_state_and_input_is_as_the_rfc_says);
    tcase_add_test(tc, rfc9113_5_1_a_stream_moves_only_where_allowed);
    suite_add_tcase(suite, tc);
    return suite;
}
