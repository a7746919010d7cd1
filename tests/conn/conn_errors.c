/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "conn_error.h"
#include "conn_suites.h"
#include "conn_text.h"

static const struct listed {
    int value;
    const char *name, *text;
} listed[] = {
#define LISTED(name, value, text) {value, #name, text},
    H2CONN_ERRORS(LISTED)
#undef LISTED
};

START_TEST(every_error_has_a_name_and_a_sentence) {
    ck_assert_str_eq(h2conn_error_name(listed[_i].value), listed[_i].name);
    ck_assert_str_eq(h2conn_strerror(listed[_i].value), listed[_i].text);
}
END_TEST

START_TEST(an_error_outside_the_list_has_them_too) {
    ck_assert_str_eq(h2conn_error_name(1), "H2CONN_EUNKNOWN");
    ck_assert_str_eq(h2conn_error_name(-1000), "H2CONN_EUNKNOWN");
    ck_assert_str_ne(h2conn_strerror(-1000), "");
}
END_TEST

static const struct cause {
    h2_failure why;
    bool server, greeted;
    int error;
} causes[] = {
    {{.culprit = H2_BY_NOBODY}, false, true, H2CONN_OK},
    {{.culprit = H2_BY_US, .code = H2_CANCEL}, false, true, H2CONN_ECLOSED},
    {{.culprit = H2_BY_PEER, .code = H2_CANCEL}, false, true, H2CONN_ERESET},
    {{.culprit = H2_BY_GOAWAY}, false, true, H2CONN_EGOAWAY},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_PADDING}, false, true, H2CONN_EPROTOCOL},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_PADDING}, true, false, H2CONN_EPROTOCOL},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_HTTP1}, false, false, H2CONN_EHTTP2},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_HTTP1}, true, false, H2CONN_EHTTP2},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_PREFACE}, true, false, H2CONN_EHTTP2},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_FIRST_SETTINGS}, false, false, H2CONN_EHTTP2},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_FRAME_TOO_LARGE}, false, false, H2CONN_EHTTP2},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_KEEPALIVE}, false, true, H2CONN_ELOST},
    {{.culprit = H2_BY_RULE, .rule = H2_RULE_MEMORY}, false, false, H2CONN_ENOMEM},
};

START_TEST(what_ended_a_stream_becomes_an_error) {
    const struct cause *c = &causes[_i];
    ck_assert_int_eq(h2conn_error_of(&c->why, c->server, c->greeted), c->error);
}
END_TEST

/* The small profile has no texts of rules. */
#ifdef H2_SMALL
#define PADDING_TEXT ""
#else
#define PADDING_TEXT ": the padding exceeds the payload (6.1, 6.2)"
#endif

static const struct sentence {
    int error;
    h2_failure why;
    const char *detail, *text;
} sentences[] = {
    {H2CONN_OK, {.culprit = H2_BY_NOBODY}, NULL, ""},
    {H2CONN_ERESET,
     {.culprit = H2_BY_PEER, .code = H2_ENHANCE_YOUR_CALM},
     NULL,
     "the peer reset the stream, code ENHANCE_YOUR_CALM"},
    {H2CONN_ERESET, {.culprit = H2_BY_PEER, .code = 4294967295u}, NULL, "the peer reset the stream, code 4294967295"},
    {H2CONN_ERESET, {.culprit = H2_BY_PEER, .code = H2_NO_ERROR}, NULL, "the peer reset the stream, code NO_ERROR"},
    {H2CONN_ETLS,
     {.culprit = H2_BY_US, .code = H2_NO_ERROR},
     "the certificate has expired",
     "the TLS connection failed or was refused; check certificates and names: the certificate has expired"},
    {H2CONN_EPROTOCOL,
     {.culprit = H2_BY_RULE, .rule = H2_RULE_PADDING, .code = H2_PROTOCOL_ERROR},
     NULL,
     "the peer broke a rule of HTTP/2" PADDING_TEXT ", code PROTOCOL_ERROR"},
    {H2CONN_ELOST,
     {.culprit = H2_BY_PEER, .code = H2_NO_ERROR},
     "Connection reset by peer",
     "the connection to the peer was lost: Connection reset by peer"},
};

START_TEST(a_sentence_says_what_happened_the_rule_and_the_code) {
    const struct sentence *s = &sentences[_i];
    char out[H2CONN_WHY_BYTES];
    h2conn_explain(out, s->error, &s->why, s->detail);
    ck_assert_str_eq(out, s->text);
}
END_TEST

START_TEST(a_sentence_that_is_too_long_is_cut) {
    char out[H2CONN_WHY_BYTES], detail[2 * H2CONN_WHY_BYTES];
    const h2_failure why = {.culprit = H2_BY_PEER, .code = 7};
    memset(detail, 'x', sizeof detail);
    detail[sizeof detail - 1] = '\0';
    h2conn_explain(out, H2CONN_ELOST, &why, detail);
    ck_assert_uint_eq(strlen(out), sizeof out - 1);
}
END_TEST

START_TEST(text_fills_every_size_of_buffer) {
    static const char whole[] = "ab1234567890cd";
    for (size_t cap = 1; cap <= sizeof whole + 2; cap++) {
        char out[sizeof whole + 2];
        h2conn_text text;
        memset(out, '!', sizeof out);
        h2conn_text_begin(&text, out, cap);
        h2conn_text_add(&text, "ab");
        h2conn_text_number(&text, 1234567890u);
        h2conn_text_add(&text, "cd");
        const size_t len = cap - 1 < strlen(whole) ? cap - 1 : strlen(whole);
        ck_assert_uint_eq(strlen(out), len);
        ck_assert_mem_eq(out, whole, len);
        for (size_t i = cap; i < sizeof out; i++) ck_assert_int_eq(out[i], '!');
    }
}
END_TEST

Suite *conn_errors_suite(void) {
    Suite *suite = suite_create("errors");
    TCase *tc = tcase_create("errors");
    tcase_add_loop_test(tc, every_error_has_a_name_and_a_sentence, 0, (int)(sizeof listed / sizeof *listed));
    tcase_add_test(tc, an_error_outside_the_list_has_them_too);
    tcase_add_loop_test(tc, what_ended_a_stream_becomes_an_error, 0, (int)(sizeof causes / sizeof *causes));
    tcase_add_loop_test(tc, a_sentence_says_what_happened_the_rule_and_the_code, 0,
                        (int)(sizeof sentences / sizeof *sentences));
    tcase_add_test(tc, a_sentence_that_is_too_long_is_cut);
    tcase_add_test(tc, text_fills_every_size_of_buffer);
    suite_add_tcase(suite, tc);
    return suite;
}
