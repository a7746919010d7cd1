/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "hpack_huffman.h"
#include "hpack_suites.h"
#include "hpack_test.h"
#include "peer.h"
#include "vectors.h"

#define FIELD(name, value)                                                                                             \
    { name, value, sizeof name - 1, sizeof value - 1, false }
#define SECRET(name, value)                                                                                            \
    { name, value, sizeof name - 1, sizeof value - 1, true }

/* Octets that hold any block of random fields. */
#define BOUND_MAX 65536u

/* A field on an encoder that has sent `before` (which may be empty), and its octets. */
static const struct {
    const char *label;
    hpack_field before;
    hpack_field field;
    const char *octets;
} rows[] = {
    {"6.1: static entry", FIELD("", ""), FIELD(":method", "GET"), "82"},
    {"6.1: last of several static values", FIELD("", ""), FIELD(":status", "500"), "8e"},
    {"6.1: static entry with an empty value", FIELD("", ""), FIELD("cookie", ""), "a0"},
    {"6.1: dynamic entry", FIELD("a", "1"), FIELD("a", "1"), "be"},
    {"6.2.1: static name", FIELD("", ""), FIELD("user-agent", "0"), "7a 0130"},
    {"6.2.1: dynamic name", FIELD("a", "1"), FIELD("a", "2"), "7e 0132"},
    {"6.2.1: new name", FIELD("", ""), FIELD("a", "1"), "40 0161 0131"},
    {"6.2.1: static name, other value than any", FIELD("", ""), FIELD(":status", "201"), "48 821003"},
    {"6.2.1: Huffman where it is shorter", FIELD("", ""), FIELD("custom-key", "custom-value"),
     "40 8825a849e95ba97d7f 8925a849e95bb8e8b4bf"},
    {"6.2.1: no Huffman where it is longer", FIELD("", ""), FIELD("cookie", "<>{}"), "60 043c3e7b7d"},
    {"6.2.2: a value that differs each time", FIELD("", ""), FIELD(":path", "/0"), "04 022f30"},
    {"6.2.2: its name has an index of two octets", FIELD("", ""), FIELD("content-length", "0"), "0f0d 0130"},
    {"6.2.3: static name", FIELD("", ""), SECRET("authorization", "0"), "1f08 0130"},
    {"6.2.3: new name", FIELD("", ""), SECRET("a", "1"), "10 0161 0131"},
    {"6.2.3: dynamic name", FIELD("a", "1"), SECRET("a", "2"), "1f2f 0132"},
    {"6.2.3: never an index, even of an equal entry", FIELD("a", "1"), SECRET("a", "1"), "1f2f 0131"},
    {"6.2.3: nor of an equal static entry", FIELD("", ""), SECRET(":method", "GET"), "12 03474554"},
    {"an empty name", FIELD("a", "1"), FIELD("", "1"), "40 00 0131"},
};

START_TEST(rfc7541_6_representation_is_chosen) {
    uint32_t memory[1024];
    uint8_t out[256];
    size_t len;
    uint8_t *octets = vectors_hex(rows[_i].octets, &len);
    hpack_encoder e;
    ptrdiff_t written;

    lender_encoder(&e, memory, sizeof memory);
    if (rows[_i].before.name_len > 0) ck_assert_int_gt(hpack_encode(&e, &rows[_i].before, 1, out, sizeof out), 0);
    written = hpack_encode(&e, &rows[_i].field, 1, out, sizeof out);
    ck_assert_msg(written == (ptrdiff_t)len, "%s: %td octets", rows[_i].label, written);
    ck_assert_msg(memcmp(out, octets, len) == 0, "%s: %02x %02x %02x", rows[_i].label, out[0], out[1], out[2]);
    free(octets);
}
END_TEST

/* The small profile remembers nothing of a field that it has not indexed. */
#ifndef H2_SMALL
#define OR_SMALL(index, literal) index
#else
#define OR_SMALL(index, literal) literal
#endif

/* Of one encoder, in turn. */
static const struct {
    hpack_field field;
    const char *octets;
} repeated[] = {
    {FIELD("content-length", "6"), "0f0d 0136"},
    {FIELD(":path", "/0"), "04 022f30"},
    {FIELD("content-length", "6"), OR_SMALL("5c 0136", "0f0d 0136")},
    {FIELD("content-length", "6"), OR_SMALL("be", "0f0d 0136")},
    {FIELD("content-length", "7"), "0f0d 0137"},
    {FIELD(":path", "/0"), OR_SMALL("44 022f30", "04 022f30")},
    {FIELD("content-length", "6"), OR_SMALL("bf", "0f0d 0136")},
    {SECRET(":path", "/0"), "14 022f30"},
};

START_TEST(rfc7541_6_2_1_a_value_that_seldom_repeats_is_indexed_when_it_does) {
    uint32_t memory[1024];
    uint8_t out[256];
    hpack_encoder e;
    size_t i, len;

    lender_encoder(&e, memory, sizeof memory);
    for (i = 0; i < COUNT(repeated); i++) {
        uint8_t *octets = vectors_hex(repeated[i].octets, &len);
        ptrdiff_t written = hpack_encode(&e, &repeated[i].field, 1, out, sizeof out);

        ck_assert_msg(written == (ptrdiff_t)len && memcmp(out, octets, len) == 0, "%zu: %td octets, %02x %02x", i,
                      written, out[0], out[1]);
        free(octets);
    }
}
END_TEST

START_TEST(rfc7541_6_2_2_a_field_too_large_for_the_table_is_not_indexed) {
    static char value[5000];
    static uint8_t out[8192];
    uint32_t memory[1024];
    hpack_encoder e;
    hpack_field field = {"x", value, 1, sizeof value, false};

    memset(value, 'v', sizeof value);
    lender_encoder(&e, memory, sizeof memory);
    ck_assert_int_gt(hpack_encode(&e, &field, 1, out, sizeof out), 0);
    ck_assert_uint_eq(out[0], 0x00);
    ck_assert_uint_eq(e.table.count, 0);
}
END_TEST

/* Limits set in turn on an encoder of 4096 octets that already said what it had to, and how the next block begins. */
static const struct {
    const char *label;
    size_t storage;
    int64_t limits[4]; /* -1 ends them */
    const char *octets;
} update_rows[] = {
    {"nothing set", 4096, {-1}, "82"},
    {"the default again", 4096, {4096, -1}, "82"},
    {"lower", 4096, {100, -1}, "3f45 82"},
    {"to nothing", 4096, {0, -1}, "20 82"},
    {"higher than the storage", 4096, {8192, -1}, "82"},
    {"higher, with storage for it", 8192, {8192, -1}, "3fe13f 82"},
    {"higher than the storage allows", 8192, {70000, -1}, "3fe13f 82"},
    {"lowered and raised", 4096, {100, 4096, -1}, "3f45 3fe11f 82"},
    {"lowered, lower, and raised", 4096, {200, 100, 300, -1}, "3f45 3f8d02 82"},
    {"lowered twice", 4096, {200, 100, -1}, "3f45 82"},
    {"raised and lowered to where it was", 8192, {8192, 4096, -1}, "82"},
    {"raised and lowered below", 8192, {8192, 100, -1}, "3f45 82"},
};

START_TEST(rfc7541_4_2_a_block_begins_with_the_updates_owed) {
    static uint32_t memory[2048];
    static const hpack_field get = FIELD(":method", "GET");
    uint8_t out[64];
    size_t len;
    uint8_t *octets = vectors_hex(update_rows[_i].octets, &len);
    hpack_encoder e;
    int i;

    lender_encoder(&e, memory, update_rows[_i].storage);
    for (i = 0; update_rows[_i].limits[i] >= 0; i++)
        hpack_encoder_set_max_table_size(&e, (uint32_t)update_rows[_i].limits[i]);
    ck_assert_msg(hpack_encode(&e, &get, 1, out, sizeof out) == (ptrdiff_t)len, "%s", update_rows[_i].label);
    ck_assert_mem_eq(out, octets, len);
    /* Said once. */
    ck_assert_int_eq(hpack_encode(&e, &get, 1, out, sizeof out), 1);
    free(octets);
}
END_TEST

START_TEST(rfc7541_4_2_storage_below_the_default_is_announced) {
    uint32_t memory[16];
    uint8_t out[64];
    hpack_encoder e;

    lender_encoder(&e, memory, sizeof memory);
    ck_assert_int_eq(hpack_encode(&e, NULL, 0, out, sizeof out), 2);
    ck_assert_mem_eq(out, "\x3f\x21", 2);
    lender_encoder(&e, NULL, 0);
    ck_assert_int_eq(hpack_encode(&e, NULL, 0, out, sizeof out), 1);
    ck_assert_mem_eq(out, "\x20", 1);
}
END_TEST

START_TEST(a_smaller_buffer_is_refused_and_changes_nothing) {
    static const hpack_field fields[] = {FIELD(":method", "GET"), FIELD("a", "1"), FIELD("custom-key", "custom-value"),
                                         SECRET("authorization", "secret"), FIELD(":path", "/index")};
    uint32_t memory[256], memory_before[256];
    size_t bound = hpack_encode_bound(fields, COUNT(fields));
    hpack_encoder e, before;
    size_t cap;
    uint8_t *out;

    lender_encoder(&e, memory, sizeof memory);
    memset(memory, 0x55, sizeof memory);
    hpack_encoder_set_max_table_size(&e, 0);
    hpack_encoder_set_max_table_size(&e, 512);
    memcpy(&before, &e, sizeof e);
    memcpy(memory_before, memory, sizeof memory);
    for (cap = 0; cap < bound; cap++) {
        out = guard_new(cap);
        ck_assert_int_eq(hpack_encode(&e, fields, COUNT(fields), out, cap), HPACK_ENOSPACE);
        ck_assert_mem_eq(&e, &before, sizeof e);
        ck_assert_mem_eq(memory, memory_before, sizeof memory);
        guard_free(out, cap);
    }
    out = guard_new(bound);
    ck_assert_int_gt(hpack_encode(&e, fields, COUNT(fields), out, bound), 0);
    guard_free(out, bound);
}
END_TEST

START_TEST(no_buffer_suffices_for_a_string_too_long_to_announce) {
    uint8_t out[64];
    hpack_encoder e;
    hpack_field fields[] = {FIELD("a", "1"), FIELD("b", "2")};

    lender_encoder(&e, NULL, 0);
    fields[1].value_len = HPACK_MAX_INTEGER;
    ck_assert_uint_lt(hpack_encode_bound(fields, 2), SIZE_MAX);
    fields[1].value_len = (size_t)HPACK_MAX_INTEGER + 1;
    ck_assert_uint_eq(hpack_encode_bound(fields, 2), SIZE_MAX);
    ck_assert_int_eq(hpack_encode(&e, fields, 2, out, sizeof out), HPACK_ENOSPACE);
    fields[1].name_len = SIZE_MAX;
    fields[1].value_len = SIZE_MAX;
    ck_assert_uint_eq(hpack_encode_bound(fields, 2), SIZE_MAX);
}
END_TEST

/* A field out of few names and values, so that entries are met again, or with octets of any kind. */
static void random_field(uint32_t *seed, hpack_field *field, char *room) {
    static const char *const names[] = {":path", "cookie", "x-one", "x-two", "x-three", "date", "etag", "accept", ""};
    uint32_t dice = test_random(seed) % 100;
    size_t i;

    field->name = names[test_random(seed) % COUNT(names)];
    field->name_len = strlen(field->name);
    field->value = room;
    field->value_len = dice < 60 ? 4 + dice % 4 : dice < 98 ? dice : 20 * dice;
    field->never_index = dice % 10 == 0;
    memset(room, (int)('a' + test_random(seed) % 3), field->value_len);
    if (dice < 50) return;
    for (i = 0; i < field->value_len; i++) room[i] = (char)test_random(seed);
    if (dice < 90) return;
    field->name = room;
    field->name_len = field->value_len / 2;
}

START_TEST(what_is_encoded_decodes_with_both_decoders) {
    static const size_t sizes[] = {0, 32, 40, 64, 100, 256, 1000, 4096, 16384};
    static uint8_t memory[16384];
    static char rooms[16][2000];
    uint32_t seed = 99 + (uint32_t)_i;
    nghttp2_hd_inflater *inflater;
    field_log expected = {0}, theirs = {0};
    uint8_t *room = guard_new(BOUND_MAX);
    hpack_encoder e;
    receiver r;
    int round;

    receiver_open(&r, 16384, 65536);
    hpack_decoder_set_max_table_size(&r.d, 4096);
    lender_encoder(&e, memory, sizes[_i]);
    ck_assert_int_eq(nghttp2_hd_inflate_new(&inflater), 0);
    field_log_add(&expected, "", 0, "", 0, false);
    for (round = 0; round < 1500; round++) {
        hpack_field fields[16];
        size_t count = test_random(&seed) % COUNT(fields);
        size_t i, bound;
        uint8_t *out;
        ptrdiff_t len;

        field_log_clear(&expected);
        for (i = 0; i < count; i++) {
            random_field(&seed, &fields[i], rooms[i]);
            field_log_emit(&expected, &fields[i]);
        }
        for (i = test_random(&seed) % 40; i > 37; i--) {
            uint32_t limit = test_random(&seed) % 5000;

            hpack_encoder_set_max_table_size(&e, limit);
            hpack_decoder_set_max_table_size(&r.d, limit);
            ck_assert_int_eq(nghttp2_hd_inflate_change_table_size(inflater, limit), 0);
        }
        bound = hpack_encode_bound(fields, count);
        ck_assert_uint_le(bound, BOUND_MAX);
        out = room + BOUND_MAX - bound;
        len = hpack_encode(&e, fields, count, out, bound);
        ck_assert_int_ge(len, 0);
        ck_assert_int_eq(receiver_block(&r, out, (size_t)len, true, WHOLE), HPACK_OK);
        ck_assert_str_eq(r.log.text, expected.text);
        ck_assert_int_eq(peer_block(inflater, out, (size_t)len, &theirs), 0);
        if (count > 0) ck_assert_str_eq(theirs.text, expected.text);
    }
    guard_free(room, BOUND_MAX);
    nghttp2_hd_inflate_del(inflater);
    field_log_free(&expected);
    field_log_free(&theirs);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_5_2_strings_of_any_length_come_back) {
    static char value[700];
    static uint8_t out[2048];
    hpack_encoder e;
    receiver r;
    size_t len;

    memset(value, _i, sizeof value);
    lender_encoder(&e, NULL, 0);
    receiver_open(&r, 0, 1024);
    for (len = 0; len < sizeof value; len++) {
        hpack_field field = {"x", value, 1, len, false};
        field_log expected = {0};
        ptrdiff_t n = hpack_encode(&e, &field, 1, out, sizeof out);

        ck_assert_int_gt(n, 0);
        field_log_emit(&expected, &field);
        ck_assert_int_eq(receiver_block(&r, out, (size_t)n, true, WHOLE), HPACK_OK);
        ck_assert_str_eq(r.log.text, expected.text);
        field_log_free(&expected);
    }
    receiver_close(&r);
}
END_TEST

START_TEST(the_bound_suffices_where_all_lengths_are_long) {
    static char octets[300];
    hpack_field fields[32];
    hpack_encoder e;
    size_t bound, i;
    uint8_t *out;

    memset(octets, 0xff, sizeof octets);
    for (i = 0; i < COUNT(fields); i++) fields[i] = (hpack_field){octets, octets, 300, 300, true};
    lender_encoder(&e, NULL, 0);
    bound = hpack_encode_bound(fields, COUNT(fields));
    out = guard_new(bound);
    ck_assert_int_eq(hpack_encode(&e, fields, COUNT(fields), out, bound), 1 + 32 * (1 + 3 + 300 + 3 + 300));
    guard_free(out, bound);
}
END_TEST

Suite *hpack_encode_suite(void) {
    Suite *suite = suite_create("hpack: encoder");
    TCase *tests = tcase_create("encoder");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, rfc7541_6_representation_is_chosen, 0, (int)COUNT(rows));
    tcase_add_test(tests, rfc7541_6_2_1_a_value_that_seldom_repeats_is_indexed_when_it_does);
    tcase_add_test(tests, rfc7541_6_2_2_a_field_too_large_for_the_table_is_not_indexed);
    tcase_add_loop_test(tests, rfc7541_4_2_a_block_begins_with_the_updates_owed, 0, (int)COUNT(update_rows));
    tcase_add_test(tests, rfc7541_4_2_storage_below_the_default_is_announced);
    tcase_add_test(tests, a_smaller_buffer_is_refused_and_changes_nothing);
    tcase_add_test(tests, no_buffer_suffices_for_a_string_too_long_to_announce);
    tcase_add_loop_test(tests, what_is_encoded_decodes_with_both_decoders, 0, 9);
    tcase_add_test(tests, the_bound_suffices_where_all_lengths_are_long);
    tcase_add_loop_test(tests, rfc7541_5_2_strings_of_any_length_come_back, '0', '1');
    tcase_add_loop_test(tests, rfc7541_5_2_strings_of_any_length_come_back, 0xff, 0x100);
    suite_add_tcase(suite, tests);
    return suite;
}
