/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "h2_suites.h"
#include "invariants.h"
#include "split.h"

/* Every handler calls every public function: at each event of a busy conversation, each call, at both roles. What must
 * hold: no memory is touched that should not be, the invariants, the order of events, and an output that is whole
 * frames as the trace told. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static const h2_field request[] = {H2_FIELD(":method", "GET"), H2_FIELD(":scheme", "http"), H2_FIELD(":path", "/")};
static const h2_field response[] = {H2_FIELD(":status", "200")};
static const h2_field interim[] = {H2_FIELD(":status", "103")};
static const h2_field trailer[] = {H2_FIELD("x-sum", "1")};

static char lent[40000];

static void call_open(h2_session *s, uint32_t id) {
    h2_stream_open(s, request, 3, 0, &id);
}
static void call_open_end(h2_session *s, uint32_t id) {
    h2_stream_open(s, request, 3, H2_END, &id);
}
static void call_respond(h2_session *s, uint32_t id) {
    h2_stream_respond(s, id, response, 1, 0);
}
static void call_respond_end(h2_session *s, uint32_t id) {
    h2_stream_respond(s, id, response, 1, H2_END);
}
static void call_interim(h2_session *s, uint32_t id) {
    h2_stream_respond(s, id, interim, 1, 0);
}
static void call_trailers(h2_session *s, uint32_t id) {
    h2_stream_trailers(s, id, trailer, 1);
}
static void call_write(h2_session *s, uint32_t id) {
    h2_stream_write(s, id, lent, sizeof lent, 0);
}
static void call_write_end(h2_session *s, uint32_t id) {
    h2_stream_write(s, id, lent, 3, H2_END);
}
static void call_end(h2_session *s, uint32_t id) {
    h2_stream_write(s, id, NULL, 0, H2_END);
}
static void call_withdraw(h2_session *s, uint32_t id) {
    h2_stream_withdraw(s, id);
}
static void call_reset(h2_session *s, uint32_t id) {
    h2_stream_reset(s, id, H2_CANCEL);
}
static void call_leave(h2_session *s, uint32_t id) {
    h2_stream_leave(s, id);
}
#ifndef H2_SMALL
static void call_prioritize(h2_session *s, uint32_t id) {
    h2_stream_prioritize(s, id, id % 8, id & 2);
}
#endif
static void call_goaway(h2_session *s, uint32_t id) {
    (void)id;
    h2_session_goaway(s, H2_NO_ERROR);
}
static void call_goaway_error(h2_session *s, uint32_t id) {
    (void)id;
    h2_session_goaway(s, H2_INTERNAL_ERROR);
}
static void call_drain(h2_session *s, uint32_t id) {
    (void)id;
    h2_session_drain(s);
}
static void call_lost(h2_session *s, uint32_t id) {
    (void)id;
    h2_session_lost(s, H2_CONNECT_ERROR);
}
static void call_ping(h2_session *s, uint32_t id) {
    (void)id;
    h2_session_ping(s, (const uint8_t *)"reentrant");
}
static void call_tick(h2_session *s, uint32_t id) {
    h2_session_tick(s, 1000u + id);
}

static void call_tick_late(h2_session *s, uint32_t id) {
    for (uint64_t now = 1000; now < 200000; now += 10000) h2_session_tick(s, now + id);
}

static void call_reset_all(h2_session *s, uint32_t id) {
    for (id = 0; id < 40; id++) h2_stream_reset(s, id, H2_CANCEL);
}

static void call_consumed(h2_session *s, uint32_t id) {
    h2_stream_consumed(s, id, 0);
    h2_stream_consumed(s, id, 100000);
}

static void call_questions(h2_session *s, uint32_t id) {
    h2_stream_set_user(s, id, s);
    ck_assert(h2_stream_user(s, id) == s || h2_stream_user(s, id) == NULL);
    ck_assert_uint_le(h2_stream_allowance(s, id), H2_WINDOW_MAX);
    ck_assert_uint_le(h2_session_room(s), H2_DEFAULT_STREAMS);
    ck_assert_ptr_nonnull(h2_session_failure(s));
    h2_session_wants_transmit(s);
    h2_session_finished(s);
    h2_session_ready(s);
    h2_session_connect_protocol(s);
}

typedef struct call {
    const char *name;
    void (*run)(h2_session *s, uint32_t id);
} call;

static const call calls[] = {
    {"open", call_open},
    {"open and end", call_open_end},
    {"respond", call_respond},
    {"respond and end", call_respond_end},
    {"interim", call_interim},
    {"trailers", call_trailers},
    {"write", call_write},
    {"write and end", call_write_end},
    {"end", call_end},
    {"withdraw", call_withdraw},
    {"reset", call_reset},
    {"leave", call_leave},
#ifndef H2_SMALL
    {"prioritize", call_prioritize},
#endif
    {"goaway", call_goaway},
    {"goaway with error", call_goaway_error},
    {"drain", call_drain},
    {"lost", call_lost},
    {"ping", call_ping},
    {"tick", call_tick},
    {"late ticks", call_tick_late},
    {"reset all", call_reset_all},
    {"consume", call_consumed},
    {"questions", call_questions},
};

#define CALLS (sizeof calls / sizeof calls[0])

/* What is tried now: a call, or two, at every event of one kind. */
typedef struct trial {
    peer_event_kind kind;
    size_t first, second;
    unsigned from; /* the first event of that kind that reacts */
} trial;

static trial now;
static unsigned seen;
static bool closed[256];

static void react(peer *p, const peer_event *event) {
    uint32_t id = event->kind == PEER_FRAME ? event->header->stream_id : event->id;
    if (event->kind == PEER_HEADERS || event->kind == PEER_DATA || event->kind == PEER_SENT ||
        event->kind == PEER_CLOSED) {
        ck_assert_msg(!closed[id & 255], "%s: an event of stream %u after its last", p->label, id);
        closed[id & 255] = event->kind == PEER_CLOSED;
    }
    if (event->kind != now.kind || seen++ < now.from || seen > now.from + 40) return;
    if (id == 0 || id > 255) id = 1 + 2 * (seen % 4);
    calls[now.first].run(p->session, id);
    calls[now.second].run(p->session, id);
}

/* Each kind of event happens in here several times. */
static void busy_server(peer *p) {
    for (uint32_t id = 1; id <= 9; id += 2) {
        peer_send_fields(p, id == 5 ? H2_FLAG_END_STREAM : 0, id, REQUEST);
        peer_deliver(p);
        if (id != 7) peer_try_respond(p, id, 0, ":status=200");
        h2_stream_write(p->session, id, lent, id * 1000, id == 3 || id == 5 ? H2_END : 0);
        if (id != 5) peer_send_data(p, id == 3 ? H2_FLAG_END_STREAM : 0, id, id * 100);
    }
    peer_send_u32(p, H2_RST_STREAM, 9, H2_CANCEL);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x-sum=1");
    peer_send_fields(p, 0, 11, REQUEST "|connection=close");
}

static void busy_client(peer *p) {
    uint32_t id;
    for (int i = 0; i < 5; i++) {
        peer_try_open(p, i == 2 ? H2_END : 0, REQUEST, &id);
        h2_stream_write(p->session, id, lent, 3000, i == 1 ? H2_END : 0);
    }
    peer_flush(p);
    for (id = 1; id <= 9; id += 2) {
        if (id > 5) peer_send_fields(p, 0, id, ":status=103");
        peer_send_fields(p, 0, id, ":status=200");
        peer_send_data(p, id == 3 || id == 5 ? H2_FLAG_END_STREAM : 0, id, id * 100);
    }
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x-sum=1");
    peer_send_u32(p, H2_RST_STREAM, 7, H2_CANCEL);
}

static void busy(peer *p) {
    if (p->config.server)
        busy_server(p);
    else
        busy_client(p);
    h2_session_ping(peer_session(p), (const uint8_t *)"oneround");
    peer_flush(p);
    peer_send_ping(p, H2_FLAG_ACK, "oneround");
    peer_send_ping(p, 0, "another.");
    peer_send_setting(p, 4, 100000);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 100000);
    peer_send(p, H2_PRIORITY, 0, 3, "", 0);
    peer_send_goaway(p, 5, H2_NO_ERROR);
    peer_deliver(p);
    peer_flush(p);
    h2_session_goaway(p->session, H2_NO_ERROR);
}

static void try_once(bool server, peer_mode mode, size_t cap) {
    static const char *const kinds[] = {"headers", "data", "sent", "closed", "settings", "pong", "goaway", "frame"};
    char label[120];
    peer *p = peer_new(mode, 7);
    snprintf(label, sizeof label, "%s: in %s call %s, then %s, from %u", server ? "server" : "client", kinds[now.kind],
             calls[now.first].name, calls[now.second].name, now.from);
    p->label = label;
    h2_config config = h2_config_hosted(server);
    peer_connect(p, &config);
    seen = 0;
    memset(closed, 0, sizeof closed);
    p->react = react;
    p->cap = cap;
    busy(p);
    peer_finish(p);
    ck_assert_msg(seen > 0, "%s: no such event", label);
    peer_free(p);
}

START_TEST(contract_every_handler_may_call_every_function) {
    for (size_t first = 0; first < CALLS; first++) {
        for (unsigned from = 0; from < 4; from++) {
            now = (trial){(peer_event_kind)_i, first, CALLS - 1, from};
            for (int server = 0; server < 2; server++) {
                if (from > 0 && (_i == PEER_PONG || _i == PEER_GOAWAY || _i == PEER_SETTINGS)) continue;
                try_once(server, PEER_WHOLE, 262144);
                try_once(server, PEER_PIECES, 1000);
            }
        }
    }
}
END_TEST

START_TEST(contract_every_handler_may_call_any_two_functions) {
    for (size_t first = 0; first < CALLS; first++) {
        for (size_t second = 0; second < CALLS; second++) {
            now = (trial){(peer_event_kind)_i, first, second, 0};
            for (int server = 0; server < 2; server++) try_once(server, PEER_WHOLE, 262144);
        }
    }
}
END_TEST

#ifndef H2_SMALL
/* A handler that queues a section while others are being written: what waits moves in its buffer. */
static void open_in_trace(peer *p, const peer_event *event) {
    uint32_t id;
    if (event->kind == PEER_FRAME && event->sent && event->header->type == H2_HEADERS && event->header->stream_id < 20)
        h2_stream_open(p->session, request, 3, H2_END, &id);
}

CONVERSATION(contract_sections_queued_while_sections_are_sent_stay_whole) {
    h2_config config = h2_config_hosted(false);
    config.send_header_bytes = 300;
    peer_connect(p, &config);
    p->react = open_in_trace;
    p->cap = 30;
    peer_open(p, H2_END, REQUEST);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 3, REQUEST);
    for (uint32_t id = 5; id <= 20; id += 2)
        peer_expect_fields(p, H2_FLAG_END_STREAM, id, ":method=GET|:scheme=http|:path=/");
}
#endif

Suite *reentrancy_suite(void) {
    Suite *suite = suite_create("re-entrancy");
    TCase *tc = tcase_create("handlers");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, contract_every_handler_may_call_every_function, PEER_HEADERS, PEER_EVENTS);
    tcase_add_loop_test(tc, contract_every_handler_may_call_any_two_functions, PEER_HEADERS, PEER_EVENTS);
#ifndef H2_SMALL
    tcase_add_test(tc, contract_sections_queued_while_sections_are_sent_stay_whole);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
