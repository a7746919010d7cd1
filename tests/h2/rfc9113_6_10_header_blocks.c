/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 4.3, 6.2 and 6.10: header blocks in any number of frames, both ways, and HPACK kept in step whatever
 * becomes of them. */

#define REQUEST ":method=GET|:scheme=http|:path=/|:authority=a"

/* ---- received ---- */

CONVERSATION(rfc9113_6_10_block_may_be_cut_anywhere) {
    h2_config config = h2_config_hosted(true);
    config.continuations = 255;
    peer_connect(p, &config);
    uint8_t block[200];
    size_t n = peer_encode(block, sizeof block, REQUEST "|x-one=two");
    uint32_t id = 1;
    for (size_t first = 0; first <= n; first += 7) {
        peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, id, block, first);
        peer_send(p, H2_CONTINUATION, 0, id, block + first, (n - first) / 2);
        peer_send(p, H2_CONTINUATION, 0, id, NULL, 0);
        peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, id, block + first + (n - first) / 2,
                  n - first - (n - first) / 2);
        peer_deliver(p);
        ck_assert_str_eq(p->fields.at, REQUEST "|x-one=two");
        id += 2;
    }
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_2_padding_and_priority_of_headers_are_stripped) {
    uint8_t block[200], payload[300] = {20, 0x80, 0, 0, 11, 99};
    peer_connect_server(p);
    size_t n = peer_encode(block, sizeof block, REQUEST);
    memcpy(payload + 6, block, n);
    peer_send(p, H2_HEADERS, 0x2d, 1, payload, 6 + n + 20);
    peer_expect_events(p, "request 1 end");
    ck_assert_str_eq(p->fields.at, REQUEST);
}

CONVERSATION(rfc9113_6_2_padding_applies_to_headers_alone_not_its_continuation) {
    uint8_t block[200], payload[300] = {5};
    peer_connect_server(p);
    size_t n = peer_encode(block, sizeof block, REQUEST);
    memcpy(payload + 1, block, 10);
    peer_send(p, H2_HEADERS, H2_FLAG_PADDED | H2_FLAG_END_STREAM, 1, payload, 1 + 10 + 5);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS | H2_FLAG_PADDED, 1, block + 10, n - 10);
    peer_expect_events(p, "request 1 end");
}

typedef struct payload_row {
    const char *label;
    unsigned flags;
    const char *payload;
    size_t n;
    uint32_t code;
} payload_row;

static const payload_row bad_payloads[] = {
    {"padding exceeds the payload", 0x0d, "\x09hello", 6, H2_PROTOCOL_ERROR},
    {"padding as long as the payload", 0x0d, "\x06hello", 6, H2_PROTOCOL_ERROR},
    {"padding leaves no room for priority", 0x2d, "\x01\0\0\0\0\0", 6, H2_PROTOCOL_ERROR},
    {"no pad length", 0x0d, "", 0, H2_FRAME_SIZE_ERROR},
    {"priority too short", 0x25, "\0\0\0\0", 4, H2_FRAME_SIZE_ERROR},
    {"priority too short beside padding", 0x2d, "\0\0\0\0\0", 5, H2_FRAME_SIZE_ERROR},
};

CONVERSATIONS(rfc9113_6_2_malformed_payload_of_headers_is_connection_error, bad_payloads) {
    const payload_row *row = p->row;
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, row->flags, 1, row->payload, row->n);
    peer_expect_goaway(p, 0, row->code);
}

typedef struct intruder_row {
    const char *label;
    uint8_t type, flags, id, n;
} intruder_row;

/* All of them well or badly formed: within a block nothing but its CONTINUATION may come. */
static const intruder_row intruders[] = {
    {"DATA", H2_DATA, 0, 1, 1},
    {"HEADERS", H2_HEADERS, 4, 1, 0},
    {"HEADERS of another stream", H2_HEADERS, 4, 3, 0},
    {"PRIORITY", H2_PRIORITY, 0, 1, 5},
    {"PRIORITY of a wrong length", H2_PRIORITY, 0, 1, 4},
    {"PRIORITY of another stream and a wrong length", H2_PRIORITY, 0, 9, 6},
    {"RST_STREAM", H2_RST_STREAM, 0, 1, 4},
    {"SETTINGS", H2_SETTINGS, 0, 0, 0},
    {"PUSH_PROMISE", H2_PUSH_PROMISE, 4, 1, 4},
    {"PING", H2_PING, 0, 0, 8},
    {"GOAWAY", H2_GOAWAY, 0, 0, 8},
    {"WINDOW_UPDATE", H2_WINDOW_UPDATE, 0, 0, 4},
    {"CONTINUATION of another stream", H2_CONTINUATION, 4, 3, 0},
    {"PRIORITY_UPDATE", H2_PRIORITY_UPDATE, 0, 0, 4},
    {"unknown", 0xbe, 0, 1, 3},
    {"unknown on the connection", 0xbe, 0, 0, 0},
};

CONVERSATIONS(rfc9113_6_10_any_other_frame_within_a_block_is_protocol_error, intruders) {
    static const uint8_t zeros[8];
    const intruder_row *row = p->row;
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    peer_send(p, row->type, row->flags, row->id, zeros, row->n);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_10_continuation_after_the_end_of_a_block_is_protocol_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_CONTINUATION, 4, 1, NULL, 0);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_10_continuation_after_data_is_protocol_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 1);
    peer_send(p, H2_CONTINUATION, 4, 1, NULL, 0);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
}

/* 10.5.1: as many as configured, then one more. */
CONVERSATION(rfc9113_10_5_1_too_many_continuations_is_enhance_your_calm) {
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, 1, "\x82\x86\x84", 3);
    for (unsigned i = 1; i < H2_DEFAULT_CONTINUATIONS; i++) peer_send(p, H2_CONTINUATION, 0, 1, NULL, 0);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 1, NULL, 0);
    peer_expect_events(p, "request 1 end");
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, 3, "\x82\x86\x84", 3);
    for (unsigned i = 0; i < H2_DEFAULT_CONTINUATIONS; i++) peer_send(p, H2_CONTINUATION, 0, 3, NULL, 0);
    peer_expect_nothing(p);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 3, NULL, 0);
    peer_expect_goaway(p, 3, H2_ENHANCE_YOUR_CALM);
}

/* 10.5.1: as many octets as configured, payloads whole, then one more: judged on the frame's nine octets. */
CONVERSATION(rfc9113_10_5_1_too_many_octets_of_a_block_is_enhance_your_calm) {
    static const uint8_t padded[] = {96, 0x82, 0x86, 0x84};
    uint8_t payload[100] = {0}, rest[60];
    h2_config config = h2_config_hosted(true);
    config.block_bytes = 160;
    peer_connect(p, &config);
    memcpy(payload, padded, sizeof padded);
    memset(rest, 0x82 + 6, sizeof rest); /* :status */
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM | H2_FLAG_PADDED, 1, payload, sizeof payload);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 1, rest, sizeof rest);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM | H2_FLAG_PADDED, 3, payload, sizeof payload);
    peer_expect_nothing(p);
    peer_write(p, "\0\0\x3d\x09\4\0\0\0\3", 9);
    peer_expect_goaway(p, 3, H2_ENHANCE_YOUR_CALM);
}

/* A string announced longer than what is left of the block ends the session before its octets come. */
CONVERSATION(rfc9113_10_5_1_string_longer_than_the_block_may_be_is_refused_on_its_length) {
    uint8_t value[293];
    h2_config config = h2_config_hosted(true);
    config.block_bytes = 300;
    peer_connect(p, &config);
    memset(value, 'v', sizeof value);
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, 1,
              "\x82\x00\x01"
              "a\x7f\xa6\x01",
              7); /* 293 to come */
    peer_expect_nothing(p);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 1, value, sizeof value);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR); /* a request without a path */
    peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, 3,
              "\x82\x00\x01"
              "a\x7f\xa7\x01",
              7);
    peer_expect_goaway(p, 3, H2_ENHANCE_YOUR_CALM);
}

/* ---- errors of the block ---- */

typedef struct block_row {
    const char *label, *block;
    size_t n;
} block_row;

static const block_row bad_blocks[] = {
    {"index zero", "\x80", 1},
    {"index beyond the tables", "\xbe", 1},
    {"ends within a string", "\x82\x40\x05", 3},
    {"ends within an integer", "\xff", 1},
    {"endless integer", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},
    {"size update above the setting", "\x3f\xe2\x1f\x82", 4},
    {"size update after a field", "\x82\x20", 2},
    {"Huffman code of EOS", "\x40\x84\xff\xff\xff\xff\x01z", 8},
    {"Huffman padding of zeros", "\x40\x81\x00\x01z", 5},
};

CONVERSATIONS(rfc9113_4_3_undecodable_block_is_compression_error, bad_blocks) {
    const block_row *row = p->row;
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, 5, 1, row->block, row->n);
    peer_expect_goaway(p, 1, H2_COMPRESSION_ERROR);
    peer_expect_events(p, ""); /* the program never learnt of the stream */
}

/* Even where the stream is to be ignored, the table must follow. */
CONVERSATIONS(rfc9113_4_3_undecodable_block_on_a_reset_stream_is_compression_error, bad_blocks) {
    const block_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    ck_assert_int_eq(h2_stream_reset(peer_session(p), 1, H2_CANCEL), H2_OK);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_send(p, H2_HEADERS, 5, 1, row->block, row->n);
    peer_expect_goaway(p, 1, H2_COMPRESSION_ERROR);
}

static const uint8_t adds[] = {0x82, 0x86, 0x84, 0x40, 1, 'x', 3, 'o', 'n', 'e'};
static const uint8_t uses[] = {0x82, 0x86, 0x84, 0xbe};

/* A block that adds to the table was refused in some way; the next one names the entry. */
static void expect_in_step(peer *p, uint32_t id) {
    peer_send(p, H2_HEADERS, 5, id, uses, sizeof uses);
    peer_deliver(p);
    if (!p->fields.at || strcmp(p->fields.at, ":method=GET|:scheme=http|:path=/|x=one") != 0)
        peer_fail(p, "the table is out of step: %s", p->fields.at ? p->fields.at : "nothing");
}

CONVERSATION(rfc9113_4_3_refused_stream_keeps_hpack_in_step) {
    h2_config config = h2_config_hosted(true);
    config.streams = 1;
    peer_connect(p, &config);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send(p, H2_HEADERS, 5, 3, adds, sizeof adds);
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_REFUSED_STREAM);
    peer_respond(p, 1, H2_END, ":status=200");
    expect_in_step(p, 5);
}

CONVERSATION(rfc9113_4_3_malformed_request_keeps_hpack_in_step) {
    static const uint8_t twice[] = {0x82, 0x82, 0x40, 1, 'x', 3, 'o', 'n', 'e'};
    peer_connect_server(p);
    peer_send(p, H2_HEADERS, 5, 1, twice, sizeof twice);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    expect_in_step(p, 3);
}

CONVERSATION(rfc9113_6_8_ignored_stream_after_goaway_keeps_hpack_in_step) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    h2_session_goaway(peer_session(p), H2_NO_ERROR);
    peer_expect_goaway(p, 1, H2_NO_ERROR);
    peer_send(p, H2_HEADERS, 5, 3, adds, sizeof adds);
    peer_send(p, H2_HEADERS, 5, 1, "\xbe", 1); /* trailers of the stream that goes on */
    peer_expect_events(p, "request 1; trailers 1 end");
    ck_assert_str_eq(p->fields.at, "x=one");
}

/* ---- too large ---- */

/* A request of `fields` fields of 200 octets, in frames of at most 16384; what follows adds to the table. */
static void send_large(peer *p, unsigned flags, uint32_t id, size_t fields) {
    size_t at = 0, n;
    uint8_t *block = malloc(fields * 210 + 64);
    ck_assert_ptr_nonnull(block);
    memcpy(block, "\x82\x86\x84", 3);
    n = 3;
    for (size_t i = 0; i < fields; i++) {
        memcpy(block + n, "\x00\x01w\x7f\x49", 5);
        memset(block + n + 5, 'v', 200);
        n += 205;
    }
    memcpy(block + n, adds + 3, sizeof adds - 3);
    n += sizeof adds - 3;
    for (unsigned type = H2_HEADERS; at < n; type = H2_CONTINUATION) {
        size_t piece = n - at < 16384 ? n - at : 16384;
        unsigned more = at + piece == n ? H2_FLAG_END_HEADERS : 0;
        peer_send(p, type, more | (type == H2_HEADERS ? flags : 0), id, block + at, piece);
        at += piece;
    }
    free(block);
}

typedef struct size_row {
    const char *label;
    size_t fields;
} size_row;

static const size_row too_large[] = {
    {"too many octets", 100}, {"too many fields, each of an octet", 0}, {"very large", 500}};

/* RFC 9110, 15.5, RFC 6585, 5: a status, and the connection goes on. */
CONVERSATIONS(rfc9113_10_5_1_oversize_request_is_answered_431_and_hpack_stays_in_step, too_large) {
    const size_row *row = p->row;
    h2_config config = h2_config_hosted(true);
    if (row->fields == 0) config.header_fields = 3; /* :method, :scheme, :path and x */
    config.continuations = 20;
    config.block_bytes = 200000;
    peer_connect(p, &config);
    send_large(p, H2_FLAG_END_STREAM, 1, row->fields);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=431");
    peer_expect_nothing(p);
    peer_expect_events(p, "");
    if (row->fields == 0) return;
    expect_in_step(p, 3);
}

#ifndef H2_SMALL /* which has room for it */
/* No room for an answer either: the stream is reset. */
CONVERSATION(rfc9113_10_5_1_oversize_request_is_reset_where_no_answer_fits) {
    h2_config config = h2_config_hosted(true);
    config.send_header_bytes = 20;
    peer_connect(p, &config);
    send_large(p, H2_FLAG_END_STREAM, 1, 100);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_ENHANCE_YOUR_CALM);
    expect_in_step(p, 3);
}
#endif

CONVERSATION(rfc9113_8_1_oversize_request_with_content_is_answered_and_then_reset_without_error) {
    peer_connect_server(p);
    send_large(p, 0, 1, 100);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=431");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_NO_ERROR);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 100); /* on its way already */
    peer_expect_alive(p);
    expect_in_step(p, 3);
}

CONVERSATION(rfc9113_10_5_1_oversize_response_costs_its_stream) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, id, REQUEST);
    send_large(p, 0, id, 100);
    peer_expect_u32(p, H2_RST_STREAM, id, H2_ENHANCE_YOUR_CALM);
    peer_expect_events(p, "closed 1 rule ENHANCE_YOUR_CALM");
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_10_5_1_oversize_trailers_cost_their_stream) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    send_large(p, H2_FLAG_END_STREAM, 1, 100);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_ENHANCE_YOUR_CALM);
    peer_expect_events(p, "request 1; closed 1 rule ENHANCE_YOUR_CALM");
    expect_in_step(p, 3);
}

Suite *rfc9113_6_10_header_blocks_suite(void) {
    Suite *suite = suite_create("rfc9113 6.10 header blocks");
    TCase *tc = tcase_create("frames of a block");
    tcase_add_test(tc, rfc9113_6_10_block_may_be_cut_anywhere);
    tcase_add_test(tc, rfc9113_6_2_padding_and_priority_of_headers_are_stripped);
    tcase_add_test(tc, rfc9113_6_2_padding_applies_to_headers_alone_not_its_continuation);
    tcase_add_test(tc, rfc9113_6_2_malformed_payload_of_headers_is_connection_error);
    tcase_add_test(tc, rfc9113_6_10_any_other_frame_within_a_block_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_10_continuation_after_the_end_of_a_block_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_10_continuation_after_data_is_protocol_error);
    tcase_add_test(tc, rfc9113_10_5_1_too_many_continuations_is_enhance_your_calm);
    tcase_add_test(tc, rfc9113_10_5_1_too_many_octets_of_a_block_is_enhance_your_calm);
    tcase_add_test(tc, rfc9113_10_5_1_string_longer_than_the_block_may_be_is_refused_on_its_length);
    suite_add_tcase(suite, tc);
    tc = tcase_create("contents of a block");
    tcase_add_test(tc, rfc9113_4_3_undecodable_block_is_compression_error);
    tcase_add_test(tc, rfc9113_4_3_undecodable_block_on_a_reset_stream_is_compression_error);
    tcase_add_test(tc, rfc9113_4_3_refused_stream_keeps_hpack_in_step);
    tcase_add_test(tc, rfc9113_4_3_malformed_request_keeps_hpack_in_step);
    tcase_add_test(tc, rfc9113_6_8_ignored_stream_after_goaway_keeps_hpack_in_step);
    tcase_add_test(tc, rfc9113_10_5_1_oversize_request_is_answered_431_and_hpack_stays_in_step);
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9113_10_5_1_oversize_request_is_reset_where_no_answer_fits);
#endif
    tcase_add_test(tc, rfc9113_8_1_oversize_request_with_content_is_answered_and_then_reset_without_error);
    tcase_add_test(tc, rfc9113_10_5_1_oversize_response_costs_its_stream);
    tcase_add_test(tc, rfc9113_10_5_1_oversize_trailers_cost_their_stream);
    suite_add_tcase(suite, tc);
    return suite;
}
