/* SPDX-License-Identifier: MIT */
/* Blocks whose strings do not fit the arena: nothing fails, nothing is emitted, the table stays in step. */
#include "hpack_int.h"
#include "hpack_suites.h"
#include "hpack_test.h"
#include "random_block.h"
#include "vectors.h"

/* Blocks on a table that holds "name: value", and the arena that just holds their strings. */
static const struct {
    const char *label;
    const char *block;
    size_t arena;
} fits[] = {
    {"a literal with indexing", "40 0161 04 31323334", 5},
    {"a literal without indexing", "00 0161 04 31323334", 5},
    {"a literal never indexed", "10 0161 04 31323334", 5},
    {"a literal with a static name", "44 04 31323334", 4},
    {"a literal with a dynamic name", "7e 0161", 5},
    {"an indexed dynamic field", "be", 9},
    {"indexed static fields", "82 84 81", 0},
    {"a Huffman value", "44 8cf1e3c2e5f23a6ba0ab90f4ff", 15},
    {"a Huffman value of the shortest codes", "44 850000000000", 8},
    {"a Huffman value of the longest codes", "44 88fffffff3ffffffcf", 2},
    {"a Huffman value of a long and a short code", "44 83fffe00", 2},
    {"a Huffman value of a long and three short codes", "44 85fffff60000", 4},
    {"a Huffman name and value", "00 8825a849e95ba97d7f 8925a849e95bb8e8b4bf", 22},
    {"many fields", "44 04 31323334 be 82 10 0161 04 31323334 7f00 0161", 4 + 9 + 5 + 5},
    {"empty strings", "40 00 00 44 00 10 80 80", 0},
};

static bool overflows(size_t row, size_t arena, split how) {
    receiver r;
    char first_arena[16];
    size_t len;
    uint8_t *block = vectors_hex(fits[row].block, &len);
    bool overflowed;

    receiver_open(&r, 128, arena);
    hpack_decoder_begin(&r.d, first_arena, sizeof first_arena);
    ck_assert_int_eq(hpack_decode(&r.d, (const uint8_t *)"\x40\4name\5value", 12, true, NULL, NULL), HPACK_OK);
    ck_assert_int_eq(receiver_block(&r, block, len, true, how), HPACK_OK);
    overflowed = hpack_decoder_overflowed(&r.d);
    receiver_close(&r);
    free(block);
    return overflowed;
}

START_TEST(strings_that_just_fit_do_not_overflow) {
    size_t arena = fits[_i].arena;
    size_t cut;

    for (cut = 0; cut < 24; cut++) {
        split how = cut == 0 ? OCTETS : (split){cut, 0, 0};

        ck_assert_msg(!overflows((size_t)_i, arena, how), "%s cut at %zu", fits[_i].label, cut);
        if (arena == 0) continue;
        ck_assert_msg(overflows((size_t)_i, arena - 1, how), "%s cut at %zu", fits[_i].label, cut);
    }
}
END_TEST

/* A value of `len` octets "v" for a new name "n", as a literal with the first octet `first`. */
static uint8_t *long_field(uint8_t first, size_t len, size_t *block_len) {
    uint8_t *block = malloc(len + 16);
    uint8_t *at = block;

    ck_assert_ptr_nonnull(block);
    *at++ = first;
    *at++ = 1;
    *at++ = 'n';
    at = hpack_int_write(at, HPACK_INT_FIRST(0, 0x7f), (uint32_t)len);
    memset(at, 'v', len);
    *block_len = (size_t)(at - block) + len;
    return block;
}

START_TEST(nothing_is_emitted_after_an_overflow) {
    receiver r;
    size_t len;
    uint8_t *block = long_field(0x00, 2000, &len);

    receiver_open(&r, 64, 64);
    hpack_decoder_begin(&r.d, r.arena, 64);
    ck_assert_int_eq(hpack_decode(&r.d, (const uint8_t *)"\x82\x40\1a\1b", 6, false, field_log_emit, &r.log), HPACK_OK);
    ck_assert_int_eq(hpack_decode(&r.d, block, len, false, field_log_emit, &r.log), HPACK_OK);
    ck_assert(hpack_decoder_overflowed(&r.d));
    ck_assert_int_eq(
        hpack_decode(&r.d, (const uint8_t *)"\x82\xbe\x40\1c\1d\x00\1e\1f", 12, true, field_log_emit, &r.log),
        HPACK_OK);
    ck_assert_str_eq(r.log.text, ":method: GET\na: b\n");
    ck_assert_int_eq(receiver_hex(&r, "82"), HPACK_OK);
    ck_assert(!hpack_decoder_overflowed(&r.d));
    ck_assert_str_eq(r.log.text, ":method: GET\n");
    free(block);
    receiver_close(&r);
}
END_TEST

#ifndef H2_SMALL /* which refuses what has come */
START_TEST(a_string_is_refused_on_its_announced_length) {
    static const struct {
        const char *label;
        const char *octets;
        bool overflows;
    } rows[] = {
        {"a value of 65", "44 41", true},
        {"a value of 64", "44 40", false},
        {"a name of 65", "40 41", true},
        {"a name of 64", "40 40", false},
        {"a Huffman value that holds at least 65", "44 ff75", true},
        {"a Huffman value that may hold 64", "44 ff74", false},
        {"the longest value", "44 7f80ffff7f", true},
        {"the longest Huffman value", "44 ff80ffff7f", true},
    };
    receiver r;
    size_t i, len;

    for (i = 0; i < COUNT(rows); i++) {
        uint8_t *octets = vectors_hex(rows[i].octets, &len);

        receiver_open(&r, 64, 64);
        ck_assert_int_eq(receiver_block(&r, octets, len, false, OCTETS), HPACK_OK);
        ck_assert_msg(hpack_decoder_overflowed(&r.d) == rows[i].overflows, "%s", rows[i].label);
        receiver_close(&r);
        free(octets);
    }
}
END_TEST
#endif

START_TEST(rfc7541_4_4_a_field_larger_than_the_arena_empties_the_table) {
    static const size_t lengths[] = {32, 63, 64, 65, 100, 5000, 100000};
    receiver r;
    size_t i, len;

    for (i = 0; i < COUNT(lengths); i++) {
        uint8_t *block = long_field(0x40, lengths[i], &len);

        receiver_open(&r, 64, 64);
        ck_assert_int_eq(receiver_hex(&r, "40 0161 0162"), HPACK_OK);
        ck_assert_int_eq(receiver_block(&r, block, len, true, (split){0, 1000, 0}), HPACK_OK);
        ck_assert(hpack_decoder_overflowed(&r.d) == (lengths[i] > 63));
        ck_assert_uint_eq(r.d.table.count, 0);
        ck_assert_int_eq(receiver_hex(&r, "40 0163 0164 be"), HPACK_OK);
        ck_assert_str_eq(r.log.text, "c: d\nc: d\n");
        free(block);
        receiver_close(&r);
    }
}
END_TEST

START_TEST(a_field_larger_than_the_arena_that_is_not_indexed_leaves_the_table) {
    receiver r;
    size_t len;
    uint8_t *block = long_field((uint8_t)_i, 5000, &len);

    receiver_open(&r, 64, 64);
    ck_assert_int_eq(receiver_hex(&r, "40 0161 0162"), HPACK_OK);
    ck_assert_int_eq(receiver_block(&r, block, len, true, (split){0, 1000, 0}), HPACK_OK);
    ck_assert(hpack_decoder_overflowed(&r.d));
    receiver_entries(&r);
    ck_assert_str_eq(r.log.text, "a: b\n");
    free(block);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_5_2_errors_are_found_in_what_is_discarded) {
    static const struct {
        const char *tail;
        hpack_error error;
    } rows[] = {
        {"82", HPACK_OK},
        {"80", HPACK_EINDEX},
        {"40 84ffffffff", HPACK_EHUFFMAN},
        {"00 82ffff", HPACK_EHUFFMAN},
        {"10 01 00", HPACK_ETRUNCATED},
        {"40 7f80808080", HPACK_EINTEGER},
        {"20", HPACK_EUPDATE},
        {"be", HPACK_EINDEX},
    };
    size_t i, len, tail_len;
    uint8_t *block = long_field(0x00, 5000, &len);

    for (i = 0; i < COUNT(rows); i++) {
        receiver r;
        uint8_t *tail = vectors_hex(rows[i].tail, &tail_len);

        receiver_open(&r, 64, 64);
        hpack_decoder_begin(&r.d, r.arena, 64);
        ck_assert_int_eq(hpack_decode(&r.d, block, len, false, NULL, NULL), HPACK_OK);
        ck_assert_int_eq(hpack_decode(&r.d, tail, tail_len, true, NULL, NULL), rows[i].error);
        receiver_close(&r);
        free(tail);
    }
    free(block);
}
END_TEST

START_TEST(a_small_arena_keeps_the_table_in_step) {
    static uint8_t block[RANDOM_BLOCK_MAX];
    static const size_t sizes[] = {0, 36, 64, 256, 1024, 4096};
    uint32_t seed = 77 + (uint32_t)_i;
    size_t bytes = sizes[_i];
    receiver large, small;
    int round;

    receiver_open(&large, bytes, 4 * RANDOM_BLOCK_MAX);
    receiver_open(&small, bytes, bytes);
    for (round = 0; round < 1500; round++) {
        size_t len = random_block(&seed, block, 12, large.d.table.count, bytes / 8 + 4);
        hpack_error error = receiver_block(&large, block, len, true, WHOLE);

        ck_assert_int_eq(receiver_block(&small, block, len, true, (split){0, 0, test_random(&seed)}), error);
        if (!hpack_decoder_overflowed(&small.d)) ck_assert_str_eq(large.log.text, small.log.text);
        if (error) {
            receiver_close(&large);
            receiver_close(&small);
            receiver_open(&large, bytes, 4 * RANDOM_BLOCK_MAX);
            receiver_open(&small, bytes, bytes);
        }
        if (large.d.table.count > 40) continue;
        receiver_entries(&large);
        receiver_entries(&small);
        ck_assert_str_eq(large.log.text, small.log.text);
    }
    receiver_close(&large);
    receiver_close(&small);
}
END_TEST

Suite *hpack_overflow_suite(void) {
    Suite *suite = suite_create("hpack: blocks larger than the arena");
    TCase *tests = tcase_create("overflow");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, strings_that_just_fit_do_not_overflow, 0, (int)COUNT(fits));
    tcase_add_test(tests, nothing_is_emitted_after_an_overflow);
#ifndef H2_SMALL
    tcase_add_test(tests, a_string_is_refused_on_its_announced_length);
#endif
    tcase_add_test(tests, rfc7541_4_4_a_field_larger_than_the_arena_empties_the_table);
    tcase_add_test(tests, rfc7541_5_2_errors_are_found_in_what_is_discarded);
    tcase_add_loop_test(tests, a_small_arena_keeps_the_table_in_step, 0, 6);
    tcase_add_loop_test(tests, a_field_larger_than_the_arena_that_is_not_indexed_leaves_the_table, 0x00, 0x01);
    tcase_add_loop_test(tests, a_field_larger_than_the_arena_that_is_not_indexed_leaves_the_table, 0x10, 0x11);
    suite_add_tcase(suite, tests);
    return suite;
}
