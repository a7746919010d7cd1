/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>
#include "conn_suites.h"
#include "h2conn_message.h"

/* A stream that gives its bytes in pieces of at most `piece`, fails once at `fail_at`, then ends. */
typedef struct script {
    const char *bytes;
    size_t len, at, piece, fail_at;
    bool failed;
} script;

static ptrdiff_t read_script(void *ctx, void *buf, size_t len) {
    script *s = ctx;
    if (s->at >= s->fail_at && !s->failed) {
        s->failed = true;
        return H2CONN_ETIMEDOUT;
    }
    size_t n = s->len - s->at;
    if (n > s->piece) n = s->piece;
    if (n > len) n = len;
    memcpy(buf, s->bytes + s->at, n);
    s->at += n;
    return (ptrdiff_t)n;
}

#define BUFFER 16
#define NEVER  SIZE_MAX

typedef struct row {
    const char *label, *bytes;
    size_t len;
    const char *expected; /* the results, each closed by '|', then the final error's name */
} row;

/* Run `next` until an error and write down what it gave. A timeout is repeated. */
static void run(const row *r, size_t piece, size_t fail_at, ptrdiff_t (*next)(h2conn_reader *, char **), char *log) {
    script s = {r->bytes, r->len, 0, piece, fail_at, false};
    char buf[BUFFER], *got = NULL;
    h2conn_reader in;
    h2conn_reader_init(&in, read_script, &s, buf, sizeof buf);
    for (;;) {
        ptrdiff_t n = next(&in, &got);
        if (n == H2CONN_ETIMEDOUT) continue;
        if (n < 0) {
            strcat(log, h2conn_error_name((int)n));
            return;
        }
        strncat(log, got, (size_t)n);
        strcat(log, "|");
    }
}

static void check_rows(const row *rows, size_t n, ptrdiff_t (*next)(h2conn_reader *, char **)) {
    for (size_t i = 0; i < n; i++) {
        for (size_t piece = 1; piece <= BUFFER; piece++) {
            for (size_t fail_at = 0; fail_at <= rows[i].len + 1; fail_at++) {
                char log[256] = "";
                run(&rows[i], piece, fail_at > rows[i].len ? NEVER : fail_at, next, log);
                ck_assert_msg(strcmp(log, rows[i].expected) == 0,
                              "%s, pieces of %zu, timeout at %zu: got %s, expected %s", rows[i].label, piece, fail_at,
                              log, rows[i].expected);
            }
        }
    }
}

#define ROW(label, bytes, expected)                                                                                    \
    { label, bytes, sizeof(bytes) - 1, expected }

START_TEST(lines_are_bounded_and_may_arrive_in_any_pieces) {
    static const row rows[] = {
        ROW("empty stream", "", "H2CONN_EEND"),
        ROW("two lines", "one\ntwo\n", "one|two|H2CONN_EEND"),
        ROW("carriage returns go", "a\r\nb\r\n", "a|b|H2CONN_EEND"),
        ROW("empty lines count", "\n\r\n\n", "|||H2CONN_EEND"),
        ROW("last line without its end", "a\nbc", "a|bc|H2CONN_EEND"),
        ROW("longest line", "123456789012345\nx\n", "123456789012345|x|H2CONN_EEND"),
        ROW("too long", "ok\n1234567890123456\n", "ok|H2CONN_ETOOLONG"),
    };
    check_rows(rows, sizeof rows / sizeof rows[0], h2conn_reader_line);
}
END_TEST

static ptrdiff_t next_message(h2conn_reader *r, char **message) {
    void *m = NULL;
    ptrdiff_t n = h2conn_reader_message(r, &m);
    *message = m;
    return n;
}

START_TEST(messages_with_a_length_are_bounded_and_may_arrive_in_any_pieces) {
    static const row rows[] = {
        ROW("empty stream", "", "H2CONN_EEND"),
        ROW("two", "\0\0\0\3abc\0\0\0\1d", "abc|d|H2CONN_EEND"),
        ROW("empty message", "\0\0\0\0\0\0\0\1x", "|x|H2CONN_EEND"),
        ROW("cut in the length", "\0\0\0\1a\0\0", "a|H2CONN_ECUT"),
        ROW("cut in the message", "\0\0\0\2a", "H2CONN_ECUT"),
        ROW("longest",
            "\0\0\0\14"
            "abcdefghijkl"
            "\0\0\0\1z",
            "abcdefghijkl|z|H2CONN_EEND"),
        ROW("one too long",
            "\0\0\0\15"
            "abcdefghijklm",
            "H2CONN_ETOOLONG"),
        ROW("absurd length", "\377\377\377\377", "H2CONN_ETOOLONG"),
    };
    check_rows(rows, sizeof rows / sizeof rows[0], next_message);
}
END_TEST

static ptrdiff_t next_record(h2conn_reader *r, char **record) {
    static char out[5];
    *record = out;
    return h2conn_reader_exactly(r, out, sizeof out);
}

START_TEST(constant_size_records_are_read_whole) {
    static const row rows[] = {
        ROW("empty stream", "", "H2CONN_EEND"),
        ROW("three records", "aaaaabbbbbccccc", "aaaaa|bbbbb|ccccc|H2CONN_EEND"),
        ROW("cut", "aaaaabb", "aaaaa|H2CONN_ECUT"),
    };
    check_rows(rows, sizeof rows / sizeof rows[0], next_record);
}
END_TEST

START_TEST(a_record_larger_than_the_buffer_is_refused) {
    script s = {"abc", 3, 0, 1, NEVER, false};
    char buf[BUFFER], out[BUFFER + 1];
    h2conn_reader in;
    h2conn_reader_init(&in, read_script, &s, buf, sizeof buf);
    ck_assert_int_eq(h2conn_reader_exactly(&in, out, sizeof out), H2CONN_ETOOLONG);
    ck_assert_uint_eq(s.at, 0);
}
END_TEST

Suite *conn_messages_suite(void) {
    Suite *suite = suite_create("messages");
    TCase *tc = tcase_create("messages");
    tcase_add_test(tc, lines_are_bounded_and_may_arrive_in_any_pieces);
    tcase_add_test(tc, messages_with_a_length_are_bounded_and_may_arrive_in_any_pieces);
    tcase_add_test(tc, constant_size_records_are_read_whole);
    tcase_add_test(tc, a_record_larger_than_the_buffer_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
