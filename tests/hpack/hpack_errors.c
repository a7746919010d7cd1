/* SPDX-License-Identifier: MIT */
#include "hpack_suites.h"
#include "hpack_test.h"

START_TEST(each_error_has_a_sentence_of_its_own) {
    static const hpack_error errors[] = {
#define ERROR_VALUE(name, value, text) name,
        HPACK_ERRORS(ERROR_VALUE)
#undef ERROR_VALUE
    };
    size_t i, j;

    for (i = 0; i < COUNT(errors); i++) {
        ck_assert_uint_gt(strlen(hpack_error_text(errors[i])), 5);
        for (j = 0; j < i; j++) ck_assert_str_ne(hpack_error_text(errors[i]), hpack_error_text(errors[j]));
    }
}
END_TEST

START_TEST(a_number_that_is_no_error_has_a_text_too) {
    ck_assert_str_eq(hpack_error_text((hpack_error)-99), "unknown error");
    ck_assert_str_eq(hpack_error_text((hpack_error)7), "unknown error");
}
END_TEST

START_TEST(errors_are_negative_and_success_is_zero) {
#define ERROR_SIGN(name, value, text) ck_assert_int_eq(name, value);
    HPACK_ERRORS(ERROR_SIGN)
#undef ERROR_SIGN
    ck_assert_int_eq(HPACK_OK, 0);
    ck_assert_int_lt(HPACK_ENOSPACE, 0);
}
END_TEST

Suite *hpack_errors_suite(void) {
    Suite *suite = suite_create("hpack: errors");
    TCase *tests = tcase_create("errors");

    tcase_add_test(tests, each_error_has_a_sentence_of_its_own);
    tcase_add_test(tests, a_number_that_is_no_error_has_a_text_too);
    tcase_add_test(tests, errors_are_negative_and_success_is_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
