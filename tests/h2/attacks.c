/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "peer.h"

/*
 * Published attacks, replayed at either role, each a row: what is sent again and again, and after how many units the
 * session must have ended, with what code. The memory cannot grow: it is one block before a guard page. What a session
 * answers is bounded too: never more octets than it was sent and a greeting's worth.
 */

#define REQUEST  ":method=POST|:scheme=http|:path=/|:authority=a"
#define GREETING 256u

static const uint8_t zeros[16384];

/* ---- to either role: stream 1 is open for the peer's DATA ---- */

static void settings_empty(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
}
static void settings_windows(peer *p, uint32_t i) {
    peer_send_setting(p, 4, 65535 + i % 2);
}
/* 2,730 values in a frame: each sets the table to another size. */
static void settings_tables(peer *p, uint32_t i) {
    uint8_t payload[16380];
    (void)i;
    for (size_t at = 0; at < sizeof payload; at += 6)
        memcpy(payload + at, (uint8_t[]){0, 1, 0, 0, (uint8_t)(at % 12 ? 16 : 0), 0}, 6);
    peer_send(p, H2_SETTINGS, 0, 0, payload, sizeof payload);
}
static void data_empty(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_DATA, 0, 1, NULL, 0);
}
static void data_padding(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, "\xff", 1 + 0);
}
static void data_padding_alone(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, zeros, 1);
}
static void ping(peer *p, uint32_t i) {
    (void)i;
    peer_send_ping(p, 0, "flooding");
}
static void ping_answer(peer *p, uint32_t i) {
    (void)i;
    peer_send_ping(p, H2_FLAG_ACK, "flooding");
}
static void priority(peer *p, uint32_t i) {
    peer_send(p, H2_PRIORITY, 0, 1 + 2 * (i % 50), "\x80\0\0\x7f\x10", 5);
}
static void unknown(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, 0xbe, 0xff, 1, NULL, 0);
}
static void goaway(peer *p, uint32_t i) {
    (void)i;
    peer_send_goaway(p, 1, H2_NO_ERROR);
}
static void window_tiny(peer *p, uint32_t i) {
    peer_send_u32(p, H2_WINDOW_UPDATE, i % 2, 1);
}
static void reset_late(peer *p, uint32_t i) {
    (void)i;
    peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
}
static void continuation_empty(peer *p, uint32_t i) {
    if (i == 0) peer_send(p, H2_HEADERS, 0, 1, NULL, 0);
    peer_send(p, H2_CONTINUATION, 0, 1, NULL, 0);
}
/* Frames of 16,384 octets, each a string of 15,000 that is never used: four pass. */
static void continuation_full(peer *p, uint32_t i) {
    uint8_t payload[16384];
    memset(payload, 0x88, sizeof payload);
    peer_send(p, i == 0 ? H2_HEADERS : H2_CONTINUATION, 0, 1, payload, sizeof payload);
}
static void string_endless(peer *p, uint32_t i) {
    if (i == 0) peer_send(p, H2_HEADERS, 0, 1, "\x00\xff\x80\x80\x80\x10", 6); /* a Huffman name of 32 MiB */
    peer_send(p, H2_CONTINUATION, 0, 1, zeros, 16384);
}
static void integer_endless(peer *p, uint32_t i) {
    peer_send(p, i == 0 ? H2_HEADERS : H2_CONTINUATION, 0, 1, i == 0 ? "\x7f\x80\x80" : "\x80", i == 0 ? 3 : 1);
}
static void huffman_eos(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 1, "\x00\x84\xff\xff\xff\xff", 6);
}
static void table_updates(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 1, "\x20\x3f\xe1\x1f\x20", 5);
}
static void frame_oversize(peer *p, uint32_t i) {
    (void)i;
    peer_write(p, "\x00\x40\x01\x00\x00\x00\x00\x00\x01", 9); /* nine octets of a frame of 16,385 */
}

/* ---- to a server: new streams from 3 on ---- */

static uint32_t fresh(uint32_t i) {
    return 3 + 2 * i;
}
static void rapid_reset(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send_u32(p, H2_RST_STREAM, fresh(i), H2_CANCEL);
}
static void rapid_reset_without_content(peer *p, uint32_t i) {
    peer_send_fields(p, 0, fresh(i), REQUEST);
    peer_send_u32(p, H2_RST_STREAM, fresh(i), H2_NO_ERROR);
}
/* MadeYouReset: the client breaks a rule of the stream, and the server is the one to reset it. */
static void made_increment_zero(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send_u32(p, H2_WINDOW_UPDATE, fresh(i), 0);
}
static void made_window_overflow(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send_u32(p, H2_WINDOW_UPDATE, fresh(i), H2_WINDOW_MAX);
}
static void made_data_after_end(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send_data(p, 0, fresh(i), 1);
}
static void made_headers_after_end(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), "x=y");
}
static void made_priority_length(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    peer_send(p, H2_PRIORITY, 0, fresh(i), zeros, 4);
}
static void made_priority_self(peer *p, uint32_t i) {
    uint8_t record[5] = {0};
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
    h2_u32_write(record, fresh(i));
    peer_send(p, H2_PRIORITY, 0, fresh(i), record, 5);
}
static void made_length_mismatch(peer *p, uint32_t i) {
    peer_send_fields(p, 0, fresh(i), REQUEST "|content-length=1");
    peer_send_data(p, H2_FLAG_END_STREAM, fresh(i), 2);
}
static void made_trailers_open(peer *p, uint32_t i) {
    peer_send_fields(p, 0, fresh(i), REQUEST);
    peer_send_fields(p, 0, fresh(i), "x=y");
}
static void made_malformed(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), ":path=/");
}
static void made_empty_name(peer *p, uint32_t i) {
    /* CVE-2019-9516: fields of no length at all */
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, fresh(i), "\x82\x86\x84\x00\x00\x00", 6);
}
static void refused(peer *p, uint32_t i) {
    peer_send_fields(p, 0, fresh(i), REQUEST);
}
static void headers_ignored(peer *p, uint32_t i) {
    if (i == 0) {
        peer_send_fields(p, 0, 3, REQUEST);
        peer_send_u32(p, H2_WINDOW_UPDATE, 3, 0);
    }
    peer_send_fields(p, 0, 3, "x=y");
}
static void headers_above_goaway(peer *p, uint32_t i) {
    if (i == 0) h2_session_goaway(p->session, H2_NO_ERROR);
    peer_send_fields(p, H2_FLAG_END_STREAM, fresh(i), REQUEST);
}
/* CVE-2016-6581: one entry of 4,000 octets, then a thousand references. Each request is 4 MiB unpacked. */
static void hpack_bomb(peer *p, uint32_t i) {
    uint8_t block[5000] = {0x82, 0x86, 0x84};
    size_t n = 3;
    if (i == 0) {
        memcpy(block + n, "\x40\x01x\x7f\xa1\x1e", 6); /* a value of 4,000 */
        memset(block + n + 6, 'x', 4000);
        n += 4006;
    }
    memset(block + n, 0xbe, 900);
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, fresh(i), block, n + 900);
}

/* ---- to a client: it has asked on stream 1 and has its answer's header section ---- */

static void informational(peer *p, uint32_t i) {
    (void)i;
    peer_send_fields(p, 0, 3, ":status=103");
}
static void push(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_PUSH_PROMISE, H2_FLAG_END_HEADERS, 1, "\0\0\0\x02\x82", 5);
}

enum { SERVER = 1, CLIENT = 2, BOTH = 3, OVER = 4 /* stream 1 has ended before */ };

typedef struct attack {
    const char *label;
    void (*one)(peer *p, uint32_t i);
    uint32_t within; /* units, the last included */
    uint32_t code;
    unsigned roles;
} attack;

static const attack attacks[] = {
    {"CVE-2019-9515: empty SETTINGS", settings_empty, 1000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"SETTINGS that move the windows", settings_windows, 1000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"table-size churn by SETTINGS of many entries", settings_tables, 1000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CVE-2019-9518: empty DATA", data_empty, 1000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"padding longer than its frame", data_padding, 1, H2_PROTOCOL_ERROR, BOTH},
    {"DATA of padding alone", data_padding_alone, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CVE-2019-9512: PING", ping, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"answers to no PING", ping_answer, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CVE-2019-9513: PRIORITY", priority, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"unknown frames without payload", unknown, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"GOAWAY", goaway, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CVE-2019-9511: windows an octet at a time", window_tiny, 10000, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CVE-2019-9514: resets of a stream that has ended", reset_late, 1000, H2_ENHANCE_YOUR_CALM, BOTH | OVER},
    {"CVE-2024-27316: empty CONTINUATION", continuation_empty, 9, H2_ENHANCE_YOUR_CALM, BOTH},
    {"CONTINUATION of 16 KiB", continuation_full, 5, H2_ENHANCE_YOUR_CALM, BOTH},
    {"a Huffman string of 32 MiB", string_endless, 1, H2_ENHANCE_YOUR_CALM, BOTH},
    {"an integer without end", integer_endless, 3, H2_COMPRESSION_ERROR, BOTH},
    {"a Huffman string with EOS", huffman_eos, 1, H2_COMPRESSION_ERROR, BOTH},
    {"a third table-size update in a block", table_updates, 1, H2_COMPRESSION_ERROR, BOTH},
    {"a frame too large, of which nine octets come", frame_oversize, 1, H2_FRAME_SIZE_ERROR, BOTH},
    {"CVE-2023-44487: rapid reset", rapid_reset, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"rapid reset before the content", rapid_reset_without_content, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2025-8671: increment of zero", made_increment_zero, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2025-8671: window overflow", made_window_overflow, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2025-8671: DATA after the end", made_data_after_end, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2025-8671: HEADERS after the end", made_headers_after_end, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2025-8671: PRIORITY of 4 octets", made_priority_length, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
#ifndef H2_SMALL /* to which it is a PRIORITY like any other */
    {"CVE-2025-8671: PRIORITY on itself", made_priority_self, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
#endif
    {"content longer than its length", made_length_mismatch, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"trailers that do not end", made_trailers_open, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"malformed requests", made_malformed, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2019-9516: fields without name and value", made_empty_name, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"too many streams", refused, 1127, H2_ENHANCE_YOUR_CALM, SERVER},
    {"HEADERS on a stream that was reset", headers_ignored, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"streams above GOAWAY", headers_above_goaway, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"CVE-2016-6581: HPACK bomb", hpack_bomb, 1000, H2_ENHANCE_YOUR_CALM, SERVER},
    {"informational responses without end", informational, 10000, H2_ENHANCE_YOUR_CALM, CLIENT},
    {"PUSH_PROMISE", push, 1, H2_PROTOCOL_ERROR, CLIENT},
};

static void begin(peer *p, bool server, bool over) {
    if (server) {
        peer_connect_server(p);
        peer_send_fields(p, 0, 1, REQUEST);
    } else {
        peer_connect_client(p);
        peer_open(p, 0, REQUEST);
        peer_open(p, 0, REQUEST);
        peer_flush(p);
        peer_send_fields(p, 0, 1, ":status=200");
    }
    if (over) peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_deliver(p);
}

/* GOAWAY with this code is the last thing said. */
static void expect_farewell(peer *p, uint32_t code) {
    peer_frame frame = {0}, next;
    while (peer_next(p, &next)) frame = next;
    if (frame.type != H2_GOAWAY) peer_fail(p, "the session ended without GOAWAY");
    if (h2_u32_read(frame.payload + 4) != code)
        peer_fail(p, "GOAWAY with %s", h2_code_name(h2_u32_read(frame.payload + 4)));
}

static void replay(const attack *a, bool server) {
    peer *p = peer_new(PEER_WHOLE, 0);
    size_t sent = GREETING;
    uint32_t i = 0;
    p->label = a->label;
    p->consume = true;
    begin(p, server, a->roles & OVER);
    size_t before = p->out.len;
    for (; i < a->within && !h2_session_finished(p->session); i++) {
        a->one(p, i);
        sent += p->pending.len;
        peer_deliver(p);
        peer_flush(p);
    }
    if (!h2_session_finished(p->session)) peer_fail(p, "still lives after %u", i);
    if (p->out.len - before > sent) peer_fail(p, "%zu octets answer %zu", p->out.len - before, sent);
    expect_farewell(p, a->code);
    /* Nothing more is heard. */
    ck_assert_int_eq(h2_session_receive(p->session, zeros, 9), H2_EPROTOCOL);
    ck_assert(!h2_session_wants_transmit(p->session));
    peer_free(p);
}

/* The nth attack on a role; NULL beyond the last. */
static const attack *attack_on(unsigned role, int n) {
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (attacks[i].roles & role && n-- == 0) return &attacks[i];
    return NULL;
}

static int attacks_on(unsigned role) {
    int n = 0;
    while (attack_on(role, n)) n++;
    return n;
}

START_TEST(attack_on_a_server_ends_within_the_stated_number) {
    replay(attack_on(SERVER, _i), true);
}
END_TEST

START_TEST(attack_on_a_client_ends_within_the_stated_number) {
    replay(attack_on(CLIENT, _i), false);
}
END_TEST

/* A program that refuses is attacked like an engine that does. */
static void refuse(peer *p, const peer_event *event) {
    if (event->kind == PEER_HEADERS && event->id > 1) h2_stream_reset(p->session, event->id, H2_REFUSED_STREAM);
}

START_TEST(streams_the_program_refuses_end_within_the_stated_number) {
    static const attack row = {"streams the program refuses", refused, 1000, H2_ENHANCE_YOUR_CALM, SERVER};
    peer *p = peer_new(PEER_WHOLE, 0);
    uint32_t i = 0;
    begin(p, true, false);
    p->react = refuse;
    for (; i < row.within && !h2_session_finished(p->session); i++) {
        row.one(p, i);
        peer_deliver(p);
        peer_flush(p);
    }
    ck_assert_uint_le(i, row.within);
    expect_farewell(p, row.code);
    peer_free(p);
}
END_TEST

/* Bombs and strings cost their request alone while they are few. */
START_TEST(hpack_bomb_is_answered_431_and_the_session_lives) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p, true, false);
    for (uint32_t i = 0; i < 100; i++) hpack_bomb(p, i);
    peer_deliver(p);
    for (uint32_t i = 0; i < 100; i++) peer_expect_fields(p, H2_FLAG_END_STREAM, fresh(i), ":status=431");
    peer_expect_alive(p);
    peer_finish(p);
    peer_free(p);
}
END_TEST

Suite *attacks_suite(void) {
    Suite *suite = suite_create("attacks");
    TCase *tc = tcase_create("replays");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, attack_on_a_server_ends_within_the_stated_number, 0, attacks_on(SERVER));
    tcase_add_loop_test(tc, attack_on_a_client_ends_within_the_stated_number, 0, attacks_on(CLIENT));
    tcase_add_test(tc, streams_the_program_refuses_end_within_the_stated_number);
    tcase_add_test(tc, hpack_bomb_is_answered_431_and_the_session_lives);
    suite_add_tcase(suite, tc);
    return suite;
}
