/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "invariants.h"
#include "peer_log.h"
#include "split.h"

/* A peer that does not read its answers: receiving pauses, memory stays, and nothing is lost when it reads again. And
 * output buffers of any size give the same frames. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

/* ---- a peer that never reads ---- */

/* Give what is pending without sending anything, until the session takes no more. Returns the octets left. */
static size_t give_until_paused(peer *p) {
    size_t at = 0;
    while (at < p->pending.len) {
        ptrdiff_t took = h2_session_receive(p->session, (const uint8_t *)p->pending.at + at, p->pending.len - at);
        ck_assert_int_ge(took, 0);
        if (took == 0) break;
        at += (size_t)took;
    }
    memmove(p->pending.at, p->pending.at + at, p->pending.len - at);
    p->pending.len -= at;
    return p->pending.len;
}

typedef struct deaf_row {
    const char *label;
    void (*ask)(peer *p, uint32_t i);
    uint32_t count;
    bool answers; /* the program answers at once, with a header section of its own */
} deaf_row;

static void ask_ping(peer *p, uint32_t i) {
    char opaque[9];
    snprintf(opaque, sizeof opaque, "%08u", i);
    peer_send_ping(p, 0, opaque);
}

static void ask_refused(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, REQUEST);
}
static void ask_malformed(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, ":path=/");
}
static void ask_answered(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, REQUEST);
}
static void ask_late(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_PRIORITY, 0, 1, "", 0);
}

static const deaf_row deaf[] = {
    {"PING", ask_ping, 500, false},
    {"refused streams", ask_refused, 300, false},
    {"malformed requests", ask_malformed, 300, false},
    {"requests answered at once", ask_answered, 300, true},
    {"errors of a stream that has ended", ask_late, 300, false},
};

static void answer(peer *p, const peer_event *event) {
    char value[120] = {0};
    h2_field fields[] = {H2_FIELD(":status", "200"), {"x-filler", value, 8, sizeof value - 1, true}};
    if (event->kind != PEER_HEADERS || event->id == 1) return;
    memset(value, 'f', sizeof value - 1);
    ck_assert_int_eq(h2_stream_respond(p->session, event->id, fields, 2, H2_END), H2_OK);
}

static void ask_all(peer *p, const deaf_row *row) {
    h2_config config = h2_config_hosted(true);
    config.streams = row->ask == ask_refused ? 1 : 20;
#ifdef H2_SMALL /* where answers wait among the header blocks */
    config.send_header_bytes = 1200;
#endif
    p->label = row->label;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    if (row->answers) p->react = answer;
    if (row->ask == ask_late) ck_assert_int_eq(h2_stream_reset(p->session, 1, H2_CANCEL), H2_OK);
    peer_flush(p);
    for (uint32_t i = 0; i < row->count; i++) row->ask(p, i);
}

/* Paused, it takes nothing however often it is asked, and nothing in it changes. */
START_TEST(backpressure_receiving_pauses_for_a_peer_that_does_not_read) {
    const deaf_row *row = &deaf[_i];
    peer *p = peer_new(PEER_WHOLE, 0), *reader = peer_new(PEER_WHOLE, 0);
    ask_all(p, row);
    ask_all(reader, row);
    peer_deliver(reader);
    peer_flush(reader);
    size_t left = give_until_paused(p);
    ck_assert_msg(left > p->out.len, "%s: the session took all", row->label);
    uint8_t *before = malloc(p->session_size);
    memcpy(before, p->memory, p->session_size);
    for (int i = 0; i < 100; i++) ck_assert_uint_eq(give_until_paused(p), left);
    ck_assert_mem_eq(before, p->memory, p->session_size);
    while (p->pending.len > 0) { /* a little is read, a little goes on */
        ck_assert_uint_gt(peer_flush_once(p, 100), 0);
        give_until_paused(p);
        ck_assert_ptr_null(invariant_broken(p->session));
    }
    peer_flush(p);
    ck_assert_msg(p->out.len == reader->out.len, "%s", row->label);
#ifndef H2_SMALL /* where resets go by their slots, not by their age */
    ck_assert_msg(memcmp(p->out.at, reader->out.at, p->out.len) == 0, "%s", row->label);
#endif
    ck_assert_str_eq(p->story.at, reader->story.at);
    free(before);
    peer_finish(p);
    peer_finish(reader);
    peer_free(p);
    peer_free(reader);
}
END_TEST

/* Within a frame the session does not pause: DATA goes on to the program while answers wait. */
START_TEST(backpressure_frame_begun_is_taken_to_its_end) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
#ifdef H2_SMALL
    const uint32_t pings = 3; /* more than half of the room they share with header blocks */
    config.streams = 1;
    config.send_header_bytes = H2_SEND_HEADERS_MIN(1);
#else
    const uint32_t pings = H2_PINGS_WAITING;
#endif
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    for (uint32_t i = 0; i < pings - 1; i++) ask_ping(p, i);
    peer_send_data(p, 0, 1, 1000);
    ask_ping(p, 9);
    peer_send_data(p, 0, 1, 1000);
    ck_assert_uint_eq(give_until_paused(p), 1009);
    peer_flush_once(p, 17);
    ck_assert_uint_eq(give_until_paused(p), 0);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* Whatever the program has sent and taken back, and whatever comes before receiving pauses, each stream's reset, each
 * answer and the last GOAWAY find room, though nothing leaves. */
START_TEST(backpressure_answers_have_room_beside_header_blocks) {
    for (uint32_t more = 0; more < 60; more++) {
        peer *p = peer_new(PEER_WHOLE, 0);
        h2_config config = h2_config_small(false);
        peer_frame frame;
        uint32_t id, opened = 0, resets = 0, pings = 0, answers = 0, goaways = 0;
        config.streams = 5;
        config.send_header_bytes = H2_SEND_HEADERS_MIN(5) + 200 + more;
        peer_connect(p, &config);
        peer_flush(p);
        for (int round = 0; round < 20; round++) {
            while (peer_try_open(p, 0, REQUEST, &id) == H2_OK) {
                opened++;
                if (round % 2 == 0) ck_assert_int_eq(h2_stream_reset(p->session, id, H2_CANCEL), H2_OK);
            }
            if (round == 10) h2_session_ping(p->session, (const uint8_t *)"fromhere");
            ask_ping(p, (uint32_t)round);
            pings++;
            give_until_paused(p);
            ck_assert_ptr_null(invariant_broken(p->session));
        }
        for (id = 1; id < 2 * opened; id += 2) h2_stream_reset(p->session, id, H2_CANCEL);
        h2_session_goaway(p->session, H2_NO_ERROR);
        ck_assert_ptr_null(invariant_broken(p->session));
        while (peer_next(p, &frame)) {
            resets += frame.type == H2_RST_STREAM;
            answers += frame.type == H2_PING && frame.flags & H2_FLAG_ACK;
            goaways += frame.type == H2_GOAWAY;
            if (p->pending.len > 0) give_until_paused(p);
        }
        ck_assert_uint_gt(opened, 0);
        ck_assert_uint_eq(resets, opened);
        ck_assert_uint_eq(answers, pings);
        ck_assert_uint_eq(goaways, 1);
        peer_finish(p);
        peer_free(p);
    }
}
END_TEST

/* A server with all its streams open, whose outbox takes no other header block. */
static peer *filled(uint32_t more) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    config.streams = 5;
    config.send_header_bytes = H2_SEND_HEADERS_MIN(5) + 200 + more;
    peer_connect(p, &config);
    for (uint32_t id = 1; id <= 9; id += 2) peer_send_fields(p, 0, id, REQUEST);
    peer_deliver(p);
    peer_flush(p);
    while (peer_try_respond(p, 1, 0, ":status=103") == H2_OK) {
    }
    ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=103"), H2_EAGAIN);
    return p;
}

static unsigned count_frames(peer *p, uint8_t type) {
    peer_frame frame;
    unsigned n = 0;
    while (peer_next(p, &frame)) n += frame.type == type;
    return n;
}

START_TEST(backpressure_every_stream_can_be_reset_when_the_outbox_is_full) {
    for (uint32_t more = 0; more < 60; more++) {
        peer *p = filled(more);
        for (uint32_t id = 1; id <= 9; id += 2) ck_assert_int_eq(h2_stream_reset(p->session, id, H2_CANCEL), H2_OK);
        h2_session_goaway(p->session, H2_NO_ERROR);
        ck_assert_ptr_null(invariant_broken(p->session));
        ck_assert_uint_eq(count_frames(p, H2_RST_STREAM), 5);
        peer_finish(p);
        peer_free(p);
    }
}
END_TEST

#ifdef H2_SMALL
/* A PING that has no room is refused, and a drain without room for two GOAWAYs and a PING is one GOAWAY. */
START_TEST(backpressure_what_has_no_room_is_refused_or_cut_short) {
    peer *p = filled(0);
    h2_session_drain(p->session);
    ck_assert_int_eq(h2_session_ping(p->session, (const uint8_t *)"fromhere"), H2_EAGAIN);
    ck_assert_uint_eq(count_frames(p, H2_PING), 1);
    peer_free(p);
    p = filled(0);
    ck_assert_int_eq(h2_session_ping(p->session, (const uint8_t *)"fromhere"), H2_OK);
    h2_session_drain(p->session);
    ck_assert_ptr_null(invariant_broken(p->session));
    ck_assert_uint_eq(count_frames(p, H2_PING), 1);
    peer_free(p);
}
END_TEST
#endif

/* ---- output buffers of every size ---- */

static char bytes[3000];

/* Something of everything that can be owed at once. */
static void owe_everything(peer *p, bool server) {
    h2_config config = h2_config_hosted(server);
    config.session_window = 65535;
    peer_connect(p, &config);
    p->consume = true;
    for (uint32_t id = 1; id <= 9; id += 2) {
        if (server)
            peer_send_fields(p, 0, id, REQUEST);
        else
            peer_open(p, 0, REQUEST "|x-long=0123456789012345678901234567890123456789");
        peer_deliver(p);
        if (server) peer_respond(p, id, 0, ":status=200|x-long=0123456789012345678901234567890123456789");
        if (!server) peer_send_fields(p, 0, id, ":status=200");
        ck_assert_int_eq(h2_stream_write(peer_session(p), id, bytes, 500 * id % 2900, id < 7 ? H2_END : 0), H2_OK);
    }
    peer_send_setting(p, 1, 0);
    peer_send_setting(p, 1, 1000);
    for (uint32_t i = 0; i < 3; i++) ask_ping(p, i);
    for (int i = 0; i < 3; i++) peer_send_data(p, 0, 9, 16384);
    peer_send(p, H2_PRIORITY, 0, 7, "", 0);
    if (server) peer_send_fields(p, H2_FLAG_END_STREAM, 11, ":path=/");
    peer_deliver(p);
    ck_assert_int_eq(h2_session_ping(p->session, (const uint8_t *)"pingping"), H2_OK);
#ifndef H2_SMALL
    ck_assert_int_eq(h2_stream_prioritize(p->session, 9, 0, false), H2_OK);
#endif
    h2_session_goaway(p->session, H2_NO_ERROR);
}

/* Frames other than DATA in their order, then the DATA of each stream put together. */
static void normalize(peer *p, peer_text *text) {
    peer_text data[16] = {{0}};
    peer_frame frame;
    while (peer_next(p, &frame)) {
        peer_text *to = frame.type == H2_DATA ? &data[frame.id] : text;
        if (frame.type != H2_DATA) peer_log_bytes(to, &frame.type, 1);
        if (frame.type != H2_DATA) peer_log_bytes(to, &frame.id, sizeof frame.id);
        peer_log_bytes(to, frame.payload, frame.length);
        if (frame.flags) peer_log_bytes(to, &frame.flags, 1);
    }
    for (int id = 0; id < 16; id++) {
        peer_log_bytes(text, data[id].at, data[id].len);
        free(data[id].at);
    }
}

START_TEST(transmit_every_small_buffer_gives_the_same_frames) {
    for (int server = 0; server < 2; server++) {
        peer *big = peer_new(PEER_WHOLE, 0);
        peer_text reference = {0};
        owe_everything(big, server);
        normalize(big, &reference);
        ck_assert_uint_gt(reference.len, 2000);
        for (size_t cap = H2_FRAME_HEADER_BYTES + 12; cap < 300; cap += cap < 120 ? 1 : 13) {
            peer *p = peer_new(PEER_WHOLE, 0);
            peer_text said = {0};
            owe_everything(p, server);
            p->cap = cap;
            normalize(p, &said);
            ck_assert_msg(said.len == reference.len && memcmp(said.at, reference.at, said.len) == 0, "room for %zu",
                          cap);
#ifndef H2_SMALL /* where streams that share may end in another order */
            ck_assert_str_eq(p->story.at, big->story.at);
#endif
            free(said.at);
            peer_finish(p);
            peer_free(p);
        }
        free(reference.at);
        peer_finish(big);
        peer_free(big);
    }
}
END_TEST

START_TEST(transmit_buffers_of_changing_sizes_give_the_same_frames) {
    for (uint32_t seed = 1; seed < 200; seed++) {
        peer *big = peer_new(PEER_WHOLE, 0), *p = peer_new(PEER_WHOLE, 0);
        peer_text reference = {0}, said = {0};
        uint32_t random = seed;
        owe_everything(big, seed % 2);
        owe_everything(p, seed % 2);
        do {
            random = random * 1664525u + 1013904223u;
            peer_flush_once(p, random >> 24); /* often too little for anything */
        } while (h2_session_wants_transmit(p->session));
        normalize(big, &reference);
        normalize(p, &said);
        ck_assert_msg(said.len == reference.len && memcmp(said.at, reference.at, said.len) == 0, "seed %u", seed);
        free(said.at);
        free(reference.at);
        peer_finish(p);
        peer_finish(big);
        peer_free(p);
        peer_free(big);
    }
}
END_TEST

/* h2.h: room for a frame header and 64 octets suffices for all that is not DATA. */
START_TEST(transmit_smallest_buffer_promised_lets_both_sides_greet) {
    for (int server = 0; server < 2; server++) {
        peer *p = peer_new(PEER_WHOLE, 0);
        h2_config config = h2_config_small(server); /* as many settings as can differ */
        config.connect_protocol = true;
        config.frame_size = 20000;
        p->cap = H2_FRAME_HEADER_BYTES + 64;
        peer_connect(p, &config);
        peer_expect_alive(p);
        peer_finish(p);
        peer_free(p);
    }
}
END_TEST

#ifndef H2_SMALL
START_TEST(transmit_smallest_buffer_promised_carries_the_answer_to_http1) {
    peer *p = peer_new(PEER_WHOLE, 0), *big = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    peer_start(big, &config);
    p->cap = H2_FRAME_HEADER_BYTES + 64;
    peer_write(p, "GET / HTTP/1.1\r\n", 16);
    peer_write(big, "GET / HTTP/1.1\r\n", 16);
    peer_finish(p);
    peer_finish(big);
    ck_assert_str_eq(p->out.at, big->out.at);
    ck_assert(h2_session_finished(p->session));
    peer_free(p);
    peer_free(big);
}
END_TEST
#endif

Suite *backpressure_suite(void) {
    Suite *suite = suite_create("backpressure");
    TCase *tc = tcase_create("a peer that does not read");
    tcase_add_loop_test(tc, backpressure_receiving_pauses_for_a_peer_that_does_not_read, 0,
                        sizeof deaf / sizeof deaf[0]);
    tcase_add_test(tc, backpressure_frame_begun_is_taken_to_its_end);
    tcase_add_test(tc, backpressure_answers_have_room_beside_header_blocks);
    tcase_add_test(tc, backpressure_every_stream_can_be_reset_when_the_outbox_is_full);
#ifdef H2_SMALL
    tcase_add_test(tc, backpressure_what_has_no_room_is_refused_or_cut_short);
#endif
    suite_add_tcase(suite, tc);
    tc = tcase_create("output buffers");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, transmit_every_small_buffer_gives_the_same_frames);
    tcase_add_test(tc, transmit_buffers_of_changing_sizes_give_the_same_frames);
    tcase_add_test(tc, transmit_smallest_buffer_promised_lets_both_sides_greet);
#ifndef H2_SMALL
    tcase_add_test(tc, transmit_smallest_buffer_promised_carries_the_answer_to_http1);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
