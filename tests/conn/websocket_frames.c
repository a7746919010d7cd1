/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "conn_websocket.h"

/* RFC 6455, 5 to 8, by table: frames a peer sends, and what they say. Each row is parsed whole, octet by octet and in
 * two parts at every place. */

typedef struct row {
    const char *name;
    bool server;        /* who we are: a server's peer masks */
    const char *frames; /* hexadecimal */
    const char *log;    /* messages and events, a blank after each; "!RULE" at the end for a failure */
} row;

#define MOST 100000u

static const row rows[] = {
    {"5.7: a single frame of text", false, "81 05 48656c6c6f", "T(Hello) "},
    {"5.7: the same masked", true, "81 85 37fa213d 7f9f4d5158", "T(Hello) "},
    {"5.7: text in two frames", false, "01 03 48656c 80 02 6c6f", "T(Hello) "},
    {"5.7: a ping and its answer", false, "89 05 48656c6c6f 8a 05 48656c6c6f", "ping(Hello) pong(Hello) "},
    {"5.5.2: a ping between fragments", false, "01 03 48656c 89 00 80 02 6c6f", "ping() T(Hello) "},
    {"5.6: binary", false, "82 03 000102", "B(000102) "},
    {"5.2: an empty message", false, "81 00 82 00", "T() B() "},
    {"5.4: an empty last fragment", false, "01 02 6869 80 00", "T(hi) "},
    {"5.4: empty fragments only", false, "02 00 00 00 80 00", "B() "},
    {"5.4: two messages", false, "81 01 61 81 01 62", "T(a) T(b) "},
    {"5.5.1: Close without a code", false, "88 00", "close(0) "},
    {"5.5.1: Close with one", false, "88 02 03e8", "close(1000) "},
    {"5.5.1: Close with a reason", false, "88 05 03e9 627965", "close(1001 bye) "},
    {"5.5.1: nothing counts after it", false, "88 00 81 01 61 ff ff", "close(0) "},
    {"5.5.1: Close between fragments", false, "01 01 61 88 02 03e8", "close(1000) "},
    {"7.4.2: a program's own code", false, "88 02 0bb8 ", "close(3000) "},
    {"5.2: each reserved bit", false, "c1 00", "!RESERVED"},
    {"5.2: each reserved bit", false, "a1 00", "!RESERVED"},
    {"5.2: each reserved bit", false, "91 00", "!RESERVED"},
    {"5.2: a reserved bit of a control frame", false, "c9 00", "!RESERVED"},
    {"5.2: opcode 3", false, "83 00", "!OPCODE"},
    {"5.2: opcode 7", false, "87 00", "!OPCODE"},
    {"5.2: opcode 11", false, "8b 00", "!OPCODE"},
    {"5.2: opcode 15", false, "8f 00", "!OPCODE"},
    {"5.2: 125 octets said in 16 bits", false, "82 7e 007d", "!LENGTH"},
    {"5.2: 65,535 octets said in 64 bits", false, "82 7f 000000000000ffff", "!LENGTH"},
    {"5.2: the highest bit of 64", false, "82 7f 8000000000000000", "!LENGTH"},
    {"5.2: a length above what is accepted", false, "82 7f 7fffffffffffffff", "!SIZE"},
    {"7.4.1: fragments above what is accepted", false, "02 01 61 80 7f 00000000000186a0", "!SIZE"},
    {"5.1: a client that does not mask", true, "81 05 48656c6c6f", "!UNMASKED"},
    {"5.1: a client's ping without mask", true, "89 00", "!UNMASKED"},
    {"5.1: a server that masks", false, "81 85 37fa213d 7f9f4d5158", "!MASKED"},
    {"5.5: a fragmented ping", false, "09 00", "!CONTROL"},
    {"5.5: a fragmented Close", false, "08 00", "!CONTROL"},
    {"5.5: a ping of 126 octets", false, "89 7e 007e", "!CONTROL"},
    {"5.4: a continuation of nothing", false, "80 01 61", "!CONTINUATION"},
    {"5.4: a continuation after the end", false, "81 01 61 80 01 61", "T(a) !CONTINUATION"},
    {"5.4: a message within a message", false, "01 01 61 81 01 62", "!CONTINUATION"},
    {"5.5.1: Close with half a code", false, "88 01 03", "!CLOSE"},
    {"7.4: code 0", false, "88 02 0000", "!CLOSE"},
    {"7.4: code 999", false, "88 02 03e7", "!CLOSE"},
    {"7.4.1: code 1004", false, "88 02 03ec", "!CLOSE"},
    {"7.4.1: code 1005", false, "88 02 03ed", "!CLOSE"},
    {"7.4.1: code 1006", false, "88 02 03ee", "!CLOSE"},
    {"7.4.1: code 1015", false, "88 02 03f7", "!CLOSE"},
    {"7.4.2: code 2999", false, "88 02 0bb7", "!CLOSE"},
    {"7.4.2: code 5000", false, "88 02 1388", "!CLOSE"},
    {"5.5.1: a reason that is not UTF-8", false, "88 04 03e8 c328", "!UTF8"},
    {"5.5.1: a reason cut within a character", false, "88 03 03e8 c3", "!UTF8"},
    {"8.1: characters of all lengths", false, "81 0a 24 c2a2 e282ac f09f9880", "T(24c2a2e282acf09f9880) "},
    {"8.1: a character across fragments", false, "01 02 e282 80 01 ac", "T(e282ac) "},
    {"8.1: a character cut at the end", false, "81 02 e282", "!UTF8"},
    {"8.1: a continuation octet alone", false, "81 01 80", "!UTF8"},
    {"8.1: a longer form than needed", false, "81 02 c080", "!UTF8"},
    {"8.1: a longer form of three", false, "81 03 e09fbf", "!UTF8"},
    {"8.1: a longer form of four", false, "81 04 f08fbfbf", "!UTF8"},
    {"8.1: a surrogate", false, "81 03 eda080", "!UTF8"},
    {"8.1: above U+10FFFF", false, "81 04 f4908080", "!UTF8"},
    {"8.1: octet f5", false, "81 01 f5", "!UTF8"},
    {"8.1: the first and last of each length", false, "81 0f 7f c280 dfbf e0a080 efbfbf f48fbfbf",
     "T(7fc280dfbfe0a080efbfbff48fbfbf) "},
    {"8.1: a wrong octet fails before the message ends", false, "01 01 ff", "!UTF8"},
    {"5.6: binary is not looked at", false, "82 02 fffe", "B(fffe) "},
};

static size_t octets(const char *hex, uint8_t *out) {
    size_t n = 0;
    unsigned value;
    for (; *hex; hex += *hex == ' ' ? 1 : 2)
        if (*hex != ' ' && sscanf(hex, "%2x", &value) == 1) out[n++] = (uint8_t)value;
    return n;
}

typedef struct log {
    char text[1024];
    uint8_t message[256];
    size_t message_n;
} log_of;

static void add(log_of *l, const char *text) {
    ck_assert_uint_lt(strlen(l->text) + strlen(text), sizeof l->text);
    strcat(l->text, text);
}

/* Printable octets as they are, others in hexadecimal, all of them alike. */
static void add_octets(log_of *l, const uint8_t *bytes, size_t n, bool printable) {
    char one[3];
    for (size_t i = 0; i < n; i++) printable = printable && bytes[i] >= ' ' && bytes[i] < 0x7f;
    for (size_t i = 0; i < n; i++) {
        snprintf(one, sizeof one, printable ? "%c" : "%02x", bytes[i]);
        add(l, one);
    }
}

static void note(log_of *l, const h2conn_ws_event *e) {
    static const char *const failures[] = {
#define NAME(name, code, text) #name,
        H2CONN_WS_RULES(NAME)
#undef NAME
    };
    char text[64];
    switch (e->kind) {
    case H2CONN_WS_DATA:
        memcpy(l->message + l->message_n, e->bytes, e->len);
        l->message_n += e->len;
        if (!e->end) return;
        add(l, e->text ? "T(" : "B(");
        add_octets(l, l->message, l->message_n, e->text);
        add(l, ") ");
        l->message_n = 0;
        break;
    case H2CONN_WS_PING:
    case H2CONN_WS_PONG:
        add(l, e->kind == H2CONN_WS_PING ? "ping(" : "pong(");
        add_octets(l, e->bytes, e->len, true);
        add(l, ") ");
        break;
    case H2CONN_WS_CLOSE:
        snprintf(text, sizeof text, "close(%u%s%.*s) ", e->code, e->len ? " " : "", (int)e->len,
                 (const char *)e->bytes);
        add(l, text);
        break;
    case H2CONN_WS_FAILED:
        snprintf(text, sizeof text, "!%s", failures[e->rule] + strlen("H2CONN_WS_RULE_"));
        add(l, text);
        break;
    default: break;
    }
}

/* Parse a copy in pieces that end where a sanitizer would notice. Returns false when the parser has failed. */
static bool feed(h2conn_ws_parser *p, log_of *l, const uint8_t *bytes, size_t len) {
    uint8_t *copy = malloc(len ? len : 1);
    size_t at = 0;
    bool good = true;
    memcpy(copy, bytes, len);
    while (good && at < len) {
        h2conn_ws_event e;
        size_t n = h2conn_ws_parse(p, copy + at, len - at, &e);
        ck_assert(n > 0 || e.kind == H2CONN_WS_FAILED);
        ck_assert_uint_le(n, len - at);
        note(l, &e);
        at += n;
        good = e.kind != H2CONN_WS_FAILED;
    }
    free(copy);
    return good;
}

static void check(const row *r, const uint8_t *bytes, size_t len, size_t first, size_t piece) {
    h2conn_ws_parser p;
    log_of l = {.message_n = 0};
    h2conn_ws_parser_init(&p, r->server, MOST);
    bool good = feed(&p, &l, bytes, first);
    for (size_t at = first; good && at < len; at += piece)
        good = feed(&p, &l, bytes + at, len - at < piece ? len - at : piece);
    ck_assert_msg(strcmp(l.text, r->log) == 0, "%s, cut at %zu and by %zu: %s", r->name, first, piece, l.text);
}

START_TEST(rfc6455_frames_received) {
    const row *r = &rows[_i];
    uint8_t bytes[256] = {0};
    const size_t len = octets(r->frames, bytes);
    check(r, bytes, len, len, 1);
    check(r, bytes, len, 0, 1);
    for (size_t first = 1; first < len; first++) check(r, bytes, len, first, len);
}
END_TEST

/* Everything the parser's peer could write is read as it was meant, at the edges of each form of length. */
START_TEST(rfc6455_5_2_what_is_written_is_read) {
    static const size_t sizes[] = {0, 1, 7, 8, 125, 126, 127, 65535, 65536, MOST};
    static uint8_t bytes[H2CONN_WS_HEADER_MAX + MOST];
    const uint8_t mask[] = {0x81, 0x02, 0xf3, 0x44};
    for (size_t i = 0; i < 2 * (sizeof sizes / sizeof *sizes); i++) {
        const size_t len = sizes[i / 2];
        const bool server = i % 2;
        h2conn_ws_parser p;
        h2conn_ws_event e;
        size_t head = h2conn_ws_header(bytes, H2CONN_WS_OP_BINARY, true, len, server ? mask : NULL);
        ck_assert_uint_eq(head, (len < 126 ? 2u : len < 65536 ? 4u : 10u) + (server ? 4u : 0u));
        test_fill(bytes + head, len, 0, 9);
        if (server) h2conn_ws_mask(bytes + head, len, mask, 0);
        h2conn_ws_parser_init(&p, server, MOST);
        ck_assert_uint_eq(h2conn_ws_parse(&p, bytes, head + len, &e), head + len);
        ck_assert_int_eq(e.kind, H2CONN_WS_DATA);
        ck_assert(e.end && !e.text && e.len == len);
        for (size_t k = 0; k < len; k++) ck_assert_uint_eq(e.bytes[k], test_byte(k, 9));
    }
}
END_TEST

/* A payload masked in parts is the payload masked whole. */
START_TEST(rfc6455_5_3_masking_goes_on_where_it_stopped) {
    const uint8_t mask[] = {1, 2, 3, 4};
    uint8_t whole[64], parts[64];
    for (size_t cut = 0; cut <= sizeof whole; cut++) {
        test_fill(whole, sizeof whole, 0, 3);
        memcpy(parts, whole, sizeof whole);
        h2conn_ws_mask(whole, sizeof whole, mask, 0);
        h2conn_ws_mask(parts, cut, mask, 0);
        h2conn_ws_mask(parts + cut, sizeof parts - cut, mask, cut);
        ck_assert_mem_eq(whole, parts, sizeof whole);
        for (size_t i = 0; i < sizeof whole; i++) ck_assert_uint_eq(whole[i], test_byte(i, 3) ^ mask[i % 4]);
    }
}
END_TEST

START_TEST(rfc6455_7_4_each_rule_has_its_code) {
    static const uint16_t codes[] = {
#define CODE(name, code, text) code,
        H2CONN_WS_RULES(CODE)
#undef CODE
    };
    for (int rule = 1; rule < (int)(sizeof codes / sizeof *codes); rule++) {
        ck_assert(h2conn_ws_code_is_valid(h2conn_ws_rule_code((h2conn_ws_rule)rule)));
        ck_assert_uint_eq(h2conn_ws_rule_code((h2conn_ws_rule)rule), codes[rule]);
        ck_assert_ptr_nonnull(strstr(h2conn_ws_rule_text((h2conn_ws_rule)rule), "(RFC 6455, "));
    }
}
END_TEST

Suite *websocket_frames_suite(void) {
    Suite *s = suite_create("WebSocket frames");
    TCase *tc = test_case(s, "frames");
    tcase_add_loop_test(tc, rfc6455_frames_received, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tc, rfc6455_5_2_what_is_written_is_read);
    tcase_add_test(tc, rfc6455_5_3_masking_goes_on_where_it_stopped);
    tcase_add_test(tc, rfc6455_7_4_each_rule_has_its_code);
    return s;
}
