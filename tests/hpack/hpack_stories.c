/* SPDX-License-Identifier: MIT */
#include "hpack_suites.h"
#include "hpack_test.h"
#include "peer.h"
#include "vectors.h"

/* Storage that the table sizes of all stories fit in. */
#define TABLE_BYTES 16384u
#define FIELDS_MAX  256u
#define BLOCK_MAX   65536u

static void log_fields(field_log *log, const json_t *fields) {
    size_t i;
    const json_t *field;

    field_log_clear(log);
    json_array_foreach(fields, i, field) {
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)field, name, value)
            field_log_add(log, name, strlen(name), json_string_value(value), json_string_length(value), false);
    }
}

/* The decoded fields but for the marks of never indexed ones, which stories do not tell. */
static void drop_marks(field_log *log) {
    char *from = log->text, *to = log->text;
    bool line_start = true;

    for (; *from; from++) {
        if (!(line_start && *from == '!')) *to++ = *from;
        line_start = *from == '\n';
    }
    *to = '\0';
}

static void decode_story(const char *path, const json_t *cases, split how) {
    const json_t *one;
    field_log expected = {0};
    receiver r;
    size_t i;

    receiver_open(&r, TABLE_BYTES, BLOCK_MAX);
    json_array_foreach(cases, i, one) {
        const json_t *size = json_object_get(one, "header_table_size");
        size_t len;
        uint8_t *block = vectors_octets(json_object_get(one, "wire"), &len);

        if (size) hpack_decoder_set_max_table_size(&r.d, (uint32_t)json_integer_value(size));
        log_fields(&expected, json_object_get(one, "headers"));
        ck_assert_msg(receiver_block(&r, block, len, true, how) == HPACK_OK, "%s, block %zu", path, i);
        ck_assert(!hpack_decoder_overflowed(&r.d));
        drop_marks(&r.log);
        ck_assert_str_eq(r.log.text, expected.text);
        free(block);
    }
    field_log_free(&expected);
    receiver_close(&r);
}

static void decode_at_all_splits(const char *path, const json_t *root, void *ctx) {
    static const split splits[] = {{0, 0, 0}, {0, 1, 0}, {1, 7, 0}, {0, 0, 11}, {0, 0, 12}, {0, 0, 13}};
    const json_t *cases = json_object_get(root, "cases");
    size_t i;

    (void)ctx;
    ck_assert_uint_gt(json_array_size(cases), 0);
    for (i = 0; i < COUNT(splits); i++) decode_story(path, cases, splits[i]);
}

START_TEST(stories_of_nghttp2_decode_to_their_fields) {
    vectors_each("hpack/nghttp2", decode_at_all_splits, NULL);
}
END_TEST

START_TEST(stories_with_changing_table_size_decode_to_their_fields) {
    vectors_each("hpack/nghttp2-change-table-size", decode_at_all_splits, NULL);
}
END_TEST

/* The octets of text and of blocks, over all stories. */
typedef struct totals {
    size_t text;
    size_t wire;
} totals;

static size_t take_fields(const json_t *list, hpack_field *fields) {
    size_t count = 0;
    size_t i;
    const json_t *field;

    json_array_foreach(list, i, field) {
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)field, name, value) {
            ck_assert_uint_lt(count, FIELDS_MAX);
            fields[count++] =
                (hpack_field){name, json_string_value(value), strlen(name), json_string_length(value), false};
        }
    }
    return count;
}

static void encode_story(const char *path, const json_t *root, void *ctx) {
    static uint8_t block[BLOCK_MAX];
    static uint32_t memory[TABLE_BYTES / 4];
    totals *sum = ctx;
    const json_t *one;
    nghttp2_hd_inflater *inflater;
    field_log expected = {0}, theirs = {0};
    hpack_encoder e;
    receiver r;
    size_t i, k;

    lender_encoder(&e, memory, sizeof memory);
    receiver_open(&r, 4096, BLOCK_MAX);
    ck_assert_int_eq(nghttp2_hd_inflate_new(&inflater), 0);
    json_array_foreach(json_object_get(root, "cases"), i, one) {
        hpack_field fields[FIELDS_MAX];
        size_t count = take_fields(json_object_get(one, "headers"), fields);
        ptrdiff_t len = hpack_encode(&e, fields, count, block, sizeof block);

        log_fields(&expected, json_object_get(one, "headers"));
        ck_assert_int_ge(len, 0);
        ck_assert_msg(receiver_block(&r, block, (size_t)len, true, WHOLE) == HPACK_OK, "%s, block %zu", path, i);
        ck_assert_str_eq(r.log.text, expected.text);
        ck_assert_msg(peer_block(inflater, block, (size_t)len, &theirs) == 0, "%s, block %zu", path, i);
        ck_assert_str_eq(theirs.text, expected.text);
        sum->wire += (size_t)len;
        for (k = 0; k < count; k++) sum->text += fields[k].name_len + fields[k].value_len;
    }
    nghttp2_hd_inflate_del(inflater);
    field_log_free(&expected);
    field_log_free(&theirs);
    receiver_close(&r);
}

START_TEST(stories_encoded_by_us_decode_with_both_decoders_and_are_small) {
    totals sum = {0, 0};

    if (vectors_each("hpack/raw-data", encode_story, &sum) == 0) return;
    printf("%zu octets of fields in %zu octets of blocks, a ratio of %.4f\n", sum.text, sum.wire,
           (double)sum.wire / (double)sum.text);
    ck_assert_uint_lt(sum.wire * 1000, sum.text * 309);
}
END_TEST

Suite *hpack_stories_suite(void) {
    Suite *suite = suite_create("hpack: stories");
    TCase *tests = tcase_create("stories");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, stories_of_nghttp2_decode_to_their_fields);
    tcase_add_test(tests, stories_with_changing_table_size_decode_to_their_fields);
    tcase_add_test(tests, stories_encoded_by_us_decode_with_both_decoders_and_are_small);
    suite_add_tcase(suite, tests);
    return suite;
}
