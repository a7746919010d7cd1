/* SPDX-License-Identifier: MIT */
#include "hpack_suites.h"
#include "hpack_test.h"

#include <stdio.h>

#ifdef H2_SMALL

/* Its tables are given their memory. */
Suite *hpack_growing_suite(void) {
    return suite_create("hpack: storage that is lent: left out");
}

#else

/* Tables whose storage is lent. The other suites run with both kinds; here is what only this kind has. */

/* Fields that fill a table of `max` octets more than once. */
#define FIELDS 120u

static hpack_field field_of(char text[32], unsigned i) {
    int n = snprintf(text, 32, "value %u of a few", i);
    return (hpack_field){"x-name", text, 6, (size_t)n, false};
}

START_TEST(an_unused_table_holds_nothing) {
    lender l;
    hpack_storage storage;
    hpack_decoder d;
    hpack_encoder e;
    char arena[4096];
    uint8_t out[64];
    hpack_field status = {":status", "200", 7, 3, false};

    lender_init(&l);
    hpack_storage_init(&storage, &l.hooks);
    hpack_decoder_init_growing(&d, &storage, 4096);
    hpack_encoder_init_growing(&e, &storage, 4096);
    ptrdiff_t n = hpack_encode(&e, &status, 1, out, sizeof out);
    hpack_decoder_begin(&d, arena, sizeof arena);
    ck_assert_int_eq(hpack_decode(&d, out, (size_t)n, true, NULL, NULL), HPACK_OK);
    ck_assert_uint_eq(l.asked, 0);
    hpack_decoder_release(&d);
    hpack_encoder_release(&e);
}
END_TEST

/* Encode FIELDS one by one, from a borrowing encoder to a borrowing decoder; returns the error, and how far it came. */
static hpack_error talk(lender *sends, lender *receives, unsigned *blocks) {
    hpack_storage ours, theirs;
    hpack_encoder e;
    hpack_decoder d;
    hpack_error error = HPACK_OK;
    char text[32], arena[4096];
    uint8_t out[128];
    field_log expected = {0}, got = {0};

    hpack_storage_init(&ours, &sends->hooks);
    hpack_storage_init(&theirs, &receives->hooks);
    hpack_encoder_init_growing(&e, &ours, 4096);
    hpack_decoder_init_growing(&d, &theirs, 4096);
    for (*blocks = 0; *blocks < FIELDS && !error; *blocks += !error) {
        hpack_field field = field_of(text, *blocks);
        ptrdiff_t n = hpack_encode(&e, &field, 1, out, sizeof out);

        hpack_decoder_begin(&d, arena, sizeof arena);
        error = hpack_decode(&d, out, (size_t)n, true, field_log_emit, &got);
        if (!error) field_log_emit(&expected, &field);
    }
    if (*blocks > 0) ck_assert_str_eq(got.text, expected.text);
    field_log_free(&got);
    field_log_free(&expected);
    hpack_encoder_release(&e);
    hpack_decoder_release(&d);
    lender_check(sends);
    lender_check(receives);
    return error;
}

START_TEST(storage_doubles_up_to_the_bound) {
    lender sends, receives;
    unsigned blocks;

    lender_init(&sends);
    lender_init(&receives);
    ck_assert_int_eq(talk(&sends, &receives, &blocks), HPACK_OK);
    /* 128, 256, ... 4096 */
    ck_assert_uint_eq(sends.asked, 6);
    ck_assert_uint_eq(receives.asked, 6);
}
END_TEST

START_TEST(a_decoder_refused_a_loan_fails_and_says_so) {
    lender sends, receives;
    unsigned blocks;

    lender_init(&sends);
    lender_init(&receives);
    receives.refuse = (size_t)_i;
    ck_assert_int_eq(talk(&sends, &receives, &blocks), HPACK_ENOMEM);
    ck_assert_uint_lt(blocks, FIELDS);
}
END_TEST

START_TEST(an_encoder_refused_a_loan_stays_in_step) {
    lender sends, receives;
    unsigned blocks;

    lender_init(&sends);
    lender_init(&receives);
    sends.refuse = (size_t)_i;
    ck_assert_int_eq(talk(&sends, &receives, &blocks), HPACK_OK);
    sends.asked = 0;
    sends.refuse_on = true;
    ck_assert_int_eq(talk(&sends, &receives, &blocks), HPACK_OK);
}
END_TEST

Suite *hpack_growing_suite(void) {
    Suite *suite = suite_create("hpack: storage that is lent");
    TCase *tests = tcase_create("growing");

    tcase_add_test(tests, an_unused_table_holds_nothing);
    tcase_add_test(tests, storage_doubles_up_to_the_bound);
    tcase_add_loop_test(tests, a_decoder_refused_a_loan_fails_and_says_so, 1, 7);
    tcase_add_loop_test(tests, an_encoder_refused_a_loan_stays_in_step, 1, 7);
    suite_add_tcase(suite, tests);
    return suite;
}

#endif
