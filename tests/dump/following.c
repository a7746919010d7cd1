/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "dump_test.h"

/* State that goes from frame to frame, and what is not judged because it cannot be known. */

START_TEST(rfc7541_2_3_2_each_direction_has_its_own_table) {
    dump_result r;
    /* Both sides add an entry as their first; each refers to it later. */
    dump_talk(&r,
              DUMP_BEGIN "> 1 4 1 83 84 86 410161 40 0178 0131\n< 1 4 1 88 40 0179 0132\n"
                         "> 1 5 3 82 84 86 bf be\n< 1 5 3 88 be\n",
              true, 3);
    ck_assert_uint_eq(r.n_breaches, 0);
    ck_assert_str_eq(r.fields, ":method: POST\n:path: /\n:scheme: http\n:authority: a\nx: 1\n:status: 200\ny: 2\n"
                               ":method: GET\n:path: /\n:scheme: http\n:authority: a\nx: 1\n:status: 200\ny: 2\n");
}
END_TEST

START_TEST(rfc7541_4_2_a_smaller_table_must_be_acknowledged_by_an_update) {
    static const char shrink[] = ">P\n> 4 0 0\n< 4 0 0 0001 00000000\n> 4 1 0\n< 4 1 0\n";
    char talk[256];
    dump_result r;
    snprintf(talk, sizeof talk, "%s> 1 5 1 20 82 84 86 010161\n", shrink);
    dump_talk(&r, talk, true, 5);
    ck_assert_uint_eq(r.n_breaches, 0);
    snprintf(talk, sizeof talk, "%s> 1 5 1 82 84 86 010161\n", shrink);
    dump_talk(&r, talk, true, 5);
    ck_assert_uint_eq(r.n_breaches, 1);
    ck_assert_int_eq(r.breach.rule, H2_RULE_COMPRESSION);
    ck_assert_int_eq(r.breach.hpack, HPACK_EUPDATE);
}
END_TEST

START_TEST(after_a_block_that_cannot_be_decoded_frames_go_on_without_fields) {
    dump_result r;
    dump_talk(&r, DUMP_BEGIN "> 1 5 1 ff\n> 1 5 3 82 84 86 410161\n< 1 5 3 88\n", true, 2);
    ck_assert_uint_eq(r.n_breaches, 1);
    ck_assert_uint_eq(r.frames, 7);
    ck_assert_uint_eq(r.sections, 3);
    ck_assert_str_eq(r.fields, ":status: 200\n");
}
END_TEST

START_TEST(one_direction_alone_is_not_judged_by_the_other) {
    dump_result r;
    /* A server's bytes: answers to requests nobody saw, with more DATA than any window it could know of. */
    dump_talk(
        &r,
        "< 4 0 0\n< 4 1 0\n< 1 4 1 88\n< 0 0 1 *16384\n< 0 0 1 *16384\n< 0 0 1 *16384\n< 0 0 1 *16384\n< 0 1 1 61\n",
        false, 1000);
    ck_assert_uint_eq(r.n_breaches, 0);
    ck_assert_uint_eq(r.frames, 8);
    /* What depends on itself alone is. */
    dump_talk(&r, "< 4 0 0\n< 1 5 1 88\n< 0 0 1 61\n", false, 1000);
    ck_assert_int_eq(r.breach.rule, H2_RULE_CLOSED_STREAM);
}
END_TEST

START_TEST(more_streams_than_are_remembered_are_not_judged_wrongly) {
    static char talk[200000];
    size_t n = (size_t)sprintf(talk, DUMP_BEGIN);
    dump_result r;
    /* Twice as many streams as there is memory for, all open; then DATA on the first. */
    for (unsigned id = 1; id < 4096; id += 2)
        n += (size_t)sprintf(talk + n, "> 1 4 %x 83 84 86 %s\n", id, id == 1 ? "410161" : "be");
    sprintf(talk + n, "> 0 1 1 61\n< 1 5 1 88\n> 3 0 3 00000008\n");
    dump_talk(&r, talk, true, 1000);
    ck_assert_uint_eq(r.n_breaches, 0);
}
END_TEST

START_TEST(an_end_within_a_frame_is_told) {
    dump_result r;
    dump_talk(&r, DUMP_BEGIN ">! 000005 00 00 00000001 61\n", true, 100);
    ck_assert_uint_eq(r.lost, 1);
    ck_assert_str_eq(r.note, "it ends within a frame");
    dump_talk(&r, DUMP_BEGIN "> 1 1 1 82 84\n", true, 100);
    ck_assert_uint_eq(r.lost, 1);
    ck_assert_str_eq(r.note, "it ends within a header block");
}
END_TEST

START_TEST(more_settings_at_once_than_are_kept) {
    static char talk[4096];
    size_t n = (size_t)sprintf(talk, ">P\n> 4 0 0\n< 4 0 0\n> 4 1 0\n< 4 1 0\n");
    dump_result r;
    for (int i = 0; i < 40; i++) n += (size_t)sprintf(talk + n, "< 4 0 0 0003 000000%02x\n", i + 1);
    for (int i = 0; i < 40; i++) n += (size_t)sprintf(talk + n, "> 4 1 0\n");
    sprintf(talk + n, "> 4 1 0\n");
    dump_talk(&r, talk, true, 100);
    ck_assert_uint_eq(r.n_breaches, 1);
    ck_assert_int_eq(r.breach.rule, H2_RULE_SETTINGS_ACK);
}
END_TEST

Suite *dump_following(void) {
    Suite *s = suite_create("h2dump: state");
    TCase *t = tcase_create("state");
    tcase_add_test(t, rfc7541_2_3_2_each_direction_has_its_own_table);
    tcase_add_test(t, rfc7541_4_2_a_smaller_table_must_be_acknowledged_by_an_update);
    tcase_add_test(t, after_a_block_that_cannot_be_decoded_frames_go_on_without_fields);
    tcase_add_test(t, one_direction_alone_is_not_judged_by_the_other);
    tcase_add_test(t, more_streams_than_are_remembered_are_not_judged_wrongly);
    tcase_add_test(t, an_end_within_a_frame_is_told);
    tcase_add_test(t, more_settings_at_once_than_are_kept);
    suite_add_tcase(s, t);
    return s;
}
