/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "hpack_huffman.h"
#include "hpack_suites.h"
#include "hpack_test.h"
#include "small_huffman.h"
#include "vectors.h"

/* Each test runs on both builds of the code: the loop's index picks one. */
static const struct builds {
    size_t (*decode)(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out);
    uint8_t *(*encode)(uint8_t *out, const char *string, size_t len);
} builds[] = {
    {hpack_huffman_decode, hpack_huffman_encode},
    {small_huffman_decode, small_huffman_encode},
};

#define LONGEST 4096u

typedef enum verdict { WHOLE_STRING, BAD_END, HAS_EOS } verdict;

/* Decode pieces from guarded memory into guarded memory of the size promised. */
static verdict decode(const struct builds *build, const uint8_t *in, size_t len, split how, char *out,
                      size_t *out_len) {
    static uint8_t *input, *output;
    uint32_t code = 0;
    uint8_t code_bits = 0;

    if (!input) {
        input = guard_new(LONGEST);
        output = guard_new(HPACK_HUFFMAN_SPACE(LONGEST));
    }
    *out_len = 0;
    while (len > 0) {
        size_t n = how.first > 0 ? how.first : how.piece > 0 ? how.piece : len;
        uint8_t *from;
        char *to;
        size_t written;

        if (how.seed != 0) n = test_random(&how.seed) % 24;
        how.first = 0;
        if (n > len) n = len;
        from = input + LONGEST - n;
        to = (char *)output + 2 * (LONGEST - n);
        memcpy(from, in, n);
        written = build->decode(&code, &code_bits, from, n, to);
        if (written == SIZE_MAX) return HAS_EOS;
        ck_assert_uint_le(written, 2 * n);
        ck_assert_uint_lt(code_bits, HPACK_HUFFMAN_MAX_BITS);
        memcpy(out + *out_len, to, written);
        *out_len += written;
        in += n;
        len -= n;
    }
    return hpack_huffman_may_end(code, code_bits) ? WHOLE_STRING : BAD_END;
}

/* Encode into guarded memory of the size promised, and plainly; both must agree. Returns the size of the coded string.
 */
static size_t encode(const struct builds *build, uint8_t *out, const char *string, size_t len) {
    static uint8_t *output;
    size_t size = plain_huffman_encode(out, string, len);
    uint8_t *to, *end;

    if (!output) output = guard_new(LONGEST + HPACK_HUFFMAN_SLACK);
    to = output + LONGEST - len;
    end = build->encode(to, string, len);
    if (size >= len) {
        ck_assert_ptr_null(end);
    } else {
        ck_assert_ptr_eq(end, to + size);
        ck_assert_mem_eq(to, out, size);
    }
    return size;
}

static const struct {
    const char *label;
    const char *octets;
    verdict verdict;
    const char *text;
} rows[] = {
    {"C.4.1", "f1e3c2e5f23a6ba0ab90f4ff", WHOLE_STRING, "www.example.com"},
    {"C.4.2", "a8eb10649cbf", WHOLE_STRING, "no-cache"},
    {"C.4.3, name", "25a849e95ba97d7f", WHOLE_STRING, "custom-key"},
    {"C.4.3, value", "25a849e95bb8e8b4bf", WHOLE_STRING, "custom-value"},
    {"C.6.1, status", "6402", WHOLE_STRING, "302"},
    {"C.6.1, directive", "aec3771a4b", WHOLE_STRING, "private"},
    {"C.6.1, date", "d07abe941054d444a8200595040b8166e082a62d1bff", WHOLE_STRING, "Mon, 21 Oct 2013 20:13:21 GMT"},
    {"C.6.1, URL", "9d29ad171863c78f0b97c8e9ae82ae43d3", WHOLE_STRING, "https://www.example.com"},
    {"C.6.3, cookie", "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
     WHOLE_STRING, "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"},
    {"nothing", "", WHOLE_STRING, ""},
    {"no padding", "f8", WHOLE_STRING, "&"},
    {"one bit of padding", "bb", WHOLE_STRING, "B"},
    {"two bits of padding", "87", WHOLE_STRING, "A"},
    {"three bits of padding", "07", WHOLE_STRING, "0"},
    {"seven bits of padding", "028a7f", WHOLE_STRING, "0  "},
    {"a code of 30 bits", "fffffff3", WHOLE_STRING, "\n"},
    {"a code of 30 bits that is not EOS", "fffffffb", WHOLE_STRING, "\x16"},
    {"EOS alone", "ffffffff", HAS_EOS, NULL},
    {"EOS after a symbol", "07ffffffff", HAS_EOS, NULL},
    {"EOS before symbols", "fffffffc0000000000000000", HAS_EOS, NULL},
    {"EOS after many symbols", "000000000000000000000000000000ffffffff00000000000000", HAS_EOS, NULL},
    {"padding of zeros", "00", BAD_END, NULL},
    {"padding of zeros, one bit", "ba", BAD_END, NULL},
    {"padding with a zero among ones", "05", BAD_END, NULL},
    {"eight bits of padding", "ff", BAD_END, NULL},
    {"eight bits of padding after a symbol", "f8ff", BAD_END, NULL},
    {"fifteen bits of padding", "bbffff", BAD_END, NULL},
    {"29 bits of ones", "07ffffff", BAD_END, NULL},
    {"a code cut short", "fffffe", BAD_END, NULL},
};

static void check_row(const struct builds *build, size_t row, const uint8_t *octets, size_t len, split how) {
    char text[HPACK_HUFFMAN_SPACE(LONGEST)];
    size_t text_len;

    ck_assert_msg(decode(build, octets, len, how, text, &text_len) == rows[row].verdict, "%s", rows[row].label);
    if (rows[row].verdict != WHOLE_STRING) return;
    ck_assert_msg(text_len == strlen(rows[row].text), "%s: %zu octets", rows[row].label, text_len);
    ck_assert_mem_eq(text, rows[row].text, text_len);
}

START_TEST(rfc7541_5_2_each_row_decodes_at_every_split) {
    const struct builds *build = &builds[_i];
    size_t row, len, i;

    for (row = 0; row < COUNT(rows); row++) {
        uint8_t *octets = vectors_hex(rows[row].octets, &len);

        check_row(build, row, octets, len, WHOLE);
        check_row(build, row, octets, len, OCTETS);
        for (i = 1; i < len; i++) check_row(build, row, octets, len, (split){i, 0, 0});
        for (i = 2; i < 9; i++) check_row(build, row, octets, len, (split){0, i, 0});
        free(octets);
    }
}
END_TEST

START_TEST(rfc7541_5_2_each_row_encodes) {
    size_t row, len;

    for (row = 0; row < COUNT(rows); row++) {
        uint8_t out[LONGEST];
        uint8_t *octets = vectors_hex(rows[row].octets, &len);

        if (rows[row].verdict == WHOLE_STRING) {
            size_t size = encode(&builds[_i], out, rows[row].text, strlen(rows[row].text));

            ck_assert_msg(size == len, "%s: %zu octets", rows[row].label, size);
            ck_assert_mem_eq(out, octets, len);
        }
        free(octets);
    }
}
END_TEST

START_TEST(rfc7541_5_2_every_octet_comes_back_at_every_place) {
    const struct builds *build = &builds[_i];
    int octet;
    size_t before, after, i, len;

    for (octet = 0; octet < 256; octet++) {
        for (before = 0; before < 16; before++) {
            for (after = 0; after < 16; after += 7) {
                uint8_t coded[LONGEST];
                char text[LONGEST];
                char string[32];
                size_t size;

                for (i = 0; i < before + after + 1; i++) string[i] = (char)(i % 3 == 0 ? '0' : '%');
                string[before] = (char)octet;
                size = encode(build, coded, string, before + after + 1);
                ck_assert_int_eq(decode(build, coded, size, WHOLE, text, &len), WHOLE_STRING);
                ck_assert_uint_eq(len, before + after + 1);
                ck_assert_mem_eq(text, string, len);
                ck_assert_int_eq(decode(build, coded, size, OCTETS, text, &len), WHOLE_STRING);
                ck_assert_uint_eq(len, before + after + 1);
                ck_assert_mem_eq(text, string, len);
            }
        }
    }
}
END_TEST

/* Octets as they come, with long runs of ones among them, so that rare codes and EOS are met. */
static void random_octets(uint32_t *seed, uint8_t *octets, size_t len) {
    size_t i;

    for (i = 0; i < len; i++) octets[i] = test_random(seed) % 3 == 0 ? 0xff : (uint8_t)(test_random(seed) >> 8);
}

START_TEST(rfc7541_5_2_both_builds_agree_on_any_input) {
    uint32_t seed = 52 + (uint32_t)_i;
    int round;

    for (round = 0; round < 20000; round++) {
        uint8_t octets[64];
        char texts[3][HPACK_HUFFMAN_SPACE(sizeof octets)];
        size_t lens[3];
        verdict verdicts[3];
        size_t len = test_random(&seed) % sizeof octets;

        random_octets(&seed, octets, len);
        verdicts[0] = decode(&builds[0], octets, len, WHOLE, texts[0], &lens[0]);
        verdicts[1] = decode(&builds[0], octets, len, (split){0, 0, test_random(&seed)}, texts[1], &lens[1]);
        verdicts[2] = decode(&builds[1], octets, len, (split){0, 0, test_random(&seed)}, texts[2], &lens[2]);
        ck_assert_int_eq(verdicts[0], verdicts[1]);
        ck_assert_int_eq(verdicts[0], verdicts[2]);
        if (verdicts[0] == HAS_EOS) continue;
        ck_assert_uint_eq(lens[0], lens[1]);
        ck_assert_uint_eq(lens[0], lens[2]);
        ck_assert_mem_eq(texts[0], texts[1], lens[0]);
        ck_assert_mem_eq(texts[0], texts[2], lens[0]);
    }
}
END_TEST

START_TEST(rfc7541_5_2_any_string_comes_back) {
    const struct builds *build = &builds[_i];
    uint32_t seed = 31;
    int round;

    for (round = 0; round < 5000; round++) {
        char string[200];
        char text[LONGEST];
        uint8_t coded[LONGEST];
        size_t len = test_random(&seed) % sizeof string;
        size_t i, size, back;
        bool any = test_random(&seed) % 2 == 0;

        for (i = 0; i < len; i++) string[i] = (char)(any ? test_random(&seed) : 0x20 + test_random(&seed) % 95);
        size = encode(build, coded, string, len);
        ck_assert_int_eq(decode(build, coded, size, (split){0, 0, test_random(&seed)}, text, &back), WHOLE_STRING);
        ck_assert_uint_eq(back, len);
        ck_assert_mem_eq(text, string, len);
    }
}
END_TEST

Suite *rfc7541_5_2_huffman_suite(void) {
    Suite *suite = suite_create("RFC 7541, 5.2: Huffman coded strings");
    TCase *tests = tcase_create("huffman");
    int both = (int)COUNT(builds);

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, rfc7541_5_2_each_row_decodes_at_every_split, 0, both);
    tcase_add_loop_test(tests, rfc7541_5_2_each_row_encodes, 0, both);
    tcase_add_loop_test(tests, rfc7541_5_2_every_octet_comes_back_at_every_place, 0, both);
    tcase_add_loop_test(tests, rfc7541_5_2_any_string_comes_back, 0, both);
    tcase_add_loop_test(tests, rfc7541_5_2_both_builds_agree_on_any_input, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
