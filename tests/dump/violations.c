/* SPDX-License-Identifier: MIT */
#include "dump_test.h"

/* One violation a row, by the section of RFC 9113 it is of, and conversations in good order beside them. Each is
 * observed whole and octet by octet. */

typedef struct row {
    const char *name, *talk;
    h2_rule rule;
    h2dump_side side; /* who broke it */
} row;

#define C H2DUMP_CLIENT
#define S H2DUMP_SERVER

static const row rows[] = {
    {"a request and its answer", DUMP_BEGIN DUMP_GET DUMP_OK "< 0 1 1 6869\n", H2_RULE_NONE, C},
    {"both ways at once, ended by both", DUMP_BEGIN DUMP_POST DUMP_OK "> 0 0 1 61\n< 0 0 1 62\n> 0 1 1\n< 0 1 1\n",
     H2_RULE_NONE, C},
    {"3.4: another preface", ">! 505249202a20485454502f312e310d0a\n", H2_RULE_PREFACE, C},
    {"3.4: TLS", ">! 1603010200\n", H2_RULE_PREFACE, C},
    {"3.4: an answer in HTTP/1.1", ">P\n<! 485454502f312e3120343030\n", H2_RULE_HTTP1, S},
    {"3.4: the client's first frame is no SETTINGS", ">P\n> 6 0 0 *8\n", H2_RULE_FIRST_SETTINGS, C},
    {"3.4: the server's first frame is an acknowledgement", ">P\n> 4 0 0\n< 4 1 0\n", H2_RULE_FIRST_SETTINGS, S},
    {"4.2: a frame above 16,384 octets", DUMP_BEGIN DUMP_POST "> 0 0 1 *16385\n", H2_RULE_FRAME_TOO_LARGE, C},
    {"4.2: one of them when that was allowed",
     ">P\n> 4 0 0\n< 4 0 0 0005 00008000\n> 4 1 0\n< 4 1 0\n" DUMP_POST "> 0 0 1 *16385\n", H2_RULE_NONE, C},
    {"4.2: PING of 7 octets", DUMP_BEGIN "> 6 0 0 *7\n", H2_RULE_FRAME_LENGTH, C},
    {"4.3: a block that cannot be decoded", DUMP_BEGIN "> 1 5 1 ff\n", H2_RULE_COMPRESSION, C},
    {"5.1: DATA on an idle stream", DUMP_BEGIN "> 0 0 1 61\n", H2_RULE_IDLE, C},
    {"5.1: WINDOW_UPDATE on an idle stream", DUMP_BEGIN "< 8 0 1 00000001\n", H2_RULE_IDLE, S},
    {"5.1: RST_STREAM on an idle stream", DUMP_BEGIN "> 3 0 1 00000000\n", H2_RULE_IDLE, C},
    {"5.1: an answer to nothing", DUMP_BEGIN DUMP_OK, H2_RULE_IDLE, S},
    {"5.1: DATA after END_STREAM", DUMP_BEGIN DUMP_GET "> 0 0 1 61\n", H2_RULE_CLOSED_STREAM, C},
    {"5.1: DATA after one's own RST_STREAM", DUMP_BEGIN DUMP_POST "> 3 0 1 00000008\n> 0 0 1 61\n",
     H2_RULE_CLOSED_STREAM, C},
    {"5.1: DATA after the other's RST_STREAM, which it may not know",
     DUMP_BEGIN DUMP_POST "< 3 0 1 00000008\n> 0 0 1 61\n", H2_RULE_NONE, C},
    {"5.1.1: a client's stream with an even number", DUMP_BEGIN "> 1 5 2 82 84 86 410161\n", H2_RULE_STREAM_ID, C},
    {"5.1.1: a number below the last", DUMP_BEGIN "> 1 5 3 82 84 86 410161\n" DUMP_GET, H2_RULE_STREAM_ID, C},
    {"5.1.1: HEADERS on stream 0", DUMP_BEGIN "> 1 5 0 82 84 86 410161\n", H2_RULE_STREAM_ZERO, C},
    {"5.1.1: SETTINGS on a stream", DUMP_BEGIN "> 4 0 1\n", H2_RULE_STREAM_NOT_ZERO, C},
    {"5.1.2: more streams than allowed",
     ">P\n> 4 0 0\n< 4 0 0 0003 00000001\n> 4 1 0\n< 4 1 0\n" DUMP_POST "> 1 4 3 83 84 86 be\n", H2_RULE_CONCURRENCY,
     C},
    {"5.1.2: as many as allowed, one after another",
     ">P\n> 4 0 0\n< 4 0 0 0003 00000001\n> 4 1 0\n< 4 1 0\n" DUMP_GET "< 1 5 1 88\n> 1 4 3 83 84 86 be\n",
     H2_RULE_NONE, C},
    {"5.3.1 of RFC 7540: a stream that depends on itself", DUMP_BEGIN DUMP_POST "> 2 0 1 00000001 10\n",
     H2_RULE_PRIORITY_SELF, C},
    {"6.1: padding above the payload", DUMP_BEGIN DUMP_POST "> 0 8 1 05 61\n", H2_RULE_PADDING, C},
    {"6.5.2: ENABLE_PUSH of 2", ">P\n> 4 0 0 0002 00000002\n", H2_RULE_SETTINGS_VALUE, C},
    {"6.5.2: a server that enables push", ">P\n> 4 0 0\n< 4 0 0 0002 00000001\n", H2_RULE_SETTINGS_VALUE, S},
    {"6.5.2: a window above 2^31-1", ">P\n> 4 0 0 0004 80000000\n", H2_RULE_SETTINGS_WINDOW, C},
    {"RFC 8441, 3: extended CONNECT taken back", ">P\n> 4 0 0\n< 4 0 0 0008 00000001\n< 4 0 0 0008 00000000\n",
     H2_RULE_SETTINGS_VALUE, S},
    {"6.5.3: an acknowledgement of nothing", DUMP_BEGIN "> 4 1 0\n", H2_RULE_SETTINGS_ACK, C},
    {"6.6: a client's PUSH_PROMISE", DUMP_BEGIN DUMP_POST "> 5 4 1 00000002 82 84 86 410161\n", H2_RULE_PUSH, C},
    {"6.6: PUSH_PROMISE when push is off",
     ">P\n> 4 0 0 0002 00000000\n< 4 0 0\n> 4 1 0\n< 4 1 0\n" DUMP_GET "< 5 4 1 00000002 82 84 86 410161\n",
     H2_RULE_PUSH, S},
    {"8.4: a promise that is kept",
     DUMP_BEGIN DUMP_GET "< 5 4 1 00000002 82 84 86 410161\n" DUMP_OK "< 0 1 1\n< 1 4 2 88\n< 0 1 2 61\n", H2_RULE_NONE,
     C},
    {"6.8: a later GOAWAY that names more", DUMP_BEGIN "< 7 0 0 00000001 00000000\n< 7 0 0 00000003 00000000\n",
     H2_RULE_GOAWAY, S},
    {"6.9: WINDOW_UPDATE of 0 on a stream", DUMP_BEGIN DUMP_POST "< 8 0 1 00000000\n", H2_RULE_INCREMENT, S},
    {"6.9: WINDOW_UPDATE of 0 on the connection", DUMP_BEGIN "> 8 0 0 00000000\n", H2_RULE_SESSION_INCREMENT, C},
    {"6.9.1: a connection's window above 2^31-1", DUMP_BEGIN "> 8 0 0 7fffffff\n", H2_RULE_SESSION_WINDOW, C},
    {"6.9.1: a stream's window above 2^31-1", DUMP_BEGIN DUMP_POST "< 8 0 1 7fffffff\n", H2_RULE_WINDOW, S},
    {"6.9.2: a setting that takes a stream's window above 2^31-1",
     DUMP_BEGIN DUMP_POST "< 8 0 1 7fff0000\n< 4 0 0 0004 00010000\n", H2_RULE_SETTINGS_WINDOW, S},
    {"6.9.2: the same setting, up to 2^31-1", DUMP_BEGIN DUMP_POST "< 8 0 1 7ffeffff\n< 4 0 0 0004 00010000\n",
     H2_RULE_NONE, S},
    {"6.9.2: the same setting when that stream's sender has ended",
     DUMP_BEGIN DUMP_POST "< 8 0 1 7fff0000\n> 0 1 1 61\n< 4 0 0 0004 00010000\n", H2_RULE_NONE, S},
    {"6.9.2: a window that a setting on its way moved",
     DUMP_BEGIN DUMP_POST "< 4 0 0 0004 00010000\n< 8 0 1 7fff0000\n", H2_RULE_WINDOW, S},
    {"6.9.2: a setting that leaves room", DUMP_BEGIN DUMP_POST "< 4 0 0 0004 00000000\n< 8 0 1 7fffffff\n",
     H2_RULE_NONE, S},
    {"6.9.1: more DATA than the stream allows",
     ">P\n> 4 0 0\n< 4 0 0 0004 00000004\n> 4 1 0\n< 4 1 0\n" DUMP_POST "> 0 0 1 *5\n", H2_RULE_OVERRUN, C},
    {"6.9.1: the same after it was allowed",
     ">P\n> 4 0 0\n< 4 0 0 0004 00000004\n> 4 1 0\n< 4 1 0\n" DUMP_POST "< 8 0 1 00000001\n> 0 0 1 *5\n", H2_RULE_NONE,
     C},
    {"6.9.1: more DATA than the connection allows",
     ">P\n> 4 0 0\n< 4 0 0 0004 00100000\n> 4 1 0\n< 4 1 0\n" DUMP_POST
     "> 0 0 1 *16384\n> 0 0 1 *16384\n> 0 0 1 *16384\n> 0 0 1 *16383\n> 0 0 1 61\n",
     H2_RULE_SESSION_OVERRUN, C},
    {"6.10: CONTINUATION of nothing", DUMP_BEGIN "> 9 4 1 82\n", H2_RULE_CONTINUATION, C},
    {"6.10: a frame within a block", DUMP_BEGIN "> 1 1 1 82\n> 6 0 0 *8\n", H2_RULE_CONTINUATION, C},
    {"6.10: a block in two frames", DUMP_BEGIN "> 1 1 1 82 84 86\n> 9 4 1 410161\n", H2_RULE_NONE, C},
    {"8.1: DATA before the response", DUMP_BEGIN DUMP_GET "< 0 0 1 61\n", H2_RULE_MESSAGE_ORDER, S},
    {"8.1: trailers that do not end", DUMP_BEGIN DUMP_GET DUMP_OK "< 1 4 1 00 0161 0162\n", H2_RULE_MESSAGE_ORDER, S},
    {"8.1: trailers", DUMP_BEGIN DUMP_GET DUMP_OK "< 0 0 1 61\n< 1 5 1 00 0161 0162\n", H2_RULE_NONE, C},
    {"8.1: an informational response first", DUMP_BEGIN DUMP_GET "< 1 4 1 48 03313033\n< 1 5 1 88\n", H2_RULE_NONE, C},
    {"8.1: an informational response that ends", DUMP_BEGIN DUMP_GET "< 1 5 1 48 03313033\n", H2_RULE_MESSAGE_ORDER, S},
    {"8.1.1: less content than announced", DUMP_BEGIN DUMP_GET "< 1 4 1 88 5c 0133\n< 0 1 1 6162\n",
     H2_RULE_CONTENT_LENGTH, S},
    {"8.1.1: more content than announced", DUMP_BEGIN DUMP_GET "< 1 4 1 88 5c 0131\n< 0 0 1 6162\n",
     H2_RULE_CONTENT_LENGTH, S},
    {"8.1.1: a length without content, in answer to HEAD",
     DUMP_BEGIN "> 1 5 1 42 0448454144 84 86 410161\n< 1 5 1 88 5c 0133\n", H2_RULE_NONE, C},
    {"8.2.1: a name in upper case", DUMP_BEGIN "> 1 5 1 82 84 86 410161 00 0141 0162\n", H2_RULE_FIELD_NAME, C},
    {"8.2.2: a field of the connection", DUMP_BEGIN "> 1 5 1 82 84 86 410161 00 0a636f6e6e656374696f6e 0162\n",
     H2_RULE_CONNECTION_FIELD, C},
    {"8.3.1: no :path", DUMP_BEGIN "> 1 5 1 82 86 410161\n", H2_RULE_PSEUDO_MISSING, C},
    {"8.3.2: no :status", DUMP_BEGIN DUMP_GET "< 1 5 1 00 0161 0162\n", H2_RULE_PSEUDO_MISSING, S},
    {"RFC 9218, 7.1: a server's PRIORITY_UPDATE", DUMP_BEGIN "< 10 0 0 00000001 753d31\n", H2_RULE_PRIORITY_UPDATE, S},
    {"5.5: an unknown type is passed over", DUMP_BEGIN "> 20 0 0 6162\n< 20 ff 7 61\n", H2_RULE_NONE, C},
};

START_TEST(rfc9113_violations_are_named) {
    static const size_t pieces[] = {100000, 1, 7};
    const row *r = &rows[_i];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        dump_result got;
        dump_talk(&got, r->talk, true, pieces[i]);
        ck_assert_msg(got.n_breaches == (r->rule != H2_RULE_NONE), "%s: %zu violations, the first: %s", r->name,
                      got.n_breaches, h2_rule_text(got.breach.rule));
        ck_assert_msg(got.breach.rule == r->rule, "%s: \"%s\"", r->name, h2_rule_text(got.breach.rule));
        if (r->rule != H2_RULE_NONE) ck_assert_msg(got.side == r->side, "%s: the other side", r->name);
    }
}
END_TEST

Suite *dump_violations(void) {
    Suite *s = suite_create("h2dump: violations");
    TCase *t = tcase_create("table");
    tcase_add_loop_test(t, rfc9113_violations_are_named, 0, sizeof rows / sizeof *rows);
    suite_add_tcase(s, t);
    return s;
}
