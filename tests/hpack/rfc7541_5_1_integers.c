/* SPDX-License-Identifier: MIT */
#include "hpack_int.h"
#include "hpack_suites.h"
#include "hpack_test.h"
#include "vectors.h"

/* Read what `len` octets at `in` begin with. */
static hpack_int_status read_integer(const uint8_t *in, size_t len, unsigned prefix, uint32_t *value) {
    uint8_t shift;
    hpack_int_status status = HPACK_INT_MORE;
    size_t i;

    for (i = 0; i < len && status == HPACK_INT_MORE; i++)
        status = i == 0 ? hpack_int_first(value, &shift, in[i], (uint8_t)((1u << prefix) - 1))
                        : hpack_int_next(value, &shift, in[i]);
    return status;
}

static const struct {
    const char *label;
    unsigned prefix;
    const char *octets;
    hpack_int_status status;
    uint32_t value;
    bool shortest; /* what the writer makes of the value */
} rows[] = {
    {"C.1.1: 10 with a prefix of 5", 5, "0a", HPACK_INT_DONE, 10, true},
    {"C.1.2: 1337 with a prefix of 5", 5, "1f9a0a", HPACK_INT_DONE, 1337, true},
    {"C.1.3: 42 with a prefix of 8", 8, "2a", HPACK_INT_DONE, 42, true},
    {"zero", 5, "00", HPACK_INT_DONE, 0, true},
    {"one less than the prefix holds", 4, "0e", HPACK_INT_DONE, 14, true},
    {"what the prefix holds takes a second octet", 4, "0f00", HPACK_INT_DONE, 15, true},
    {"prefix of 1", 1, "0101", HPACK_INT_DONE, 2, true},
    {"prefix of 7", 7, "7f80 01", HPACK_INT_DONE, 255, true},
    {"bits above the prefix do not count", 5, "ff9a0a", HPACK_INT_DONE, 1337, false},
    {"a last octet of zero is allowed", 5, "1f9a8a00", HPACK_INT_DONE, 1337, false},
    {"the largest, prefix of 7", 7, "7f80ffff7f", HPACK_INT_DONE, HPACK_MAX_INTEGER, true},
    {"the largest, prefix of 4", 4, "0ff0ffff7f", HPACK_INT_DONE, HPACK_MAX_INTEGER, true},
    {"one more than the largest", 7, "7f81ffff7f", HPACK_INT_BAD, 0, false},
    {"all bits of four continuations", 8, "ffffffff7f", HPACK_INT_BAD, 0, false},
    {"a fifth continuation", 5, "1f8080808000", HPACK_INT_BAD, 0, false},
    {"zeros that do not end", 5, "1f80808080808080808080", HPACK_INT_BAD, 0, false},
    {"2 to the 32nd", 5, "1fe1ffffff0f", HPACK_INT_BAD, 0, false},
    {"2 to the 64th", 5, "1fe1ffffffffffffffff01", HPACK_INT_BAD, 0, false},
};

START_TEST(rfc7541_5_1_each_row_reads_and_writes) {
    size_t len;
    size_t i;
    uint8_t *octets = vectors_hex(rows[_i].octets, &len);
    uint8_t written[HPACK_INT_MAX_OCTETS];
    uint32_t value = 0;

    ck_assert_msg(read_integer(octets, len, rows[_i].prefix, &value) == rows[_i].status, "%s", rows[_i].label);
    if (rows[_i].status == HPACK_INT_DONE) {
        ck_assert_msg(value == rows[_i].value, "%s: %u", rows[_i].label, value);
        for (i = 0; i < len; i++) ck_assert_int_eq(read_integer(octets, i, rows[_i].prefix, &value), HPACK_INT_MORE);
    }
    if (rows[_i].shortest) {
        ck_assert_uint_eq((size_t)(hpack_int_write(written, HPACK_INT_FIRST(0, (uint8_t)((1u << rows[_i].prefix) - 1)),
                                                   rows[_i].value) -
                                   written),
                          len);
        ck_assert_mem_eq(written, octets, len);
    }
    free(octets);
}
END_TEST

START_TEST(rfc7541_5_1_what_is_written_is_read) {
    uint32_t seed = 7541;
    unsigned prefix = (unsigned)_i;
    uint32_t round;

    for (round = 0; round < 20000; round++) {
        uint32_t value = test_random(&seed) & HPACK_MAX_INTEGER;
        uint8_t flags = (uint8_t)(0xffu << prefix);
        uint8_t written[HPACK_INT_MAX_OCTETS];
        uint32_t back = 0;
        uint8_t *end;

        value >>= test_random(&seed) % 28;
        end = hpack_int_write(written, HPACK_INT_FIRST(flags, (uint8_t)~flags), value);
        ck_assert_uint_eq(written[0] & flags, flags);
        ck_assert_int_eq(read_integer(written, (size_t)(end - written), prefix, &back), HPACK_INT_DONE);
        ck_assert_uint_eq(back, value);
    }
}
END_TEST

Suite *rfc7541_5_1_integers_suite(void) {
    Suite *suite = suite_create("RFC 7541, 5.1: integers");
    TCase *tests = tcase_create("integers");

    tcase_add_loop_test(tests, rfc7541_5_1_each_row_reads_and_writes, 0, (int)COUNT(rows));
    tcase_add_loop_test(tests, rfc7541_5_1_what_is_written_is_read, 1, 9);
    suite_add_tcase(suite, tests);
    return suite;
}
