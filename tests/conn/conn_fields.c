/* SPDX-License-Identifier: MIT */
#include "conn_fields.h"
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "guard.h"

START_TEST(a_section_outlives_what_it_was_copied_from) {
    h2_field fields[] = {H2_FIELD(":method", "POST"), H2_FIELD(":path", "/x"), H2_FIELD(":unheard", "of"),
                         H2_FIELD("a", "1"),          H2_FIELD("empty", ""),   H2_FIELD("a", "2")};
    const size_t n = sizeof fields / sizeof *fields;
    fields[3].never_index = true;
    const size_t bytes = h2conn_section_bytes(fields, n);
    h2_field *memory = malloc(bytes);
    h2conn_section section;
    h2conn_section_copy(&section, memory, fields, n);
    memset(fields, 0, sizeof fields);
    ck_assert_str_eq(section.pseudo[H2CONN_METHOD], "POST");
    ck_assert_str_eq(section.pseudo[H2CONN_PATH], "/x");
    ck_assert_str_eq(section.pseudo[H2CONN_AUTHORITY], "");
    ck_assert_str_eq(section.pseudo[H2CONN_STATUS], "");
    ck_assert_uint_eq(section.n, 3);
    ck_assert_str_eq(section.fields[0].name, "a");
    ck_assert_str_eq(section.fields[0].value, "1");
    ck_assert(section.fields[0].never_index);
    ck_assert_str_eq(section.fields[1].name, "empty");
    ck_assert_str_eq(section.fields[1].value, "");
    ck_assert_str_eq(section.fields[2].value, "2");
    ck_assert_uint_eq(section.fields[2].value_len, 1);
    free(memory);
}
END_TEST

START_TEST(a_copy_fills_the_octets_it_asked_for) {
    const h2_field fields[] = {H2_FIELD(":status", "200"), H2_FIELD("name", "value")};
    const size_t bytes = h2conn_section_bytes(fields, 2);
    /* Rounded up, since the guard page may leave an odd start: the fields need their alignment. */
    const size_t room = (bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    uint8_t *memory = guard_new(room);
    h2conn_section section;
    h2conn_section_copy(&section, memory, fields, 2);
    ck_assert_int_eq(h2conn_section_status(&section), 200);
    guard_free(memory, room);
}
END_TEST

START_TEST(a_status_is_three_digits) {
    static const struct {
        const char *text;
        int status;
    } rows[] = {{"200", 200}, {"599", 599}, {"007", 7}, {"", 0},   {"20", 0},
                {"2000", 0},  {"2 0", 0},   {"-20", 0}, {"2:0", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2conn_section section = {.n = 0};
        section.pseudo[H2CONN_STATUS] = rows[i].text;
        ck_assert_int_eq(h2conn_section_status(&section), rows[i].status);
    }
    char digits[H2CONN_STATUS_DIGITS + 1];
    const h2_field field = h2conn_field_of_status(digits, 204);
    ck_assert_str_eq(field.name, ":status");
    ck_assert_str_eq(field.value, "204");
    ck_assert_uint_eq(field.value_len, 3);
}
END_TEST

START_TEST(rfc9110_9_1_a_method_is_a_token) {
    static const char *const good[] = {"GET", "post", "M-SEARCH", "x!#$%&'*+-.^_`|~9"};
    static const char *const bad[] = {"", " GET", "GET ", "G T", "G\tT", "GET,", "G(T", "G\x7f", "G\xc3"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) ck_assert(h2conn_is_token(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert(!h2conn_is_token(bad[i]));
}
END_TEST

START_TEST(a_program_may_not_send_pseudo_fields) {
    const h2conn_field plain[] = {H2CONN_FIELD("a", "b"), H2CONN_FIELD("c", "")};
    const h2conn_field pseudo[] = {H2CONN_FIELD("a", "b"), H2CONN_FIELD(":path", "/")};
    ck_assert(h2conn_fields_are_plain(plain, 2));
    ck_assert(h2conn_fields_are_plain(NULL, 0));
    ck_assert(!h2conn_fields_are_plain(pseudo, 2));
}
END_TEST

Suite *conn_fields_suite(void) {
    Suite *suite = suite_create("header sections");
    TCase *tc = tcase_create("fields");
    tcase_add_test(tc, a_section_outlives_what_it_was_copied_from);
    tcase_add_test(tc, a_copy_fills_the_octets_it_asked_for);
    tcase_add_test(tc, a_status_is_three_digits);
    tcase_add_test(tc, rfc9110_9_1_a_method_is_a_token);
    tcase_add_test(tc, a_program_may_not_send_pseudo_fields);
    suite_add_tcase(suite, tc);
    return suite;
}
