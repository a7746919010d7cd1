/* SPDX-License-Identifier: MIT */
#include "hpack_suites.h"
#include "hpack_test.h"

static const block_row rows[] = {
    {"to nothing", 4096, "40 0161 0131", "20", HPACK_OK, "", 0, ""},
    {"to nothing and back", 4096, "40 0161 0131", "20 3fe11f 82", HPACK_OK, ":method: GET\n", 0, ""},
    {"to the limit", 4096, "40 0161 0131", "3fe11f be", HPACK_OK, "a: 1\n", 34, "a: 1\n"},
    {"just the size in use", 4096, "40 0161 0131", "3f03 be", HPACK_OK, "a: 1\n", 34, "a: 1\n"},
    {"one less than the size in use", 4096, "40 0161 0131", "3f02 be", HPACK_EINDEX, "", 0, ""},
    {"the new limit holds for what is added", 4096, NULL, "3f03 40 0161 0131 40 0162 0132", HPACK_OK, "a: 1\nb: 2\n",
     34, "b: 2\n"},
    {"one more than the limit", 4096, NULL, "3fe21f", HPACK_EUPDATE, "", 0, ""},
    {"a third", 4096, NULL, "20 20 20", HPACK_EUPDATE, "", 0, ""},
    {"after a field", 4096, NULL, "82 20", HPACK_EUPDATE, ":method: GET\n", 0, ""},
    {"between fields", 4096, NULL, "20 82 20", HPACK_EUPDATE, ":method: GET\n", 0, ""},
    {"too long", 4096, NULL, "3f8080808000", HPACK_EINTEGER, "", 0, ""},
    {"within the limit, above the storage", 64, NULL, "3fe11f 40 0161 0131", HPACK_OK, "a: 1\n", 34, "a: 1\n"},
    {"without storage", 0, NULL, "3fe11f 40 0161 0131", HPACK_OK, "a: 1\n", 0, ""},
};

START_TEST(rfc7541_6_3_update_is_obeyed_or_refused) {
    check_block_row(&rows[_i]);
}
END_TEST

/* Settings acknowledged in turn, then blocks. */
static const struct {
    const char *label;
    size_t storage;
    const char *before;
    int64_t settings[4]; /* -1 ends them */
    const char *block;
    hpack_error error;
} settings_rows[] = {
    {"raised: larger updates are allowed", 8192, "", {8192, -1}, "3fe13f", HPACK_OK},
    {"raised: nothing need be said", 8192, "", {8192, -1}, "82", HPACK_OK},
    {"raised: no more than that", 8192, "", {8192, -1}, "3fe23f", HPACK_EUPDATE},
    {"lowered: an update is due", 4096, "", {100, -1}, "82", HPACK_EUPDATE},
    {"lowered: the update may say the limit", 4096, "", {100, -1}, "3f45 82", HPACK_OK},
    {"lowered: it may say less", 4096, "", {100, -1}, "20 82", HPACK_OK},
    {"lowered: not more", 4096, "", {100, -1}, "3f46 82", HPACK_EUPDATE},
    {"lowered to what is in force: nothing is due", 4096, "3f45", {100, -1}, "82", HPACK_OK},
    {"lowered below what is in force", 4096, "3f45", {99, -1}, "82", HPACK_EUPDATE},
    {"lowered and raised: the lowest is due first", 4096, "", {100, 4096, -1}, "3fe11f 82", HPACK_EUPDATE},
    {"lowered and raised: nothing said", 4096, "", {100, 4096, -1}, "82", HPACK_EUPDATE},
    {"lowered and raised: both said", 4096, "", {100, 4096, -1}, "3f45 3fe11f 82", HPACK_OK},
    {"lowered and raised: less, then the limit", 4096, "", {100, 4096, -1}, "20 3fe11f 82", HPACK_OK},
    {"lowered and raised: the lowest alone", 4096, "", {100, 4096, -1}, "3f45 82", HPACK_OK},
    {"lowered twice: the lowest counts", 4096, "", {200, 100, 300, -1}, "3fa901 82", HPACK_EUPDATE},
    {"lowered twice: through the lowest", 4096, "", {200, 100, 300, -1}, "3f45 3f8d02 82", HPACK_OK},
    {"raised and lowered to what is in force: nothing is due", 8192, "", {8192, 4096, -1}, "82", HPACK_OK},
    {"to nothing", 4096, "40 0161 0131", {0, -1}, "20 82", HPACK_OK},
    {"to nothing: entries are gone", 4096, "40 0161 0131", {0, -1}, "20 be", HPACK_EINDEX},
    {"an old low is forgotten once said", 4096, "20", {4096, -1}, "3fe11f", HPACK_OK},
    {"storage below the default: the peer must lower too", 100, "", {100, -1}, "82", HPACK_EUPDATE},
};

START_TEST(rfc7541_4_2_settings_bound_the_updates) {
    receiver r;
    int i;

    receiver_open(&r, settings_rows[_i].storage, 8192);
    ck_assert_int_eq(receiver_hex(&r, settings_rows[_i].before), HPACK_OK);
    for (i = 0; settings_rows[_i].settings[i] >= 0; i++)
        hpack_decoder_set_max_table_size(&r.d, (uint32_t)settings_rows[_i].settings[i]);
    ck_assert_msg(receiver_hex(&r, settings_rows[_i].block) == settings_rows[_i].error, "%s", settings_rows[_i].label);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_4_2_an_update_owed_waits_for_a_block_with_fields) {
    receiver r;

    receiver_open(&r, 4096, 4096);
    hpack_decoder_set_max_table_size(&r.d, 100);
    ck_assert_int_eq(receiver_hex(&r, ""), HPACK_OK);
    ck_assert_int_eq(receiver_hex(&r, "82"), HPACK_EUPDATE);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_4_2_what_was_said_is_no_bound_later) {
    receiver r;

    receiver_open(&r, 4096, 4096);
    hpack_decoder_set_max_table_size(&r.d, 100);
    ck_assert_int_eq(receiver_hex(&r, "3f45"), HPACK_OK);
    hpack_decoder_set_max_table_size(&r.d, 4096);
    ck_assert_int_eq(receiver_hex(&r, "3fe11f"), HPACK_OK);
    hpack_decoder_set_max_table_size(&r.d, 2000);
    ck_assert_int_eq(receiver_hex(&r, "3fb10f"), HPACK_OK);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_4_2_an_update_is_owed_once) {
    receiver r;

    receiver_open(&r, 4096, 4096);
    hpack_decoder_set_max_table_size(&r.d, 100);
    ck_assert_int_eq(receiver_hex(&r, "3f45"), HPACK_OK);
    ck_assert_int_eq(receiver_hex(&r, "82"), HPACK_OK);
    receiver_close(&r);
}
END_TEST

START_TEST(rfc7541_4_2_before_the_acknowledgement_the_newest_entries_that_fit_are_kept) {
    receiver r;

    receiver_open(&r, 68, 4096);
    ck_assert_int_eq(receiver_hex(&r, "40 0161 0131 40 0162 0132 40 0163 0133"), HPACK_OK);
    ck_assert_int_eq(receiver_hex(&r, "be bf"), HPACK_OK);
    ck_assert_str_eq(r.log.text, "c: 3\nb: 2\n");
    /* Larger than the storage, though not than the table the peer still may use. */
    ck_assert_int_eq(receiver_hex(&r, "40 0164 28 34343434343434343434 34343434343434343434 34343434343434343434"
                                      "34343434343434343434"),
                     HPACK_OK);
    ck_assert_int_eq(receiver_hex(&r, "40 0165 0135 be"), HPACK_OK);
    ck_assert_str_eq(r.log.text, "e: 5\ne: 5\n");
    ck_assert_int_eq(receiver_hex(&r, "bf"), HPACK_EINDEX);
    receiver_close(&r);
}
END_TEST

Suite *rfc7541_4_2_size_updates_suite(void) {
    Suite *suite = suite_create("RFC 7541, 4.2 and 6.3: table size updates");
    TCase *tests = tcase_create("updates");

    tcase_add_loop_test(tests, rfc7541_6_3_update_is_obeyed_or_refused, 0, (int)COUNT(rows));
    tcase_add_loop_test(tests, rfc7541_4_2_settings_bound_the_updates, 0, (int)COUNT(settings_rows));
    tcase_add_test(tests, rfc7541_4_2_an_update_owed_waits_for_a_block_with_fields);
    tcase_add_test(tests, rfc7541_4_2_what_was_said_is_no_bound_later);
    tcase_add_test(tests, rfc7541_4_2_an_update_is_owed_once);
    tcase_add_test(tests, rfc7541_4_2_before_the_acknowledgement_the_newest_entries_that_fit_are_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
