/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "guard.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 4 and the layouts of 6: the codecs by themselves, at guard pages, and frames of any length at a session. */

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

START_TEST(rfc9113_4_1_header_goes_round) {
    uint64_t seed = 1;
    uint8_t *at = guard_new(H2_FRAME_HEADER_BYTES);
    for (int i = 0; i < 100000; i++) {
        h2_frame_header out = {next_random(&seed) & 0xffffff, (uint8_t)next_random(&seed), (uint8_t)next_random(&seed),
                               next_random(&seed) & H2_STREAM_ID_MAX},
                        in;
        ck_assert_uint_eq(h2_frame_header_write(at, &out), H2_FRAME_HEADER_BYTES);
        h2_frame_header_read(&in, at);
        ck_assert(in.length == out.length && in.type == out.type && in.flags == out.flags &&
                  in.stream_id == out.stream_id);
    }
    guard_free(at, H2_FRAME_HEADER_BYTES);
}
END_TEST

START_TEST(rfc9113_4_1_header_octets_are_in_network_order_and_the_reserved_bit_is_dropped) {
    static const uint8_t octets[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x86, 0x07, 0x08, 0x09};
    static const uint8_t clean[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};
    h2_frame_header header;
    uint8_t out[9];
    h2_frame_header_read(&header, octets);
    ck_assert_uint_eq(header.length, 0x010203);
    ck_assert_uint_eq(header.type, 4);
    ck_assert_uint_eq(header.flags, 5);
    ck_assert_uint_eq(header.stream_id, 0x06070809);
    h2_frame_header_write(out, &header);
    ck_assert_mem_eq(out, clean, sizeof out);
}
END_TEST

START_TEST(rfc9113_6_fixed_records_go_round) {
    uint64_t seed = 2;
    uint8_t *setting_at = guard_new(H2_SETTING_BYTES), *priority_at = guard_new(H2_PRIORITY_BYTES);
    uint8_t *goaway_at = guard_new(H2_GOAWAY_FIXED_BYTES), *u32_at = guard_new(H2_U32_BYTES);
    for (int i = 0; i < 20000; i++) {
        h2_setting s = {(uint16_t)next_random(&seed), next_random(&seed)}, s2;
        h2_priority pr = {next_random(&seed) & 1, (uint8_t)next_random(&seed), next_random(&seed) & H2_STREAM_ID_MAX},
                    pr2;
        h2_goaway g = {next_random(&seed) & H2_STREAM_ID_MAX, next_random(&seed)}, g2;
        uint32_t number = next_random(&seed);
        ck_assert_uint_eq(h2_setting_write(setting_at, &s), H2_SETTING_BYTES);
        h2_setting_read(&s2, setting_at);
        ck_assert(s2.id == s.id && s2.value == s.value);
        ck_assert_uint_eq(h2_priority_write(priority_at, &pr), H2_PRIORITY_BYTES);
        h2_priority_read(&pr2, priority_at);
        ck_assert(pr2.exclusive == pr.exclusive && pr2.weight == pr.weight && pr2.dependency == pr.dependency);
        ck_assert_uint_eq(h2_goaway_write(goaway_at, &g), H2_GOAWAY_FIXED_BYTES);
        h2_goaway_read(&g2, goaway_at);
        ck_assert(g2.last_stream_id == g.last_stream_id && g2.code == g.code);
        ck_assert_uint_eq(h2_u32_write(u32_at, number), H2_U32_BYTES);
        ck_assert(h2_u32_read(u32_at) == number && h2_u31_read(u32_at) == (number & H2_STREAM_ID_MAX));
    }
    guard_free(setting_at, H2_SETTING_BYTES);
    guard_free(priority_at, H2_PRIORITY_BYTES);
    guard_free(goaway_at, H2_GOAWAY_FIXED_BYTES);
    guard_free(u32_at, H2_U32_BYTES);
}
END_TEST

#ifdef H2_SMALL /* whose prefixes are for reading: the padding, and a priority that is passed over */
#define LAST_PADDED H2_HEADERS
static size_t put_prefix(uint8_t *at, const h2_frame_header *header, uint8_t padding) {
    size_t n = h2_frame_prefix_bytes(header);
    if (n > 0) memset(at, padding, n);
    return n;
}
static bool same_rest(const h2_frame_prefix *a, const h2_frame_prefix *b) {
    return a->content == b->content;
}
#else
#define LAST_PADDED H2_PUSH_PROMISE
static size_t put_prefix(uint8_t *at, const h2_frame_header *header, uint8_t padding) {
    const h2_frame_prefix out = {padding, true, 200, 77, 12, 0};
    return h2_frame_prefix_write(at, header, &out);
}
static bool same_rest(const h2_frame_prefix *a, const h2_frame_prefix *b) {
    return a->content == b->content && a->dependency == b->dependency && a->promised_id == b->promised_id;
}
#endif

/* Every combination of type, the flags that matter, padding and length: the prefix fits exactly or is refused. */
START_TEST(rfc9113_6_1_prefixes_go_round_or_are_refused) {
    static const uint8_t types[] = {H2_DATA, H2_HEADERS, H2_PUSH_PROMISE, H2_CONTINUATION, H2_PING};
    for (size_t t = 0; t < sizeof types; t++) {
        for (unsigned flags = 0; flags < 256; flags += 8) {
            h2_frame_header header = {0, types[t], (uint8_t)flags, 1};
            size_t n = h2_frame_prefix_bytes(&header);
            uint8_t *at = guard_new(n);
            for (header.length = (uint32_t)n; header.length < n + 40; header.length++) {
                h2_frame_prefix in = {0};
                uint32_t room = header.length - (uint32_t)n;
                uint8_t padding = (uint8_t)(room / 2);
                ck_assert_uint_eq(put_prefix(at, &header, padding), n);
                ck_assert_int_eq(h2_frame_prefix_read(&in, &header, at), H2_RULE_NONE);
                bool padded = flags & H2_FLAG_PADDED && types[t] <= LAST_PADDED;
                ck_assert_uint_eq(in.padding, padded ? padding : 0);
                ck_assert_uint_eq(in.content + in.padding, room);
                if (!padded) continue;
                at[0] = (uint8_t)room; /* all of it: no content is left, and that is allowed */
                ck_assert_int_eq(h2_frame_prefix_read(&in, &header, at), H2_RULE_NONE);
                ck_assert_uint_eq(in.content, 0);
                h2_frame_prefix before = in;
                at[0] = (uint8_t)(room + 1);
                ck_assert_int_eq(h2_frame_prefix_read(&in, &header, at), H2_RULE_PADDING);
                ck_assert(in.padding == before.padding && same_rest(&in, &before));
            }
            guard_free(at, n);
        }
    }
}
END_TEST

/* What section 6 demands of each type's header, told again: on a stream, least and most octets, multiple of. */
typedef struct length_row {
    uint8_t type;
    char on; /* 's'tream, 'c'onnection, 'e'ither */
    uint32_t least, most, multiple;
    uint32_t code;
} length_row;

static const length_row lengths[] = {
    {H2_DATA, 's', 0, 16384, 1, H2_FRAME_SIZE_ERROR},
    {H2_HEADERS, 's', 0, 16384, 1, H2_FRAME_SIZE_ERROR},
    {H2_PRIORITY, 's', 5, 5, 1, H2_FRAME_SIZE_ERROR},
    {H2_RST_STREAM, 's', 4, 4, 1, H2_FRAME_SIZE_ERROR},
    {H2_SETTINGS, 'c', 0, 16384, 6, H2_FRAME_SIZE_ERROR},
    {H2_PUSH_PROMISE, 's', 4, 16384, 1, H2_FRAME_SIZE_ERROR},
    {H2_PING, 'c', 8, 8, 1, H2_FRAME_SIZE_ERROR},
    {H2_GOAWAY, 'c', 8, 16384, 1, H2_FRAME_SIZE_ERROR},
    {H2_WINDOW_UPDATE, 'e', 4, 4, 1, H2_FRAME_SIZE_ERROR},
    {H2_CONTINUATION, 's', 0, 16384, 1, H2_FRAME_SIZE_ERROR},
    {H2_PRIORITY_UPDATE, 'c', 4, 16384, 1, H2_FRAME_SIZE_ERROR},
};

START_TEST(rfc9113_4_2_every_type_and_length_is_judged_by_its_header) {
    for (size_t r = 0; r < sizeof lengths / sizeof lengths[0]; r++) {
        const length_row *row = &lengths[r];
        for (uint32_t length = 0; length <= 16390; length += length < 64 || length > 16370 ? 1 : 61) {
            for (uint32_t id = 0; id < 2; id++) {
                h2_frame_header header = {length, row->type, 0, id};
                h2_rule rule = h2_frame_check(&header, H2_FRAME_SIZE_MIN);
                bool misplaced = (row->on == 's' && id == 0) || (row->on == 'c' && id == 1);
                bool fits = length >= row->least && length <= row->most && length % row->multiple == 0;
                uint32_t code = length > 16384 ? H2_FRAME_SIZE_ERROR
                                : misplaced    ? H2_PROTOCOL_ERROR
                                : fits         ? H2_NO_ERROR
                                               : row->code;
                ck_assert_msg(h2_rule_code(rule) == code, "%s of %u octets on %u", h2_frame_name(row->type), length,
                              id);
            }
        }
    }
}
END_TEST

START_TEST(rfc9113_5_5_unknown_types_pass_whatever_they_hold) {
    for (unsigned type = H2_CONTINUATION + 1; type < 256; type++) {
        h2_frame_header header = {17, (uint8_t)type, 0xff, type & 1};
        if (type == H2_PRIORITY_UPDATE) continue;
        ck_assert_int_eq(h2_frame_check(&header, H2_FRAME_SIZE_MIN), H2_RULE_NONE);
        ck_assert_str_eq(h2_frame_name((uint8_t)type), "UNKNOWN");
        header.length = H2_FRAME_SIZE_MIN + 1;
        ck_assert_int_eq(h2_frame_check(&header, H2_FRAME_SIZE_MIN), H2_RULE_FRAME_TOO_LARGE);
    }
}
END_TEST

START_TEST(rfc9113_6_every_type_has_its_name) {
    static const char *const names[] = {"DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
                                        "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};
    for (uint8_t type = 0; type <= 9; type++) ck_assert_str_eq(h2_frame_name(type), names[type]);
    ck_assert_str_eq(h2_frame_name(16), "PRIORITY_UPDATE");
}
END_TEST

/* ---- at a session ---- */

CONVERSATION(rfc9113_4_1_unknown_frames_and_flags_are_ignored) {
    static const uint8_t payload[300];
    peer_connect_server(p);
    for (unsigned type = 10; type < 256; type += 7) {
        if (type == H2_PRIORITY_UPDATE) continue;
        peer_send(p, type, 0xff, type % 3, payload, type);
    }
    peer_expect_alive(p);
    peer_send(p, H2_PING, 0xfe, 0, "flagged!", 8);
    peer_expect(p, H2_PING, H2_FLAG_ACK, 0);
    peer_send_fields(p, 0xd3, 1, ":method=GET|:scheme=http|:path=/"); /* unused flags beside END_STREAM */
    peer_expect_events(p, "request 1 end");
    peer_expect_nothing(p);
}

CONVERSATION(rfc9113_4_1_reserved_bit_is_ignored) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 0x80000001u, ":method=POST|:scheme=http|:path=/");
    peer_send_data(p, H2_FLAG_END_STREAM, 0x80000001u, 3);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0x80000000u, 0x80000001u);
    peer_expect_events(p, "request 1; data 1 3 end");
    peer_expect_alive(p);
    ck_assert_uint_eq(h2_stream_allowance(peer_session(p), 1), 65535);
}

CONVERSATION(rfc9113_4_2_frame_of_the_largest_size_is_taken) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, ":method=POST|:scheme=http|:path=/");
    peer_send_data(p, 0, 1, 16384);
    peer_expect_events(p, "request 1; data 1 16384");
}

typedef struct large_row {
    const char *label;
    uint8_t type;
    uint32_t id;
} large_row;

static const large_row larges[] = {
    {"DATA", H2_DATA, 1}, {"HEADERS", H2_HEADERS, 3}, {"SETTINGS", H2_SETTINGS, 0}, {"GOAWAY", H2_GOAWAY, 0},
    {"PING", H2_PING, 0}, {"unknown", 0xbe, 0},       {"PRIORITY", H2_PRIORITY, 1}};

/* Judged by its header: not an octet of payload is awaited. */
CONVERSATIONS(rfc9113_4_2_frame_larger_than_allowed_is_frame_size_error, larges) {
    const large_row *row = p->row;
    uint8_t head[9] = {0, 0x40, 0x01, row->type, 0, 0, 0, 0, (uint8_t)row->id};
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, ":method=POST|:scheme=http|:path=/");
    peer_write(p, head, sizeof head);
    peer_expect_goaway(p, 1, H2_FRAME_SIZE_ERROR);
}

CONVERSATION(rfc9113_4_2_larger_frames_are_taken_when_announced) {
    h2_config config = h2_config_hosted(true);
    config.frame_size = 20000;
    peer_start(p, &config);
    peer_greet(p);
    peer_send_fields(p, 0, 1, ":method=POST|:scheme=http|:path=/");
    peer_send_data(p, 0, 1, 20000);
    peer_expect_events(p, "settings; request 1; data 1 20000");
    peer_send(p, H2_DATA, 0, 1, NULL, 0);
    uint8_t head[9] = {0, 0x4e, 0x21, H2_DATA, 0, 0, 0, 0, 1};
    peer_write(p, head, sizeof head);
    peer_expect_goaway(p, 1, H2_FRAME_SIZE_ERROR);
}

Suite *rfc9113_4_frame_format_suite(void) {
    Suite *suite = suite_create("rfc9113 4 frame format");
    TCase *tc = tcase_create("codecs");
    tcase_add_test(tc, rfc9113_4_1_header_goes_round);
    tcase_add_test(tc, rfc9113_4_1_header_octets_are_in_network_order_and_the_reserved_bit_is_dropped);
    tcase_add_test(tc, rfc9113_6_fixed_records_go_round);
    tcase_add_test(tc, rfc9113_6_1_prefixes_go_round_or_are_refused);
    tcase_add_test(tc, rfc9113_4_2_every_type_and_length_is_judged_by_its_header);
    tcase_add_test(tc, rfc9113_6_every_type_has_its_name);
    tcase_add_test(tc, rfc9113_5_5_unknown_types_pass_whatever_they_hold);
    suite_add_tcase(suite, tc);
    tc = tcase_create("at a session");
    tcase_add_test(tc, rfc9113_4_1_unknown_frames_and_flags_are_ignored);
    tcase_add_test(tc, rfc9113_4_1_reserved_bit_is_ignored);
    tcase_add_test(tc, rfc9113_4_2_frame_of_the_largest_size_is_taken);
    tcase_add_test(tc, rfc9113_4_2_frame_larger_than_allowed_is_frame_size_error);
    tcase_add_test(tc, rfc9113_4_2_larger_frames_are_taken_when_announced);
    suite_add_tcase(suite, tc);
    return suite;
}
