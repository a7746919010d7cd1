/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "messages.h"
#include "split.h"

/* RFC 9113, 8.2 and 8.3.1: what a request may contain. Each row arrives at a server and is tried by a client. */

#define OK     H2_RULE_NONE
#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define START  ":method=GET|:scheme=https|:path=/|:authority=a"

static const message_row requests[] = {
    /* 8.3.1 pseudo-fields */
    {"plain", START, OK},
    {"without authority", ":method=GET|:scheme=https|:path=/", OK},
    {"host alone", ":method=GET|:scheme=https|:path=/|host=a", OK},
    {"any order of pseudo-fields", ":path=/|:authority=a|:scheme=https|:method=GET", OK},
    {"any method", ":method=mY-mEthod|:scheme=https|:path=/", OK},
    {"no method", ":scheme=https|:path=/|:authority=a", H2_RULE_PSEUDO_MISSING},
    {"no scheme", ":method=GET|:path=/|:authority=a", H2_RULE_PSEUDO_MISSING},
    {"no path", ":method=GET|:scheme=https|:authority=a", H2_RULE_PSEUDO_MISSING},
    {"nothing", "", H2_RULE_PSEUDO_MISSING},
    {"only regular", "a=b", H2_RULE_PSEUDO_MISSING},
    {"empty method", ":method=|:scheme=https|:path=/", H2_RULE_PSEUDO_VALUE},
    {"empty scheme", ":method=GET|:scheme=|:path=/", H2_RULE_PSEUDO_VALUE},
    {"empty path for https", ":method=GET|:scheme=https|:path=", H2_RULE_PSEUDO_VALUE},
    {"empty path for http", ":method=GET|:scheme=http|:path=", H2_RULE_PSEUDO_VALUE},
    {"empty path for another scheme", ":method=GET|:scheme=coap|:path=", OK},
    {"relative path", ":method=GET|:scheme=https|:path=x/y", H2_RULE_PSEUDO_VALUE},
    {"query", ":method=GET|:scheme=https|:path=/a?b=c", OK},
    {"star with OPTIONS", ":method=OPTIONS|:scheme=https|:path=*", OK},
    {"path with OPTIONS", ":method=OPTIONS|:scheme=https|:path=/", OK},
    {"star without OPTIONS", ":method=GET|:scheme=https|:path=*", H2_RULE_PSEUDO_VALUE},
    {"userinfo after what is plain", ":method=GET|:scheme=https|:path=/|:authority=example.org@a",
     H2_RULE_PSEUDO_VALUE},
    {"userinfo in the authority", ":method=GET|:scheme=https|:path=/|:authority=u:p@a", H2_RULE_PSEUDO_VALUE},
    {"fields as long as those that are looked at",
     ":method=GET|:scheme=http|:path=/|:authority=a|xx=1|xxxx=1|expires=1|if-range=1|user-agent=1|accept-charset=1|"
     "x-forwarded-host=1|x-forwarded-proto=1",
     OK},
    {"empty authority", ":method=GET|:scheme=https|:path=/|:authority=", H2_RULE_PSEUDO_VALUE},
    {"empty host", ":method=GET|:scheme=https|:path=/|host=", H2_RULE_FIELD_VALUE},
    {"empty host with another scheme", ":method=GET|:scheme=coap|:path=/|host=", OK},
    {"userinfo in the host", ":method=GET|:scheme=https|:path=/|host=u:p@a", H2_RULE_FIELD_VALUE},
    {"empty authority with another scheme", ":method=GET|:scheme=coap|:path=/|:authority=", OK},
    {"authority with a space", ":method=GET|:scheme=http|:path=/|:authority=a b", H2_RULE_PSEUDO_VALUE},
    {"authority with a path", ":method=GET|:scheme=http|:path=/|:authority=a/b", H2_RULE_PSEUDO_VALUE},
    {"authority of an IPv6 address", ":method=GET|:scheme=http|:path=/|:authority=[::1]:8080", OK},
    {"authority beyond ASCII", ":method=GET|:scheme=http|:path=/|:authority=\xc3\xa9", H2_RULE_PSEUDO_VALUE},
    {"Host with a space", ":method=GET|:scheme=http|:path=/|host=a b", H2_RULE_FIELD_VALUE},
    {"method with a space", ":method=GET /|:scheme=http|:path=/|:authority=a", H2_RULE_PSEUDO_VALUE},
    {"method of any token", ":method=M-SEARCH|:scheme=http|:path=/|:authority=a", OK},
    {"scheme with a space", ":method=GET|:scheme=ht tp|:path=/|:authority=a", H2_RULE_PSEUDO_VALUE},
    {"path with a space", ":method=GET|:scheme=http|:path=/a b|:authority=a", H2_RULE_PSEUDO_VALUE},
    {"path with a control", ":method=GET|:scheme=http|:path=/\x7f|:authority=a", H2_RULE_PSEUDO_VALUE},
    {"path beyond ASCII", ":method=GET|:scheme=http|:path=/\xc3\xa9|:authority=a", OK},
    {"userinfo with another scheme", ":method=GET|:scheme=coap|:path=/|:authority=u@a", OK},
    {"host as authority", START "|host=a", OK},
    {"host unlike authority", START "|host=b", H2_RULE_AUTHORITY},
    {"host empty beside authority", START "|host=", H2_RULE_AUTHORITY},
    {"host twice", START "|host=a|host=a", H2_RULE_AUTHORITY},
    /* 8.3 which, how often, where */
    {"method twice", ":method=GET|" START, H2_RULE_PSEUDO_TWICE},
    {"scheme twice", START "|:scheme=https", H2_RULE_PSEUDO_TWICE},
    {"path twice", START "|:path=/", H2_RULE_PSEUDO_TWICE},
    {"authority twice", START "|:authority=a", H2_RULE_PSEUDO_TWICE},
    {"status in a request", START "|:status=200", H2_RULE_PSEUDO_UNKNOWN},
    {"unknown pseudo-field", START "|:test=x", H2_RULE_PSEUDO_UNKNOWN},
    {"pseudo-field of a colon alone", START "|:=x", H2_RULE_PSEUDO_UNKNOWN},
    {"capital pseudo-field", ":Method=GET|:scheme=https|:path=/", H2_RULE_PSEUDO_UNKNOWN},
    {"pseudo-field after a regular one", ":method=GET|:scheme=https|a=b|:path=/", H2_RULE_PSEUDO_ORDER},
    /* 8.2.1 characters */
    {"capital letter in a name", START "|Accept=x", H2_RULE_FIELD_NAME},
    {"capital letter at the end", START "|accepT=x", H2_RULE_FIELD_NAME},
    {"empty name", START "|=x", H2_RULE_FIELD_NAME},
    {"space in a name", START "|a b=x", H2_RULE_FIELD_NAME},
    {"colon within a name", START "|a:b=x", H2_RULE_FIELD_NAME},
    {"NUL in a name", START "|a`b=x", H2_RULE_FIELD_NAME},
    {"LF in a name", START "|a\nb=x", H2_RULE_FIELD_NAME},
    {"DEL in a name", START "|a\x7f=x", H2_RULE_FIELD_NAME},
    {"octet above ASCII in a name", START "|a\x80=x", H2_RULE_FIELD_NAME},
    {"last octet in a name", START "|a\xff=x", H2_RULE_FIELD_NAME},
    {"marks of a token in a name", START "|a!#$%&'*+-.^_~09=x", OK},
    {"NUL in a value", START "|a=x`y", H2_RULE_FIELD_VALUE},
    {"CR in a value", START "|a=x\ry", H2_RULE_FIELD_VALUE},
    {"LF in a value", START "|a=x\ny", H2_RULE_FIELD_VALUE},
    {"CR at the end of a value", START "|a=x\r", H2_RULE_FIELD_VALUE},
    {"value begins with a space", START "|a= x", H2_RULE_FIELD_VALUE},
    {"value ends with a space", START "|a=x ", H2_RULE_FIELD_VALUE},
    {"value begins with a tab", START "|a=\tx", H2_RULE_FIELD_VALUE},
    {"value ends with a tab", START "|a=x\t", H2_RULE_FIELD_VALUE},
    {"value of one space", START "|a= ", H2_RULE_FIELD_VALUE},
    {"space and tab within a value", START "|a=x \ty", OK},
    {"empty value", START "|a=", OK},
    {"octets above ASCII in a value", START "|a=\x80\xff\x7f", OK},
    {"line break in the path", ":method=GET|:scheme=https|:path=/\r\nx", H2_RULE_PSEUDO_VALUE},
    {"NUL in the authority", ":method=GET|:scheme=https|:path=/|:authority=a`b", H2_RULE_PSEUDO_VALUE},
    /* 8.2.2 fields of a connection */
    {"connection", START "|connection=close", H2_RULE_CONNECTION_FIELD},
    {"proxy-connection", START "|proxy-connection=close", H2_RULE_CONNECTION_FIELD},
    {"keep-alive", START "|keep-alive=5", H2_RULE_CONNECTION_FIELD},
    {"transfer-encoding", START "|transfer-encoding=chunked", H2_RULE_CONNECTION_FIELD},
    {"upgrade", START "|upgrade=websocket", H2_RULE_CONNECTION_FIELD},
    {"te trailers", START "|te=trailers", OK},
    {"te with another value", START "|te=gzip", H2_RULE_CONNECTION_FIELD},
    {"te with trailers among others", START "|te=trailers, gzip", H2_RULE_CONNECTION_FIELD},
    {"te empty", START "|te=", H2_RULE_CONNECTION_FIELD},
    {"cookies in pieces", START "|cookie=a=b|cookie=c=d", OK}, /* 8.2.3 */
    /* 8.1.1 content-length */
    {"content-length not a number", START "|content-length=x", H2_RULE_CONTENT_LENGTH},
    {"content-length negative", START "|content-length=-1", H2_RULE_CONTENT_LENGTH},
    {"content-length signed", START "|content-length=+0", H2_RULE_CONTENT_LENGTH},
    {"content-length empty", START "|content-length=", H2_RULE_CONTENT_LENGTH},
    {"content-length with a space", START "|content-length=1 0", H2_RULE_CONTENT_LENGTH},
    {"content-length as a list", START "|content-length=0, 0", H2_RULE_CONTENT_LENGTH},
    {"content-length twice, alike", START "|content-length=0|content-length=0", OK},
    {"content-length twice, unlike", START "|content-length=0|content-length=1", H2_RULE_CONTENT_LENGTH},
#ifdef H2_SMALL
    {"content-length beyond what is counted", START "|content-length=2147483648", OK},
#else
    {"content-length beyond 64 bits", START "|content-length=18446744073709551616", H2_RULE_CONTENT_LENGTH},
#endif
    {"content-length zero", START "|content-length=0", OK},
    /* 8.5 CONNECT */
    {"CONNECT", ":method=CONNECT|:authority=a:1", OK},
    {"CONNECT without authority", ":method=CONNECT", H2_RULE_CONNECT},
    {"CONNECT with an empty authority", ":method=CONNECT|:authority=", H2_RULE_CONNECT},
    {"CONNECT with a scheme", ":method=CONNECT|:authority=a:1|:scheme=https", H2_RULE_CONNECT},
    {"CONNECT with a path", ":method=CONNECT|:authority=a:1|:path=/", H2_RULE_CONNECT},
    {"CONNECT with both", ":method=CONNECT|:authority=a:1|:scheme=https|:path=/", H2_RULE_CONNECT},
    {"protocol without CONNECT", START "|:protocol=websocket", H2_RULE_CONNECT}, /* RFC 8441, 4 */
};

/* 8.1.1: a malformed request costs its stream with PROTOCOL_ERROR, and the program never sees it. */
CONVERSATIONS(rfc9113_8_3_1_requests_are_judged_by_a_server, requests) {
    const message_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, row->fields);
    if (row->rule) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_alive(p);
    peer_expect_events(p, row->rule ? "" : "request 1 end");
}

/* What a client says to sending a row. */
static h2_result answer_to(const message_row *row) {
#ifdef H2_SMALL /* it judges each field by itself, and leaves it to the server what they say together */
    h2_field fields[64];
    char storage[1024];
    h2_message message;
    size_t n = peer_parse(fields, 64, storage, sizeof storage, row->fields);
    if (h2_fields_check(&message, H2_MESSAGE_REQUEST, fields, n)) return H2_EINVAL;
    return message.field[H2_NAME_PROTOCOL] ? H2_ESTATE : H2_OK; /* RFC 8441, 3: which this server does not offer */
#else
    return row->rule ? H2_EINVAL : H2_OK;
#endif
}

/* 8.1.1, 8.2.2, 8.3: what may not be received may not be sent, and trying changes nothing. */
CONVERSATIONS(rfc9113_8_3_1_requests_are_judged_before_a_client_sends_them, requests) {
    const message_row *row = p->row;
    uint32_t id = 0;
    peer_connect_client(p);
    h2_result result = peer_try_open(p, H2_END, row->fields, &id);
    if (result != answer_to(row) || (id != 0) != (result == H2_OK)) peer_fail(p, "the call gave %d", result);
    if (result == H2_OK) peer_expect_section(p, H2_FLAG_END_STREAM, 1, row->fields);
    peer_expect_alive(p);
}

/* Rule by rule, so that what is reported is right too. */
START_TEST(rfc9113_8_3_1_the_rule_that_a_request_broke_is_named) {
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        h2_field fields[64];
        char storage[1024];
        h2_message message;
        size_t n = peer_parse(fields, 64, storage, sizeof storage, requests[i].fields);
        h2_rule rule = h2_message_check(&message, H2_MESSAGE_REQUEST, fields, n, true);
        ck_assert_msg(rule == requests[i].rule, "%s: %s", requests[i].label, h2_rule_text(rule));
    }
}
END_TEST

/* 8.2.1 for each octet at each place of names and values of any length: those that follow are to be judged as well. */
static h2_rule judge_octet(bool in_name, size_t len, size_t place, unsigned octet) {
    char text[24];
    h2_message message;
    memset(text, 'a', sizeof text);
    text[place] = (char)octet;
    h2_field field = {in_name ? text : "x", in_name ? "x" : text, in_name ? len : 1, in_name ? 1 : len, false};
    return h2_message_check(&message, H2_MESSAGE_TRAILERS, &field, 1, true);
}

static h2_rule octet_rule(bool in_name, size_t len, size_t place, unsigned octet) {
    static const char tokens[] = "!#$%&'*+-.^_`|~" DIGITS LOWER;
    bool edge = place == 0 || place == len - 1;
    bool bad_value = octet == 0 || octet == '\r' || octet == '\n' || (edge && (octet == ' ' || octet == '\t'));
    if (!in_name) return bad_value ? H2_RULE_FIELD_VALUE : H2_RULE_NONE;
    if (octet == ':' && place == 0) return H2_RULE_PSEUDO_UNKNOWN;
    return octet == 0 || !strchr(tokens, (int)octet) ? H2_RULE_FIELD_NAME : H2_RULE_NONE;
}

START_TEST(rfc9113_8_2_1_every_octet_at_every_place_is_judged) {
    for (unsigned in_name = 0; in_name < 2; in_name++)
        for (size_t len = 1; len <= 24; len++)
            for (size_t place = 0; place < len; place++)
                for (unsigned octet = 0; octet < 256; octet++)
                    ck_assert_msg(judge_octet(in_name, len, place, octet) == octet_rule(in_name, len, place, octet),
                                  "octet %u at %zu of %zu, %s", octet, place, len, in_name ? "name" : "value");
}
END_TEST

/* 8.3.1 for each octet at each place of the parts of a target: RFC 9110, 5.6.2; RFC 3986, 3.1 and 3.2.2; any visible
 * character in a path. */
static const struct {
    const char *name, *characters;
    bool beyond_ascii;
} parts[] = {{":method", "!#$%&'*+-.^_`|~" DIGITS LOWER UPPER, false},
             {":scheme", "+-." DIGITS LOWER UPPER, false},
             {":authority", "-._~%!$&'()*+,;=:@[]" DIGITS LOWER UPPER, false},
             {":path", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" DIGITS LOWER UPPER, true}};

static void judge_part(size_t part, size_t len, size_t place, unsigned octet) {
    char text[20];
    h2_message message;
    h2_field fields[] = {H2_FIELD(":method", "GET"), H2_FIELD(":scheme", "coap"), H2_FIELD(":authority", "a"),
                         H2_FIELD(":path", "/")};
    memset(text, 'a', sizeof text);
    text[place] = (char)octet;
    fields[part].value = text;
    fields[part].value_len = len;
    bool valid = octet < 128 ? octet > 0 && strchr(parts[part].characters, (int)octet) : parts[part].beyond_ascii;
    ck_assert_msg(h2_message_check(&message, H2_MESSAGE_REQUEST, fields, 4, true) ==
                      (valid ? H2_RULE_NONE : H2_RULE_PSEUDO_VALUE),
                  "octet %u at %zu of %zu in %s", octet, place, len, parts[part].name);
}

START_TEST(rfc9113_8_3_1_every_octet_at_every_place_of_a_target_is_judged) {
    for (size_t part = 0; part < 4; part++)
        for (size_t len = 1; len <= 20; len++)
            for (size_t place = 0; place < len; place++)
                for (unsigned octet = 0; octet < 256; octet++) judge_part(part, len, place, octet);
}
END_TEST

/* ---- RFC 8441 ---- */

#define EXTENDED ":method=CONNECT|:protocol=websocket|:scheme=https|:path=/chat|:authority=a"

static const message_row extended[] = {
    {"whole", EXTENDED, OK},
    {"without scheme", ":method=CONNECT|:protocol=websocket|:path=/chat|:authority=a", H2_RULE_CONNECT},
    {"without path", ":method=CONNECT|:protocol=websocket|:scheme=https|:authority=a", H2_RULE_CONNECT},
    {"without authority", ":method=CONNECT|:protocol=websocket|:scheme=https|:path=/chat", H2_RULE_CONNECT},
    {"empty protocol", ":method=CONNECT|:protocol=|:scheme=https|:path=/chat|:authority=a", H2_RULE_PSEUDO_VALUE},
    {"protocol twice", EXTENDED "|:protocol=x", H2_RULE_PSEUDO_TWICE},
    {"protocol with GET", ":method=GET|:protocol=websocket|:scheme=https|:path=/chat|:authority=a", H2_RULE_CONNECT},
};

CONVERSATIONS(rfc8441_4_extended_connect_is_judged_where_offered, extended) {
    const message_row *row = p->row;
    h2_config config = h2_config_hosted(true);
    config.connect_protocol = true;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, row->fields);
    if (row->rule) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_alive(p);
    peer_expect_events(p, row->rule ? "" : "request 1");
}

CONVERSATION(rfc8441_3_extended_connect_is_malformed_where_not_offered) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, EXTENDED);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "");
}

CONVERSATION(rfc8441_3_client_waits_for_the_servers_offer) {
    uint32_t id = 0;
    peer_connect_client(p);
    ck_assert_int_eq(peer_try_open(p, 0, EXTENDED, &id), H2_ESTATE);
    peer_expect_nothing(p);
    peer_send_setting(p, 8, 1);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_int_eq(peer_try_open(p, 0, EXTENDED, &id), H2_OK);
    peer_expect_fields(p, 0, 1, EXTENDED);
}

Suite *rfc9113_8_3_requests_suite(void) {
    Suite *suite = suite_create("rfc9113 8.3 requests");
    TCase *tc = tcase_create("requests");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, rfc9113_8_3_1_requests_are_judged_by_a_server);
    tcase_add_test(tc, rfc9113_8_3_1_requests_are_judged_before_a_client_sends_them);
    tcase_add_test(tc, rfc9113_8_3_1_the_rule_that_a_request_broke_is_named);
    tcase_add_test(tc, rfc9113_8_2_1_every_octet_at_every_place_is_judged);
    tcase_add_test(tc, rfc9113_8_3_1_every_octet_at_every_place_of_a_target_is_judged);
    tcase_add_test(tc, rfc8441_4_extended_connect_is_judged_where_offered);
    tcase_add_test(tc, rfc8441_3_extended_connect_is_malformed_where_not_offered);
    tcase_add_test(tc, rfc8441_3_client_waits_for_the_servers_offer);
    suite_add_tcase(suite, tc);
    return suite;
}
