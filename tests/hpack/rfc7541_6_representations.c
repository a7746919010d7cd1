/* SPDX-License-Identifier: MIT */
#include "hpack_dynamic.h"
#include "hpack_static.h"
#include "hpack_string.h"
#include "hpack_suites.h"
#include "hpack_test.h"

#define ADD_A_1 "40 0161 0131"
#define ADD_B_2 "40 0162 0132"

static const block_row rows[] = {
    {"nothing", 4096, NULL, "", HPACK_OK, "", 0, ""},
    {"6.1: first static entry", 4096, NULL, "81", HPACK_OK, ":authority: \n", 0, ""},
    {"6.1: last static entry", 4096, NULL, "bd", HPACK_OK, "www-authenticate: \n", 0, ""},
    {"6.1: all kinds of static entries", 4096, NULL, "82 83 8e 90", HPACK_OK,
     ":method: GET\n:method: POST\n:status: 500\naccept-encoding: gzip, deflate\n", 0, ""},
    {"6.1: index written with more octets than it needs", 4096, NULL, "ff80 00", HPACK_EINDEX, "", 0, ""},
    {"6.1: newest and oldest dynamic entry", 4096, ADD_A_1 ADD_B_2, "be bf", HPACK_OK, "b: 2\na: 1\n", 68,
     "b: 2\na: 1\n"},
    {"6.2.1: new name", 4096, NULL, ADD_A_1, HPACK_OK, "a: 1\n", 34, "a: 1\n"},
    {"6.2.1: static name", 4096, NULL, "7a 0131", HPACK_OK, "user-agent: 1\n", 43, "user-agent: 1\n"},
    {"6.2.1: dynamic name", 4096, ADD_A_1, "7e 0132", HPACK_OK, "a: 2\n", 68, "a: 2\na: 1\n"},
    {"6.2.1: name index of two octets", 4096, ADD_A_1 ADD_B_2, "7f00 0132", HPACK_OK, "a: 2\n", 102,
     "a: 2\nb: 2\na: 1\n"},
    {"6.2.1: empty name and value", 4096, NULL, "40 00 00", HPACK_OK, ": \n", 32, ": \n"},
    {"6.2.1: empty value", 4096, NULL, "40 0161 00", HPACK_OK, "a: \n", 33, "a: \n"},
    {"6.2.1: Huffman strings of nothing", 4096, NULL, "40 80 80", HPACK_OK, ": \n", 32, ": \n"},
    {"6.2.1: Huffman name, plain value", 4096, NULL, "40 811f 0131", HPACK_OK, "a: 1\n", 34, "a: 1\n"},
    {"6.2.1: the name's entry is evicted by its own field", 68, ADD_A_1 ADD_B_2, "7f00 0133", HPACK_OK, "a: 3\n", 68,
     "a: 3\nb: 2\n"},
    {"6.2.1: all entries are evicted, the name's among them", 68, ADD_A_1 ADD_B_2, "7f00 03333333", HPACK_OK,
     "a: 333\n", 36, "a: 333\n"},
    {"6.2.1: too large for the table", 36, "40 0161 0131", "7e 0433333333", HPACK_OK, "a: 3333\n", 0, ""},
    {"6.2.1: no table", 0, NULL, ADD_A_1, HPACK_OK, "a: 1\n", 0, ""},
    {"6.2.2: new name", 4096, NULL, "00 0161 0131", HPACK_OK, "a: 1\n", 0, ""},
    {"6.2.2: static name", 4096, NULL, "0f0d 0130", HPACK_OK, "content-length: 0\n", 0, ""},
    {"6.2.2: dynamic name", 4096, ADD_A_1, "0f2f 0132", HPACK_OK, "a: 2\n", 34, "a: 1\n"},
    {"6.2.3: new name", 4096, NULL, "10 0161 0131", HPACK_OK, "!a: 1\n", 0, ""},
    {"6.2.3: static name", 4096, NULL, "1f08 0131", HPACK_OK, "!authorization: 1\n", 0, ""},
    {"6.2.3: dynamic name", 4096, ADD_A_1, "1f2f 0132", HPACK_OK, "!a: 2\n", 34, "a: 1\n"},
    {"the mark of one field is not that of the next", 4096, NULL, "10 0161 0131 00 0161 0131 82", HPACK_OK,
     "!a: 1\na: 1\n:method: GET\n", 0, ""},
    {"an entry is indexed in the block that adds it", 4096, NULL, ADD_A_1 "be be", HPACK_OK, "a: 1\na: 1\na: 1\n", 34,
     "a: 1\n"},
    {"fields in their order", 4096, NULL, "82" ADD_A_1 "00 0162 0132 be 10 0163 0133 84", HPACK_OK,
     ":method: GET\na: 1\nb: 2\na: 1\n!c: 3\n:path: /\n", 34, "a: 1\n"},
    {"octets of any value are strings", 4096, NULL, "00 0300ff0a 027f80", HPACK_OK, "\\x00\\xff\\x0a: \\x7f\\x80\n", 0,
     ""},
    {"2.3.3: index 0", 4096, NULL, "82 80", HPACK_EINDEX, ":method: GET\n", 0, ""},
    {"2.3.3: index past an empty table", 4096, NULL, "be", HPACK_EINDEX, "", 0, ""},
    {"2.3.3: index past the oldest entry", 4096, ADD_A_1, "be bf", HPACK_EINDEX, "a: 1\n", 0, ""},
    {"2.3.3: name index past an empty table", 4096, NULL, "7e 0131", HPACK_EINDEX, "", 0, ""},
    {"2.3.3: name index past the oldest entry", 4096, ADD_A_1, "0f30 0131", HPACK_EINDEX, "", 0, ""},
    {"2.3.3: an evicted entry", 34, ADD_A_1 ADD_B_2, "bf", HPACK_EINDEX, "", 0, ""},
    {"2.3.3: the largest index", 4096, NULL, "ff80ffff7f", HPACK_EINDEX, "", 0, ""},
    {"5.1: an index too large", 4096, NULL, "ff81ffff7f", HPACK_EINTEGER, "", 0, ""},
    {"5.1: a name index too long", 4096, NULL, "0f8080808000", HPACK_EINTEGER, "", 0, ""},
    {"5.1: a name length too large", 4096, NULL, "40 7f81ffff7f", HPACK_EINTEGER, "", 0, ""},
    {"5.1: a value length too long", 4096, NULL, "82 44 ff8080808000", HPACK_EINTEGER, ":method: GET\n", 0, ""},
    {"5.2: name with wrong padding", 4096, NULL, "40 8100", HPACK_EHUFFMAN, "", 0, ""},
    {"5.2: value with wrong padding", 4096, NULL, "40 0161 8107 40 0161 8100", HPACK_EHUFFMAN, "a: 0\n", 0, ""},
    {"5.2: value with too much padding", 4096, NULL, "40 0161 8207ff", HPACK_EHUFFMAN, "", 0, ""},
    {"5.2: value with eight bits of padding", 4096, NULL, "40 0161 82f8ff", HPACK_EHUFFMAN, "", 0, ""},
    {"5.2: name with EOS", 4096, NULL, "40 84ffffffff", HPACK_EHUFFMAN, "", 0, ""},
    {"5.2: EOS long before the end of the value", 4096, NULL, "40 0161 ff8008 07ffffffff 0707", HPACK_EHUFFMAN, "", 0,
     ""},
    {"5.2: bits of one string do not reach the next", 4096, NULL, "40 8107 8107", HPACK_OK, "0: 0\n", 34, "0: 0\n"},
    {"3.1: no length of the name", 4096, NULL, "40", HPACK_ETRUNCATED, "", 0, ""},
    {"3.1: no value", 4096, NULL, "82 44", HPACK_ETRUNCATED, ":method: GET\n", 0, ""},
    {"3.1: half a value", 4096, NULL, "44 0261", HPACK_ETRUNCATED, "", 0, ""},
    {"3.1: half an index", 4096, NULL, "ff", HPACK_ETRUNCATED, "", 0, ""},
    {"3.1: half a size update", 4096, NULL, "3f", HPACK_ETRUNCATED, "", 0, ""},
};

START_TEST(rfc7541_6_representation_decodes_or_is_refused) {
    check_block_row(&rows[_i]);
}
END_TEST

#ifdef H2_SMALL

static void entry(uint32_t index, hpack_field *field) {
    const hpack_table empty = {0};
    ck_assert(hpack_table_entry(&empty, index, field));
}

/* Its index; *whole tells whether the value is the entry's too. */
static uint32_t find(const hpack_field *field, bool *whole) {
    const hpack_table empty = {0};
    uint32_t found = hpack_table_find(&empty, field);
    *whole = found & HPACK_FOUND_WHOLE;
    return found & HPACK_FOUND_INDEX;
}

#else

static void entry(uint32_t index, hpack_field *field) {
    hpack_static_get(index, field);
}

static uint32_t find(const hpack_field *field, bool *whole) {
    uint32_t known = hpack_static_find(field, hpack_hash(field->name, field->name_len));
    *whole = known & HPACK_KNOWN_WHOLE;
    return known & HPACK_KNOWN_INDEX;
}

#endif

START_TEST(rfc7541_appendix_a_entries_are_found_by_what_they_hold) {
    uint32_t index;

    for (index = 1; index <= HPACK_STATIC_COUNT; index++) {
        hpack_field field;
        uint32_t known;
        bool whole;

        entry(index, &field);
        ck_assert_uint_eq(find(&field, &whole), index);
        ck_assert(whole);
        field.value = "no static value";
        field.value_len = 15;
        known = find(&field, &whole);
        ck_assert(known >= 1 && known <= index && !whole);
        entry(known, &field);
        field.value_len = 0;
        field.name_len--;
        ck_assert_uint_eq(find(&field, &whole), 0);
    }
}
END_TEST

START_TEST(an_empty_last_piece_ends_a_block) {
    receiver r;

    receiver_open(&r, 4096, 4096);
    hpack_decoder_begin(&r.d, r.arena, r.arena_bytes);
    ck_assert_int_eq(hpack_decode(&r.d, (const uint8_t *)"\x82", 1, false, field_log_emit, &r.log), HPACK_OK);
    ck_assert_int_eq(hpack_decode(&r.d, NULL, 0, true, field_log_emit, &r.log), HPACK_OK);
    ck_assert_str_eq(r.log.text, ":method: GET\n");
    ck_assert_int_eq(hpack_decode(&r.d, (const uint8_t *)"\x40", 1, false, field_log_emit, &r.log), HPACK_OK);
    ck_assert_int_eq(hpack_decode(&r.d, NULL, 0, true, field_log_emit, &r.log), HPACK_ETRUNCATED);
    receiver_close(&r);
}
END_TEST

START_TEST(fields_may_be_dropped) {
    receiver r;

    receiver_open(&r, 4096, 4096);
    hpack_decoder_begin(&r.d, r.arena, r.arena_bytes);
    ck_assert_int_eq(hpack_decode(&r.d, (const uint8_t *)"\x82\x40\1a\1b\xbe\x10\1a\1b", 12, true, NULL, NULL),
                     HPACK_OK);
    receiver_entries(&r);
    ck_assert_str_eq(r.log.text, "a: b\n");
    receiver_close(&r);
}
END_TEST

Suite *rfc7541_6_representations_suite(void) {
    Suite *suite = suite_create("RFC 7541, 6: representations");
    TCase *tests = tcase_create("representations");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, rfc7541_6_representation_decodes_or_is_refused, 0, (int)COUNT(rows));
    tcase_add_test(tests, rfc7541_appendix_a_entries_are_found_by_what_they_hold);
    tcase_add_test(tests, an_empty_last_piece_ends_a_block);
    tcase_add_test(tests, fields_may_be_dropped);
    suite_add_tcase(suite, tests);
    return suite;
}
