/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "peer.h"

/*
 * Every limit of h2_config on what a peer sends, in both roles: what is just at it passes, and one more of it has the
 * consequence that SECURITY.md states. Each is an option, so each is set here to a number of its own. RFC 9113, 10.5.
 */

#define FIELDS  ":method=POST|:scheme=http|:path=/"
#define REQUEST FIELDS "|:authority=a"

static uint8_t payload[H2_FRAME_SIZE_MIN * 2];

/* ---- a session with stream 1 open for the peer's DATA, and stream 3 for a header section ---- */

static void forget_frames(peer *p) {
    peer_frame frame;
    while (peer_next(p, &frame)) ck_assert_uint_ne(frame.type, H2_GOAWAY);
}

static void begin(peer *p, const h2_config *config) {
    uint8_t block[200] = {0x20}; /* the table may be less than the protocol's (RFC 7541, 4.2) */
    peer_connect(p, config);
    if (!config->server) {
        peer_open(p, 0, REQUEST);
        peer_open(p, 0, REQUEST);
        peer_flush(p);
    }
    size_t n = 1 + peer_encode(block + 1, sizeof block - 1, config->server ? REQUEST : ":status=200");
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 1, block, n);
    peer_deliver(p);
    forget_frames(p);
}

/* The octets of the section that stream 3 begins with, `strings` of them when all its names and values are put
 * together; a last field fills up to as many. Returns the octets of the block. */
static size_t section(const peer *p, uint8_t *out, size_t strings) {
    char text[400] = "";
    size_t used = p->config.server ? 7 + 4 + 7 + 4 + 5 + 1 + 1 : 7 + 3 + 1;
    strcpy(text, p->config.server ? FIELDS "|x=" : ":status=200|x=");
    for (size_t n = strlen(text); used < strings; used++) text[n++] = 'v';
    return peer_encode(out, sizeof payload, text);
}

/* ---- the limits, each with a peer that sends `over` more than it allows ---- */

static void set_stream_window(h2_config *c) {
    c->stream_window = 5000;
}
static void fill_stream_window(peer *p, uint32_t over) {
    peer_send_data(p, 0, 1, 5000 + over);
}

static void set_session_window(h2_config *c) {
    c->stream_window = 200000;
    c->session_window = 2 * H2_WINDOW_INITIAL;
#ifndef H2_SMALL
    c->credit_on_receipt = false;
#endif
}
static void fill_session_window(peer *p, uint32_t over) {
    for (int i = 0; i < 8; i++) peer_send_data(p, 0, 1, 16000);
    peer_send_data(p, 0, 1, 2 * H2_WINDOW_INITIAL - 8 * 16000 + over);
}

static void set_frame_size(h2_config *c) {
    c->frame_size = H2_FRAME_SIZE_MIN + 100;
    c->stream_window = 200000;
}
/* Nine octets are enough for a frame that is too large. */
static void send_largest_frame(peer *p, uint32_t over) {
    const h2_frame_header header = {H2_FRAME_SIZE_MIN + 100 + over, H2_DATA, 0, 1};
    uint8_t octets[H2_FRAME_HEADER_BYTES];
    h2_frame_header_write(octets, &header);
    peer_write(p, octets, sizeof octets);
    if (over == 0) peer_write(p, payload, header.length);
}

static void set_header_bytes(h2_config *c) {
    c->header_bytes = 100;
    c->decoder_table = 0;
}
static void send_header_bytes(peer *p, uint32_t over) {
    size_t n = section(p, payload, 100 + over);
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 3, payload, n);
}

static void set_header_fields(h2_config *c) {
    c->header_fields = 5;
}
static void send_header_fields(peer *p, uint32_t over) {
    char text[200];
    strcpy(text, p->config.server ? FIELDS "|a=1" : ":status=200|a=1|b=2|c=3");
    strcat(text, over ? "|d=4|e=5" : "|d=4");
    peer_send_fields(p, 0, 3, text);
}

static void set_block_bytes(h2_config *c) {
    c->block_bytes = 300;
}
/* Payloads count whole: two frames, padding in the first. */
static void send_block_bytes(peer *p, uint32_t over) {
    size_t n = section(p, payload + 1, 0), whole = 1 + n + 40;
    payload[0] = 40;
    memset(payload + 1 + n, 0, 40);
    peer_send(p, H2_HEADERS, H2_FLAG_PADDED, 3, payload, whole);
    size_t rest = 300 - whole + over, head = 4;
    memcpy(payload, "\x00\x01y\x7f", head); /* a value of so many octets, in the rest of the block */
    payload[head++] = (uint8_t)(rest - 5 - 127);
    memset(payload + head, 'v', rest - head);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 3, payload, rest);
}

static void set_continuations(h2_config *c) {
    c->continuations = 3;
}
static void send_continuations(peer *p, uint32_t over) {
    size_t n = section(p, payload, 0);
    peer_send(p, H2_HEADERS, 0, 3, payload, n);
    for (uint32_t i = 1; i < 3 + over; i++) peer_send(p, H2_CONTINUATION, 0, 3, NULL, 0);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 3, NULL, 0);
}

static void set_decoder_table(h2_config *c) {
    c->decoder_table = 256;
}
static void send_table_size(peer *p, uint32_t over) {
    memcpy(payload, "\x3f\xe1\x01", 3); /* 31 and 225 */
    payload[1] = (uint8_t)(payload[1] + over);
    size_t n = section(p, payload + 3, 0);
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 3, payload, 3 + n);
}

static void set_nothing(h2_config *c) {
    (void)c;
}
static void send_size_updates(peer *p, uint32_t over) {
    memcpy(payload, "\x20\x21\x22", 3);
    size_t n = section(p, payload + 2 + over, 0);
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 3, payload, 2 + over + n);
}

/* 2^28 - 1 is a length like any other, too long for the block; one more is no length at all. */
static void send_integer(peer *p, uint32_t over) {
    size_t n = section(p, payload, 0);
    memcpy(payload + n, "\x00\x01z\x7f\x80\xff\xff\x7f", 8); /* 127 and 2^28 - 128 */
    payload[n + 4] = over ? 0x81 : 0x80;
    peer_send(p, H2_HEADERS, 0, 3, payload, n + 8);
}

typedef struct limit {
    const char *label;
    void (*set)(h2_config *c);
    void (*send)(peer *p, uint32_t over);
    uint32_t code;  /* when it is exceeded */
    bool of_stream; /* the stream's end alone */
    bool status;    /* a server answers 431 in place of that */
    uint32_t at;    /* the code when it is not exceeded: for a limit beyond another's reach */
} limit;

static const limit limits[] = {
    {"stream_window", set_stream_window, fill_stream_window, H2_FLOW_CONTROL_ERROR, true, false, 0},
    {"session_window", set_session_window, fill_session_window, H2_FLOW_CONTROL_ERROR, false, false, 0},
    {"frame_size", set_frame_size, send_largest_frame, H2_FRAME_SIZE_ERROR, false, false, 0},
    {"header_bytes", set_header_bytes, send_header_bytes, H2_ENHANCE_YOUR_CALM, true, true, 0},
    {"header_fields", set_header_fields, send_header_fields, H2_ENHANCE_YOUR_CALM, true, true, 0},
    {"block_bytes", set_block_bytes, send_block_bytes, H2_ENHANCE_YOUR_CALM, false, false, 0},
    {"continuations", set_continuations, send_continuations, H2_ENHANCE_YOUR_CALM, false, false, 0},
    {"decoder_table", set_decoder_table, send_table_size, H2_COMPRESSION_ERROR, false, false, 0},
    {"size updates in a block", set_nothing, send_size_updates, H2_COMPRESSION_ERROR, false, false, 0},
    {"an integer", set_nothing, send_integer, H2_COMPRESSION_ERROR, false, false, H2_ENHANCE_YOUR_CALM},
};
#define LIMITS ((int)(sizeof limits / sizeof *limits))

/* The code of the first thing said against what was sent; 431 stands for itself, 0 for nothing. */
static uint32_t complaint(peer *p, uint8_t *type) {
    peer_frame frame;
    while (peer_next(p, &frame)) {
        *type = frame.type;
        if (frame.type == H2_RST_STREAM) return h2_u32_read(frame.payload);
        if (frame.type == H2_GOAWAY) return h2_u32_read(frame.payload + H2_U32_BYTES);
        if (frame.type == H2_HEADERS && p->config.server) return 431;
    }
    return 0;
}

static void run(const limit *row, bool server, uint32_t over) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(server);
    uint8_t type = 0;
    peer_frame frame;
    p->label = row->label;
    row->set(&config);
    begin(p, &config);
    while (peer_next(p, &frame)) ck_assert_uint_ne(frame.type, H2_GOAWAY);
    row->send(p, over);
    uint32_t code = complaint(p, &type);
    uint32_t expected = !over ? row->at : row->status && server ? 431 : row->code;
    if (code != expected) peer_fail(p, "%u over the limit: code %u, not %u", over, code, expected);
    if (over && expected != 431) ck_assert_uint_eq(type, row->of_stream ? H2_RST_STREAM : H2_GOAWAY);
    if (!over && !row->at) peer_expect_alive(p);
    peer_finish(p);
    peer_free(p);
}

START_TEST(limit_is_borne_and_one_past_it_is_not_at_a_server) {
    run(&limits[_i], true, 0);
    run(&limits[_i], true, 1);
}
END_TEST

START_TEST(limit_is_borne_and_one_past_it_is_not_at_a_client) {
    run(&limits[_i], false, 0);
    run(&limits[_i], false, 1);
}
END_TEST

/* ---- times, in milliseconds from the moment they begin ---- */

#define START 500000u
#define TIME  700u

static void wait_for_preface(peer *p, h2_config *c) {
    c->preface_ms = TIME;
    peer_start(p, c);
    h2_session_tick(p->session, START);
    if (c->server) peer_write(p, H2_PREFACE, H2_PREFACE_BYTES - 1);
}
static void wait_for_acknowledgement(peer *p, h2_config *c) {
    c->settings_ms = TIME;
    peer_start(p, c);
    h2_session_tick(p->session, START);
    if (c->server) peer_write(p, H2_PREFACE, H2_PREFACE_BYTES);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
}
static void wait_for_block(peer *p, h2_config *c) {
    c->block_ms = TIME;
    begin(p, c);
    h2_session_tick(p->session, START);
    peer_send(p, H2_HEADERS, 0, 3, "\x82", 1);
}
static void wait_for_pong(peer *p, h2_config *c) {
    c->keepalive_ms = 300;
    c->keepalive_timeout_ms = TIME - 300;
    begin(p, c);
    h2_session_tick(p->session, START);
    h2_session_tick(p->session, START + 300);
}

typedef struct time_row {
    const char *label;
    void (*start)(peer *p, h2_config *c);
    h2_rule rule;
} time_row;

static const time_row times[] = {
    {"preface_ms", wait_for_preface, H2_RULE_TIMEOUT},
    {"settings_ms", wait_for_acknowledgement, H2_RULE_SETTINGS_TIMEOUT},
    {"block_ms", wait_for_block, H2_RULE_TIMEOUT},
    {"keepalive_ms, keepalive_timeout_ms", wait_for_pong, H2_RULE_KEEPALIVE},
};
#define TIMES ((int)(sizeof times / sizeof *times))

static void wait(const time_row *row, bool server) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(server);
    p->label = row->label;
    row->start(p, &config);
    peer_deliver(p);
    forget_frames(p);
    h2_session_tick(p->session, START);
    h2_session_tick(p->session, START + TIME - 1);
    if (h2_session_failure(p->session)->culprit != H2_BY_NOBODY) peer_fail(p, "it ended too early");
    h2_session_tick(p->session, START + TIME);
    if (h2_session_failure(p->session)->rule != row->rule) peer_fail(p, "it did not end");
    peer_finish(p);
    peer_free(p);
}

START_TEST(limit_of_time_ends_a_session_to_the_millisecond) {
    wait(&times[_i / 2], _i % 2);
}
END_TEST

/* A stream with data and no window, beside frames that show the peer alive: looked at four times in `blocked_ms`. */
START_TEST(limit_of_time_without_a_window_ends_a_stream) {
    static char bytes[100];
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(_i);
    uint8_t type = 0;
    uint64_t now = 0;
    config.blocked_ms = 4000;
    begin(p, &config);
    peer_send_setting(p, 4, 0);
    h2_session_tick(peer_session(p), START);
    if (config.server) peer_respond(p, 1, 0, ":status=200");
    forget_frames(p);
    ck_assert_int_eq(h2_stream_write(p->session, 1, bytes, sizeof bytes, 0), H2_OK);
    for (; complaint(p, &type) == 0 && now < 20000; now += 100) {
        peer_send(p, 0xbe, 0, 0, NULL, 0);
        h2_session_tick(peer_session(p), START + now);
    }
    ck_assert_uint_eq(type, H2_RST_STREAM);
    ck_assert_uint_ge(now, config.blocked_ms);
    ck_assert_uint_le(now, config.blocked_ms + config.blocked_ms / 2 + 100);
    peer_finish(p);
    peer_free(p);
}
END_TEST

Suite *limits_suite(void) {
    Suite *suite = suite_create("limits");
    TCase *tc = tcase_create("at them and past them");
    tcase_add_loop_test(tc, limit_is_borne_and_one_past_it_is_not_at_a_server, 0, LIMITS);
    tcase_add_loop_test(tc, limit_is_borne_and_one_past_it_is_not_at_a_client, 0, LIMITS);
    tcase_add_loop_test(tc, limit_of_time_ends_a_session_to_the_millisecond, 0, 2 * TIMES);
    tcase_add_loop_test(tc, limit_of_time_without_a_window_ends_a_stream, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
