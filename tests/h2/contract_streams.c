/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* What h2.h promises of streams and of names: leaving, withdrawing, the pointer of the caller's, codes, rules and
 * results. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static char bytes[100000];

/* ---- unknown streams ---- */

CONVERSATION(contract_stream_is_unknown_until_its_request_was_delivered) {
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, 0, 1, "\x82\x86", 2);
    ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=200"), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, H2_CANCEL), H2_ENOSTREAM);
    h2_stream_set_user(p->session, 1, p);
    peer_send(p, H2_CONTINUATION, 4, 1, "\x84", 1);
    peer_expect_events(p, "request 1");
    ck_assert_ptr_null(h2_stream_user(p->session, 1));
    peer_respond(p, 1, 0, ":status=200");
    peer_expect_fields(p, 0, 1, ":status=200");
}

/* ---- withdrawing ---- */

CONVERSATION(contract_withdrawn_bytes_are_not_sent) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 100000, H2_END), H2_OK);
    peer_flush(p);
    ck_assert_uint_eq(h2_stream_withdraw(p->session, id), 100000 - 65535);
    ck_assert_uint_eq(h2_stream_withdraw(p->session, id), 0);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 100000);
    peer_send_u32(p, H2_WINDOW_UPDATE, id, 100000);
    peer_expect_fields(p, 0, id, REQUEST);
    for (int i = 0; i < 4; i++) peer_expect(p, H2_DATA, 0, id);
    peer_expect_nothing(p); /* neither the rest nor the end */
    ck_assert_int_eq(h2_stream_write(p->session, id, "new", 3, H2_END), H2_OK);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, id).length, 3);
    peer_expect_events(p, "sent 1");
}

CONVERSATION(contract_bytes_withdrawn_at_once_leave_no_trace) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 1000, 0), H2_OK);
    ck_assert_uint_eq(h2_stream_withdraw(p->session, id), 1000);
    ck_assert_int_eq(h2_stream_write(p->session, id, NULL, 0, H2_END), H2_OK);
    ck_assert_uint_eq(h2_stream_withdraw(p->session, id), 0); /* the end too */
    peer_expect_fields(p, 0, id, REQUEST);
    peer_expect_nothing(p);
    peer_expect_events(p, "");
}

static size_t withdrawn;
static void *kept;

static void withdraw_at_the_end(peer *p, const peer_event *event) {
    if (event->kind != PEER_CLOSED) return;
    withdrawn = h2_stream_withdraw(p->session, event->id);
    kept = h2_stream_user(p->session, event->id);
}

CONVERSATION(contract_stream_still_answers_while_its_end_is_told) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    h2_stream_set_user(p->session, id, bytes);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 70000, 0), H2_OK);
    peer_flush(p);
    p->react = withdraw_at_the_end;
    withdrawn = 0;
    peer_send_u32(p, H2_RST_STREAM, id, H2_CANCEL);
    peer_deliver(p);
    ck_assert_uint_eq(withdrawn, 70000 - 65535);
    ck_assert_ptr_eq(kept, bytes);
    ck_assert_ptr_null(h2_stream_user(p->session, id));
    ck_assert_uint_eq(h2_stream_withdraw(p->session, id), 0);
}

CONVERSATION(contract_sent_is_told_once_for_each_loan) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 40000, 0), H2_OK);
    peer_expect_events(p, "sent 1");
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 0, 0), H2_OK); /* nothing to lend */
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 1, 0), H2_OK);
    peer_expect_events(p, "sent 1");
    ck_assert_int_eq(h2_stream_write(p->session, id, NULL, 0, H2_END), H2_OK);
    peer_expect_events(p, "sent 1");
}

/* ---- no room ---- */

#define FILLER         "0123456789012345678901234567890123456789"
#define LARGE          ":status=200|x-some=" FILLER
#define LARGE_TRAILERS "x-some=" FILLER "01234567890123456789"

/* A section that does not fit now is put off, whatever kind it is, and nothing changes. */
CONVERSATION(contract_sections_are_put_off_while_others_wait) {
    h2_config config = h2_config_hosted(true);
    h2_field fields[2];
    char storage[100];
    size_t n = peer_parse(fields, 2, storage, sizeof storage, LARGE);
    config.streams = 3;
    /* This one, alone. */
    config.send_header_bytes =
        (uint32_t)hpack_encode_bound(fields, n) + H2_FRAME_HEADER_BYTES + H2_ANSWER_BYTES(config.streams);
    peer_connect(p, &config);
    for (uint32_t id = 1; id <= 5; id += 2) peer_send_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(peer_try_respond(p, 3, 0, LARGE), H2_EAGAIN);
    ck_assert_int_eq(peer_try_trailers(p, 1, LARGE_TRAILERS), H2_EAGAIN);
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_respond(p, 3, H2_END, LARGE);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 3, LARGE);
    peer_trailers(p, 1, LARGE_TRAILERS);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, LARGE_TRAILERS);
}

/* Handlers are all optional. */
START_TEST(contract_session_without_handlers_works) {
    for (int server = 0; server < 2; server++) {
        static const h2_handlers none;
        static uint8_t memory[100000] __attribute__((aligned(16)));
        h2_config config = h2_config_hosted(server);
        peer *p = peer_new(PEER_WHOLE, 0);
        uint32_t id = 1;
        p->config = config;
        ck_assert_int_eq(h2_session_init(&p->session, memory, sizeof memory, &config, &none, NULL), H2_OK);
        peer_greet(p);
        if (server)
            peer_send_fields(p, 0, 1, REQUEST);
        else
            ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_OK);
        if (server)
            ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=200"), H2_OK);
        else
            peer_send_fields(p, 0, 1, ":status=200");
        peer_send_data(p, 0, 1, 1000);
        ck_assert_int_eq(h2_stream_write(peer_session(p), 1, bytes, 1000, H2_END), H2_OK);
        ck_assert_int_eq(h2_session_ping(p->session, (const uint8_t *)"unheard."), H2_OK);
        peer_flush(p);
        peer_send_ping(p, H2_FLAG_ACK, "unheard.");
        peer_send_data(p, H2_FLAG_END_STREAM, 1, 1000);
        peer_send_goaway(p, 1, H2_NO_ERROR);
        peer_deliver(p);
        ck_assert_uint_eq(p->session->streams.live, 0);
        ck_assert(h2_session_finished(p->session));
        peer_free(p);
    }
}
END_TEST

#ifndef H2_SMALL
/* What of a received frame is at hand is shown. */
static size_t shown;

static void look(peer *p, const peer_event *event) {
    (void)p;
    if (event->kind != PEER_FRAME || event->sent || event->header->type != H2_PING) return;
    shown = event->n;
    if (event->n == 8) ck_assert_mem_eq(event->bytes, "lookhere", 8);
}

START_TEST(contract_trace_shows_what_is_at_hand) {
    peer *p = peer_new(PEER_WHOLE, 0);
    peer_connect_server(p);
    p->react = look;
    peer_send_ping(p, 0, "lookhere");
    peer_deliver(p);
    ck_assert_uint_eq(shown, 8);
    ck_assert_int_eq(h2_session_receive(p->session, (const uint8_t *)"\0\0\x08\x06\0\0\0\0\0loo", 12), 12);
    ck_assert_uint_eq(shown, 3);
    peer_write(p, "khere", 5);
    peer_finish(p);
    peer_free(p);
}
END_TEST
#endif

/* ---- leaving ---- */

static void left(peer *p, uint32_t stream_window) {
    h2_config config = h2_config_hosted(true);
    config.stream_window = stream_window;
    config.session_window = 65535;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    ck_assert_int_eq(h2_stream_leave(p->session, 1), H2_OK);
    peer_expect_events(p, "request 1; closed 1 us NO_ERROR");
    peer_expect_nothing(p);
}

CONVERSATION(contract_left_stream_drops_what_comes_and_ends_in_peace) {
    left(p, 60000);
    ck_assert_int_eq(h2_stream_leave(p->session, 1), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, 1), H2_ENOSTREAM);
    ck_assert_ptr_null(h2_stream_user(p->session, 1));
    peer_send_data(p, 0, 1, 10000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 10000);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 10000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 10000);
    peer_expect_nothing(p);
    peer_expect_events(p, "");
    ck_assert_uint_eq(p->session->streams.live, 0);
    ck_assert_uint_eq(p->session->streams.left, 0);
}

CONVERSATION(contract_left_stream_ends_with_trailers_unseen) {
    left(p, 60000);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
    peer_expect_nothing(p);
    peer_expect_events(p, "");
    ck_assert_uint_eq(p->session->streams.live, 0);
}

/* 8.1: more than half a window of what nobody wants is answered with RST_STREAM without error. */
CONVERSATION(rfc9113_8_1_left_stream_that_goes_on_is_reset_without_error) {
    left(p, 20000);
    peer_send_data(p, 0, 1, 9000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 9000);
    peer_expect_nothing(p);
    peer_send_data(p, 0, 1, 5000);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_NO_ERROR);
    peer_send_data(p, 0, 1, 5000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 10000);
    peer_expect_nothing(p);
}

static void left_with_unread(peer *p, uint32_t consumed) {
    h2_config config = h2_config_hosted(true);
    config.stream_window = 20000;
    config.session_window = 65535;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 10001);
    peer_deliver(p);
    peer_respond(p, 1, H2_END, ":status=200");
    h2_stream_consumed(p->session, 1, consumed);
    ck_assert_int_eq(h2_stream_leave(p->session, 1), H2_OK);
    h2_session_consumed(p->session, 10001 - consumed);
}

/* Nothing may come any more by which it could be told: its window is shut. */
CONVERSATION(rfc9113_8_1_stream_left_with_its_window_used_up_is_reset_at_once) {
    peer_frame frame = {0};
    left_with_unread(p, 0);
    while (frame.type != H2_RST_STREAM) ck_assert(peer_next(p, &frame));
    ck_assert_uint_eq(frame.id, 1);
    ck_assert_uint_eq(h2_u32_read(frame.payload), H2_NO_ERROR);
}

CONVERSATION(contract_left_stream_that_was_read_far_enough_is_heard_out) {
    peer_frame frame = {0};
    left_with_unread(p, 1);
    while (peer_next(p, &frame)) ck_assert_uint_ne(frame.type, H2_RST_STREAM);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 9000);
    while (peer_next(p, &frame)) ck_assert_uint_ne(frame.type, H2_RST_STREAM);
    ck_assert_uint_eq(p->session->streams.live, 0);
}

CONVERSATION(contract_left_stream_is_reset_when_its_end_stays_out) {
    left(p, 20000);
    peer_frame frame = {0};
    uint64_t now = 0;
    while (now < 200000 && !(peer_next(p, &frame) && frame.type == H2_RST_STREAM))
        h2_session_tick(p->session, now += 1000);
    ck_assert_uint_eq(h2_u32_read(frame.payload), H2_NO_ERROR);
    ck_assert_uint_ge(now, 60000);
    ck_assert_uint_le(now, 80000); /* from the first PING on silence would end the session */
}

CONVERSATION(contract_leaving_before_our_end_resets) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, id, REQUEST);
    ck_assert_int_eq(h2_stream_leave(p->session, id), H2_OK);
    peer_expect_u32(p, H2_RST_STREAM, id, H2_CANCEL);
    peer_expect_events(p, "closed 1 us CANCEL");
}

CONVERSATION(contract_session_does_not_wait_for_left_streams) {
    left(p, 20000);
    h2_session_goaway(p->session, H2_NO_ERROR);
    peer_expect_goaway(p, 1, H2_NO_ERROR);
    ck_assert(h2_session_finished(p->session));
}

/* ---- names ---- */

START_TEST(contract_codes_and_rules_have_names) {
    static const char *const codes[] = {"NO_ERROR",
                                        "PROTOCOL_ERROR",
                                        "INTERNAL_ERROR",
                                        "FLOW_CONTROL_ERROR",
                                        "SETTINGS_TIMEOUT",
                                        "STREAM_CLOSED",
                                        "FRAME_SIZE_ERROR",
                                        "REFUSED_STREAM",
                                        "CANCEL",
                                        "COMPRESSION_ERROR",
                                        "CONNECT_ERROR",
                                        "ENHANCE_YOUR_CALM",
                                        "INADEQUATE_SECURITY",
                                        "HTTP_1_1_REQUIRED"};
    for (uint32_t code = 0; code < sizeof codes / sizeof codes[0]; code++)
        ck_assert_str_eq(h2_code_name(code), codes[code]);
    ck_assert_str_eq(h2_code_name(14), "UNKNOWN");
    ck_assert_str_eq(h2_code_name(UINT32_MAX), "UNKNOWN");
    for (int rule = H2_RULE_NONE + 1; rule <= H2_RULE_BLOCKED; rule++) {
        const char *text = h2_rule_text((h2_rule)rule);
#ifdef H2_SMALL
        ck_assert_str_eq(text, "");
#else
        ck_assert_msg(strchr(text, '(') && text[strlen(text) - 1] == ')', "%s: names no section", text);
#endif
        ck_assert_int_ne(h2_rule_scope((h2_rule)rule), H2_SCOPE_NONE);
        ck_assert(h2_rule_code((h2_rule)rule) != H2_NO_ERROR || rule == H2_RULE_KEEPALIVE);
    }
    ck_assert_int_eq(h2_rule_scope(H2_RULE_NONE), H2_SCOPE_NONE);
}
END_TEST

Suite *contract_streams_suite(void) {
    Suite *suite = suite_create("contract of streams");
    TCase *tc = tcase_create("streams");
    tcase_add_test(tc, contract_stream_is_unknown_until_its_request_was_delivered);
    tcase_add_test(tc, contract_withdrawn_bytes_are_not_sent);
    tcase_add_test(tc, contract_bytes_withdrawn_at_once_leave_no_trace);
    tcase_add_test(tc, contract_stream_still_answers_while_its_end_is_told);
    tcase_add_test(tc, contract_sent_is_told_once_for_each_loan);
    tcase_add_test(tc, contract_sections_are_put_off_while_others_wait);
    tcase_add_test(tc, contract_session_without_handlers_works);
#ifndef H2_SMALL
    tcase_add_test(tc, contract_trace_shows_what_is_at_hand);
#endif
    suite_add_tcase(suite, tc);
    tc = tcase_create("leaving");
    tcase_add_test(tc, contract_left_stream_drops_what_comes_and_ends_in_peace);
    tcase_add_test(tc, contract_left_stream_ends_with_trailers_unseen);
    tcase_add_test(tc, rfc9113_8_1_left_stream_that_goes_on_is_reset_without_error);
    tcase_add_test(tc, rfc9113_8_1_stream_left_with_its_window_used_up_is_reset_at_once);
    tcase_add_test(tc, contract_left_stream_that_was_read_far_enough_is_heard_out);
    tcase_add_test(tc, contract_left_stream_is_reset_when_its_end_stays_out);
    tcase_add_test(tc, contract_leaving_before_our_end_resets);
    tcase_add_test(tc, contract_session_does_not_wait_for_left_streams);
    suite_add_tcase(suite, tc);
    tc = tcase_create("names");
    tcase_add_test(tc, contract_codes_and_rules_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
