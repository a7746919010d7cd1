/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "frames_in_states.h"
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 5.1 at a real session: the table of frames_in_states.h, each pair brought about with raw octets. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static void server_situation(peer *p, stream_situation situation) {
    bool ends = situation == HALF_REMOTE || situation == ENDED;
    h2_config config = h2_config_hosted(true);
    if (situation == REFUSED) config.streams = 1;
    peer_connect(p, &config);
    if (situation == REFUSED) peer_send_fields(p, 0, 1, REQUEST);
    if (situation >= OPEN && situation != ZERO) peer_send_fields(p, ends ? H2_FLAG_END_STREAM : 0, 5, REQUEST);
    peer_deliver(p);
    if (situation == HALF_LOCAL || situation == ENDED) peer_respond(p, 5, H2_END, ":status=200");
    if (situation == PEER_RESET) peer_send_u32(p, H2_RST_STREAM, 5, H2_CANCEL);
    if (situation == OUR_RESET) ck_assert_int_eq(h2_stream_reset(peer_session(p), 5, H2_CANCEL), H2_OK);
}

static void client_situation(peer *p, stream_situation situation) {
    bool we_end = situation == HALF_LOCAL || situation == ENDED;
    bool it_ends = situation == HALF_REMOTE || situation == ENDED;
    peer_connect_client(p);
    if (situation < OPEN || situation == ZERO) return;
    while (peer_open(p, we_end ? H2_END : 0, REQUEST) < 5) {
    }
    if (situation == REFUSED) peer_send_goaway(p, 3, H2_NO_ERROR);
    if (situation <= ENDED) peer_send_fields(p, it_ends ? H2_FLAG_END_STREAM : 0, 5, ":status=200");
    if (situation == PEER_RESET) peer_send_u32(p, H2_RST_STREAM, 5, H2_CANCEL);
    if (situation == OUR_RESET) ck_assert_int_eq(h2_stream_reset(peer_session(p), 5, H2_CANCEL), H2_OK);
}

static uint32_t stream_of(bool server, stream_situation situation) {
    switch (situation) {
    case ZERO: return 0;
    case IDLE_OURS: return server ? 2 : 7;
    case IDLE_PEERS: return server ? 7 : 2;
    case SKIPPED: return 3;
    default: return 5;
    }
}

static void send_frame(peer *p, const frame_in_state *row, uint32_t id) {
    static const uint8_t zeros[8], update[] = {0, 0, 0, 5, 'u', '=', '1'};
    uint8_t promise[128] = {0, 0, 0, 2};
    switch (row->type) {
    case H2_DATA: peer_send_data(p, 0, id, 3); break;
    case H2_HEADERS:
        if (p->config.server && row->situation == IDLE_PEERS)
            peer_send_fields(p, 0, id, REQUEST);
        else
            peer_send_fields(p, H2_FLAG_END_STREAM, id, "x=y");
        break;
    case H2_PRIORITY: peer_send(p, H2_PRIORITY, 0, id, zeros, 5); break;
    case H2_RST_STREAM: peer_send_u32(p, H2_RST_STREAM, id, H2_CANCEL); break;
    case H2_PUSH_PROMISE:
        peer_send(p, H2_PUSH_PROMISE, 4, id, promise, 4 + peer_encode(promise + 4, 124, REQUEST));
        break;
    case H2_PING:
    case H2_GOAWAY: peer_send(p, row->type, 0, id, zeros, 8); break;
    case H2_WINDOW_UPDATE: peer_send_u32(p, H2_WINDOW_UPDATE, id, 100); break;
    case H2_CONTINUATION: peer_send(p, H2_CONTINUATION, 4, id, zeros, 0); break;
    case H2_PRIORITY_UPDATE: peer_send(p, H2_PRIORITY_UPDATE, 0, id, update, sizeof update); break;
    default: peer_send(p, row->type, 0, id, zeros, row->type == H2_SETTINGS ? 0 : 5);
    }
}

/* Both windows for sending: WINDOW_UPDATE shows nowhere else. */
static int64_t windows(peer *p, uint32_t id) {
    const h2_stream *stream = h2_streams_find(&p->session->streams, id);
    return (int64_t)p->session->send.size + (stream ? stream->send.size : 0);
}

static char letter(uint32_t code) {
    return code == H2_PROTOCOL_ERROR ? 'P' : code == H2_STREAM_CLOSED ? 'C' : code == H2_FRAME_SIZE_ERROR ? 'F' : '?';
}

static void outcome(peer *p, uint32_t id, int64_t before, char said[3]) {
    peer_frame frame;
    bool answered = false, told;
    strcpy(said, "--");
    while (peer_next(p, &frame)) {
        const uint8_t *code = frame.payload + (frame.type == H2_GOAWAY ? 4 : 0);
        if (frame.type == H2_GOAWAY || frame.type == H2_RST_STREAM) {
            said[0] = frame.type == H2_GOAWAY ? 'g' : 'r';
            said[1] = letter(h2_u32_read(code));
            if (frame.type == H2_RST_STREAM) ck_assert_uint_eq(frame.id, id);
        }
        answered = true;
    }
    peer_deliver(p);
    told = p->events.len > 0 || p->run.any;
    if (said[0] == '-' && (answered || told || windows(p, id) != before)) strcpy(said, "ok");
}

static void try_pair(peer *p, bool server, const char *expected) {
    const frame_in_state *row = p->row;
    char said[3];
    uint32_t id = stream_of(server, row->situation);
    peer_frame frame;
    if (server)
        server_situation(p, row->situation);
    else
        client_situation(p, row->situation);
    while (peer_next(p, &frame)) {
    }
    p->events.len = 0;
    int64_t before = windows(p, id);
    send_frame(p, row, id);
    outcome(p, id, before, said);
    if (strcmp(said, expected) != 0) peer_fail(p, "%s instead of %s (%s)", said, expected, row->section);
    if (said[0] != 'g') peer_expect_alive(p);
}

static void at_server(peer *p) {
    try_pair(p, true, ((const frame_in_state *)p->row)->server);
}

static void at_client(peer *p) {
    const frame_in_state *row = p->row;
    const char *expected = row->client;
#ifdef H2_SMALL /* which remembers of no stream how it ended, and forgives what comes late */
    if (row->situation >= ENDED && strcmp(expected, "gC") == 0) expected = "--";
#endif
    try_pair(p, false, expected);
}

#define PAIRS      (sizeof frames_in_states / sizeof frames_in_states[0])
#define TYPES      12
#define SITUATIONS (ZERO + 1)

START_TEST(rfc9113_5_1_table_names_every_pair_once) {
    bool seen[256][SITUATIONS] = {{false}};
    for (size_t i = 0; i < PAIRS; i++) {
        bool *place = &seen[frames_in_states[i].type][frames_in_states[i].situation];
        ck_assert(!*place);
        *place = true;
    }
    ck_assert_uint_eq(PAIRS, TYPES * SITUATIONS);
}
END_TEST

static void try_all(split_script script, bool server) {
    for (size_t i = 0; i < PAIRS; i++) {
        const frame_in_state *row = &frames_in_states[i];
        char label[80];
        if (strcmp(server ? row->server : row->client, "na") == 0) continue;
        snprintf(label, sizeof label, "%s in situation %d at a %s", h2_frame_name((uint8_t)row->type), row->situation,
                 server ? "server" : "client");
        split_replay(script, row, label);
    }
}

START_TEST(rfc9113_5_1_every_frame_in_every_state_at_a_server) {
    try_all(at_server, true);
}
END_TEST

START_TEST(rfc9113_5_1_every_frame_in_every_state_at_a_client) {
    try_all(at_client, false);
}
END_TEST

/* ---- what the table cannot hold ---- */

/* 5.1.1, 5.1: late frames on a stream that we reset count for the connection and keep HPACK in step. */
CONVERSATION(rfc9113_5_1_late_headers_after_our_reset_keep_hpack_in_step) {
    static const uint8_t adds[] = {0x40, 1, 'x', 3, 'o', 'n', 'e'}, uses[] = {0x82, 0x86, 0x84, 0xbe};
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    ck_assert_int_eq(h2_stream_reset(peer_session(p), 1, H2_CANCEL), H2_OK);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_send(p, H2_HEADERS, 5, 1, adds, sizeof adds);
    peer_send(p, H2_HEADERS, 5, 3, uses, sizeof uses);
    peer_expect_events(p, "request 1; closed 1 us CANCEL; request 3 end");
    ck_assert_str_eq(p->fields.at, ":method=GET|:scheme=http|:path=/|x=one");
    peer_expect_nothing(p);
}

/* The strict answer to an identifier lower than before must survive many streams that ended well. */
CONVERSATION(rfc9113_5_1_1_skipped_identifier_is_remembered_after_many_streams) {
    peer_connect_server(p);
    for (uint32_t id = 5; id < 5 + 2 * 3 * H2_RESETS_REMEMBERED; id += 2) {
        peer_send_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
        peer_deliver(p);
        peer_respond(p, id, H2_END, ":status=204");
        peer_expect_fields(p, H2_FLAG_END_STREAM, id, ":status=204");
    }
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, REQUEST);
    peer_expect_goaway(p, 5 + 2 * (3 * H2_RESETS_REMEMBERED - 1), H2_PROTOCOL_ERROR);
}

/* And the tolerant one to frames in flight survives many streams that ended since. */
CONVERSATION(rfc9113_5_1_late_frames_are_ignored_long_after_our_reset) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    ck_assert_int_eq(h2_stream_reset(peer_session(p), 1, H2_CANCEL), H2_OK);
    for (uint32_t id = 3; id < 3 + 2 * 3 * H2_RESETS_REMEMBERED; id += 2) {
        peer_send_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
        peer_deliver(p);
        peer_respond(p, id, H2_END, ":status=204");
    }
    peer_frame frame;
    while (peer_next(p, &frame)) {
    }
    peer_send_data(p, 0, 1, 3);
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_5_4_2_no_reset_answers_a_reset) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_send_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_alive(p);
    peer_expect_events(p, "request 1; closed 1 peer PROTOCOL_ERROR");
}

Suite *rfc9113_5_1_frames_in_states_suite(void) {
    Suite *suite = suite_create("rfc9113 5.1 frames in states");
    TCase *tc = tcase_create("table");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, rfc9113_5_1_table_names_every_pair_once);
    tcase_add_test(tc, rfc9113_5_1_every_frame_in_every_state_at_a_server);
    tcase_add_test(tc, rfc9113_5_1_every_frame_in_every_state_at_a_client);
    tcase_add_test(tc, rfc9113_5_1_late_headers_after_our_reset_keep_hpack_in_step);
    tcase_add_test(tc, rfc9113_5_1_1_skipped_identifier_is_remembered_after_many_streams);
    tcase_add_test(tc, rfc9113_5_1_late_frames_are_ignored_long_after_our_reset);
    tcase_add_test(tc, rfc9113_5_4_2_no_reset_answers_a_reset);
    suite_add_tcase(suite, tc);
    return suite;
}
