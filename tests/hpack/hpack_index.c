/* SPDX-License-Identifier: MIT */
/* How the encoder finds entries again: never one that is not equal, whatever the hashes and however many were added. */
#include "hpack_index.h"
#include "hpack_suites.h"
#include "hpack_test.h"

#define STRING_MAX 40u

typedef struct exchange {
    hpack_encoder e;
    receiver r;
    uint32_t memory[1024];
    uint8_t out[256];
} exchange;

static void exchange_open(exchange *l) {
    lender_encoder(&l->e, l->memory, sizeof l->memory);
    receiver_open(&l->r, 4096, 4096);
}

/* Encode the field, check that it decodes to itself, and return its first octet. */
static uint8_t send(exchange *l, const char *name, size_t name_len, const char *value, size_t value_len) {
    hpack_field field = {name, value, name_len, value_len, false};
    ptrdiff_t len = hpack_encode(&l->e, &field, 1, l->out, sizeof l->out);
    field_log expected = {0};

    ck_assert_int_gt(len, 0);
    field_log_emit(&expected, &field);
    field_log_clear(&l->r.log);
    hpack_decoder_begin(&l->r.d, l->r.arena, l->r.arena_bytes);
    ck_assert_int_eq(hpack_decode(&l->r.d, l->out, (size_t)len, true, field_log_emit, &l->r.log), HPACK_OK);
    ck_assert_str_eq(l->r.log.text, expected.text);
    field_log_free(&expected);
    return l->out[0];
}

/* A value of 8 octets for each number. */
static void numbered(char *value, uint32_t number) {
    int i;

    for (i = 0; i < 8; i++, number /= 10) value[i] = (char)('0' + number % 10);
}

START_TEST(strings_that_differ_in_one_octet_are_told_apart) {
    static exchange l;
    size_t len, at;

    for (len = 1; len <= STRING_MAX; len++) {
        char same[STRING_MAX], other[STRING_MAX];

        memset(same, 'x', len);
        for (at = 0; at < len; at++) {
            memset(other, 'x', len);
            other[at] = 'y';
            exchange_open(&l);
            ck_assert_uint_eq(send(&l, same, len, same, len), 0x40);
            ck_assert_uint_eq(send(&l, same, len, same, len), 0x80 + 62);
            ck_assert_uint_eq(send(&l, same, len, other, len), 0x40 + 62);
            ck_assert_uint_eq(send(&l, other, len, same, len), 0x40);
            ck_assert_uint_eq(send(&l, other, len, same, len), 0x80 + 62);
            receiver_close(&l.r);
        }
    }
}
END_TEST

START_TEST(names_that_are_like_static_ones_in_part_are_told_apart) {
    static exchange l;
    static const char *const names[] = {":methox", ":metxod", "content-lxngth", "www-authxnticate", "agx", "xge"};
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        exchange_open(&l);
        ck_assert_uint_eq(send(&l, names[i], strlen(names[i]), "GET", 3), 0x40);
        receiver_close(&l.r);
    }
}
END_TEST

#ifndef H2_SMALL /* which has no index */
/* Make "name: value" with a value of 6 octets that no call made before, in bucket 0 or in any other. */
static void fresh_value(char *value, uint32_t *counter, bool in_bucket_0) {
    uint32_t hash;

    do {
        uint32_t number = ++*counter;
        int i;

        for (i = 0; i < 6; i++, number /= 26) value[i] = (char)('a' + number % 26);
        hash = hpack_field_hash(&(hpack_field){"name", value, 4, 6, false});
    } while (HPACK_BUCKET(hash, HPACK_BUCKETS) == 0 ? !in_bucket_0 : in_bucket_0);
}

static void add_fresh(exchange *l, uint32_t *counter, bool in_bucket_0) {
    char value[6];
    hpack_field field = {"name", value, 4, sizeof value, false};

    fresh_value(value, counter, in_bucket_0);
    ck_assert_int_gt(hpack_encode(&l->e, &field, 1, l->out, sizeof l->out), 0);
}

START_TEST(a_link_from_65536_entries_ago_makes_no_circle) {
    static exchange l;
    uint32_t counter = 0;
    int i;

    exchange_open(&l);
    add_fresh(&l, &counter, true);
    for (i = 1; i < 65536; i++) add_fresh(&l, &counter, i == _i);
    /* This takes the number of the first, which is the link of the one in between or, without one, its own. */
    add_fresh(&l, &counter, true);
    /* Nothing that is not there is searched for ever. */
    add_fresh(&l, &counter, true);
    ck_assert_uint_eq(l.out[0], 0x40 + 62);
    receiver_close(&l.r);
}
END_TEST
#endif

START_TEST(entries_are_found_after_65536_were_added) {
    static exchange l;
    uint32_t seed = 65536;
    uint32_t i;

    exchange_open(&l);
    for (i = 0; i < 140000; i++) {
        const char *name = i % 3 ? "x-one" : "x-two";
        char value[6] = "aaaaaa";

        value[1] = (char)('a' + test_random(&seed) % 26);
        value[4] = (char)('a' + test_random(&seed) % 8);
        send(&l, name, 5, value, sizeof value);
        /* The second time it is an index. */
        ck_assert_uint_ge(send(&l, name, 5, value, sizeof value), 0x80 + 62);
    }
    receiver_close(&l.r);
}
END_TEST

/* Send the `n` newest of the numbers below `end` again: each is an index. */
static void find_again(exchange *l, uint32_t end, uint32_t n) {
    uint32_t i;

    for (i = end - n; i < end; i++) {
        char value[8];

        numbered(value, i);
        ck_assert_uint_ge(send(l, "x-name", 6, value, sizeof value), 0x80 + 62);
    }
}

START_TEST(all_entries_of_a_large_table_are_found) {
    static exchange l;
    static uint32_t memory[65536 / 4];
    uint32_t most = 65536 / (6 + 8 + HPACK_ENTRY_OVERHEAD);
    uint32_t i;

    lender_encoder(&l.e, memory, sizeof memory);
    hpack_encoder_set_max_table_size(&l.e, sizeof memory);
    receiver_open(&l.r, sizeof memory, sizeof memory);
    hpack_decoder_set_max_table_size(&l.r.d, sizeof memory);
    for (i = 0; i < 3 * most; i++) {
        char value[8];

        numbered(value, i);
        send(&l, "x-name", 6, value, sizeof value);
        if (i == 254 || i == 255 || i == 256 || i == 257 || i == 600) find_again(&l, i + 1, i + 1);
    }
    ck_assert_uint_eq(l.e.table.count, most);
    find_again(&l, 3 * most, most);
    receiver_close(&l.r);
}
END_TEST

Suite *hpack_index_suite(void) {
    Suite *suite = suite_create("hpack: the encoder's index");
    TCase *tests = tcase_create("index");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, strings_that_differ_in_one_octet_are_told_apart);
    tcase_add_test(tests, names_that_are_like_static_ones_in_part_are_told_apart);
#ifndef H2_SMALL
    tcase_add_loop_test(tests, a_link_from_65536_entries_ago_makes_no_circle, 0, 1);
    tcase_add_loop_test(tests, a_link_from_65536_entries_ago_makes_no_circle, 65526, 65527);
#endif
    tcase_add_test(tests, entries_are_found_after_65536_were_added);
    tcase_add_test(tests, all_entries_of_a_large_table_are_found);
    suite_add_tcase(suite, tests);
    return suite;
}
