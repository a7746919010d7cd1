/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dump_test.h"
#include "h2dump_input.h"
#include "tool_record.h"

/* Capture files made here, octet by octet, and the lines they give. */

typedef struct file {
    uint8_t bytes[65536];
    size_t n, at;
} file;

static void put(file *f, const void *bytes, size_t n) {
    ck_assert_uint_le(f->n + n, sizeof f->bytes);
    if (n > 0) memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void put_hex(file *f, const char *text) {
    char line[512];
    snprintf(line, sizeof line, ">! %s\n", text);
    f->n += dump_bytes(line, f->bytes + f->n, sizeof f->bytes - f->n);
}

static ptrdiff_t read_file(void *ctx, uint8_t *buf, size_t len) {
    file *f = ctx;
    size_t n = f->n - f->at < len ? f->n - f->at : len;
    /* Uneven pieces. */
    if (n > 13) n = 13;
    memcpy(buf, f->bytes + f->at, n);
    f->at += n;
    return (ptrdiff_t)n;
}

/* The lines of a capture; `wrong` is what is said of it as a whole. */
static char *lines(file *f, bool json, const char *wrong) {
    static char *text;
    size_t size;
    free(text);
    FILE *out = open_memstream(&text, &size);
    h2dump_source source = {.read = read_file, .ctx = f};
    h2dump_printer p = {.out = out, .json = json, .data = 10};
    const char *said = h2dump_input(&source, &p, -1);
    fclose(out);
    if (wrong)
        ck_assert_pstr_eq(said, wrong);
    else
        ck_assert_ptr_null(said);
    return text;
}

static const char client[] = ">P\n> 4 0 0\n> 1 4 1 83 84 86 410161\n> 0 1 1 68690a\n";
static const char server[] = "< 4 0 0\n< 4 1 0\n< 1 5 1 88\n";

static const char expected[] = "   0.000000 > PREFACE\n"
                               "   0.000000 > SETTINGS\n"
                               "   0.000000 > HEADERS stream=1 flags=END_HEADERS length=6\n"
                               "            :method: POST\n"
                               "            :path: /\n"
                               "            :scheme: http\n"
                               "            :authority: a\n"
                               "   0.000000 > DATA stream=1 flags=END_STREAM length=3\n"
                               "            \"hi\\x0a\"\n";

START_TEST(plain_bytes_show_who_sent_them) {
    file f = {.n = 0};
    f.n = dump_bytes(client, f.bytes, sizeof f.bytes);
    ck_assert_str_eq(lines(&f, false, NULL), expected);
    f.at = 0;
    f.n = dump_bytes(server, f.bytes, sizeof f.bytes);
    ck_assert_ptr_nonnull(strstr(lines(&f, false, NULL), "< HEADERS stream=1"));
}
END_TEST

START_TEST(json_lines_escape_what_a_peer_sent) {
    file f = {.n = 0};
    f.n = dump_bytes(">P\n> 4 0 0\n> 1 5 1 82 84 86 410161 00 0161 03 22ff5c\n", f.bytes, sizeof f.bytes);
    const char *text = lines(&f, true, NULL);
    ck_assert_ptr_nonnull(strstr(text, "[\"a\",\"\\\"\\u00ff\\\\\"]"));
    ck_assert_ptr_nonnull(strstr(text, "\"type\":\"HEADERS\",\"type_code\":1,\"flags\":5,\"stream\":1,\"length\":"));
}
END_TEST

START_TEST(text_lines_escape_what_a_peer_sent) {
    file f = {.n = 0};
    f.n = dump_bytes(">P\n> 4 0 0\n> 1 5 1 82 84 86 410161 00 0161 04 1b5b5c80\n", f.bytes, sizeof f.bytes);
    ck_assert_ptr_nonnull(strstr(lines(&f, false, NULL), "            a: \\x1b[\\\\\\x80\n"));
}
END_TEST

/* ---- recordings ---- */

static void put_record(file *f, char from, uint32_t number, uint64_t time, const uint8_t *bytes, size_t n) {
    uint8_t head[TOOL_RECORD_HEADER_BYTES];
    const tool_record r = {from, number, time, (uint32_t)n};
    tool_record_write(head, &r);
    put(f, head, sizeof head);
    put(f, bytes, n);
}

START_TEST(a_recording_holds_connections_and_times) {
    static uint8_t bytes[1024];
    file f = {.n = 0};
    put(&f, TOOL_RECORD_MAGIC, TOOL_RECORD_MAGIC_BYTES);
    size_t n = dump_bytes(client, bytes, sizeof bytes);
    put_record(&f, '>', 1, 5, bytes, 30);
    put_record(&f, '>', 2, 1500000, bytes, 30);
    put_record(&f, '>', 2, 2000000, bytes + 30, n - 30);
    n = dump_bytes(server, bytes, sizeof bytes);
    put_record(&f, '<', 2, 0x100000000, bytes, n);
    put_record(&f, '>', 2, 0x100000001, NULL, 0);
    put_record(&f, '<', 2, 0x100000001, NULL, 0);
    const char *text = lines(&f, false, NULL);
    ck_assert_ptr_nonnull(strstr(text, "#1    0.000005 > PREFACE\n"));
    ck_assert_ptr_nonnull(strstr(text, "#2    2.000000 > HEADERS stream=1"));
    ck_assert_ptr_nonnull(strstr(text, "#2 4294.967296 < HEADERS stream=1"));
    ck_assert_ptr_null(strstr(text, "!"));
    /* The first one was cut. */
    ck_assert_ptr_nonnull(strstr(text, "#1 4294.967297 > it ends within a frame\n"));
}
END_TEST

START_TEST(a_damaged_recording_is_told) {
    file f = {.n = 0};
    put(&f, TOOL_RECORD_MAGIC, TOOL_RECORD_MAGIC_BYTES);
    put_record(&f, 'x', 1, 5, NULL, 0);
    lines(&f, false, "the recording is damaged: a record is of neither side");
    f.n -= 1;
    f.at = 0;
    lines(&f, false, "the recording ends within a record");
    f.n = f.at = 0;
    lines(&f, false, "the capture is empty");
}
END_TEST

/* ---- packets ---- */

enum { UP, DOWN };

/* A packet of IPv4 or IPv6 in an Ethernet frame, with a pcap header of this machine's order. */
static void put_packet(file *f, bool v6, int way, uint8_t flags, uint32_t seq, const uint8_t *bytes, size_t n) {
    const uint32_t total = (uint32_t)((v6 ? 54u : 34u) + 20 + n);
    const uint32_t head[4] = {7, 0, total, total};
    char text[256];
    put(f, head, sizeof head);
    put_hex(f, v6 ? "000000000000000000000000 86dd 60000000" : "000000000000000000000000 0800 4500");
    if (v6) {
        snprintf(text, sizeof text, "%04zx 0640 %s%s", 20 + n, "fe800000000000000000000000000001",
                 "fe800000000000000000000000000001");
    } else {
        snprintf(text, sizeof text, "%04zx 0000 4000 4006 0000 7f000001 7f000001", 40 + n);
    }
    put_hex(f, text);
    snprintf(text, sizeof text, "%s %08x 00000000 50%02x ffff 0000 0000", way == UP ? "1000 0050" : "0050 1000", seq,
             flags);
    put_hex(f, text);
    put(f, bytes, n);
}

static void put_pcap_header(file *f) {
    const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    put(f, head, sizeof head);
}

/* Each order of segments: late ones, repeated ones, ones that overlap. */
static void converse(file *f, bool v6) {
    static uint8_t up[1024], down[1024];
    const size_t n = dump_bytes(client, up, sizeof up), m = dump_bytes(server, down, sizeof down);
    const uint32_t base = 0xfffffff0; /* sequence numbers pass zero */
    put_packet(f, v6, UP, 2, base, NULL, 0);
    put_packet(f, v6, DOWN, 18, 99, NULL, 0);
    put_packet(f, v6, UP, 16, base + 1 + 40, up + 40, n - 40);
    put_packet(f, v6, UP, 16, base + 1, up, 10);
    put_packet(f, v6, DOWN, 16, 100, down, 9);
    put_packet(f, v6, UP, 16, base + 1, up, 10);
    put_packet(f, v6, UP, 16, base + 6, up + 5, 35);
    put_packet(f, v6, DOWN, 16, 100, down, m);
    put_packet(f, v6, UP, 17, base + 1 + (uint32_t)n, NULL, 0);
    put_packet(f, v6, DOWN, 17, 100 + (uint32_t)m, NULL, 0);
}

START_TEST(tcp_segments_are_put_in_order) {
    for (int v6 = 0; v6 < 2; v6++) {
        file f = {.n = 0};
        put_pcap_header(&f);
        converse(&f, v6);
        const char *text = lines(&f, false, NULL);
        ck_assert_ptr_nonnull(strstr(text, v6 ? "#1 connection [fe80::1]:4096 > [fe80::1]:80\n"
                                              : "#1 connection 127.0.0.1:4096 > 127.0.0.1:80\n"));
        ck_assert_ptr_nonnull(strstr(text, "> DATA stream=1 flags=END_STREAM length=3\n"));
        ck_assert_ptr_nonnull(strstr(text, "< HEADERS stream=1 flags=END_STREAM|END_HEADERS length=1\n"));
        ck_assert_ptr_null(strstr(text, "!"));
        ck_assert_ptr_null(strstr(text, "ends"));
    }
}
END_TEST

START_TEST(missing_octets_are_told) {
    static uint8_t up[1024];
    const size_t n = dump_bytes(client, up, sizeof up);
    file f = {.n = 0};
    put_pcap_header(&f);
    put_packet(&f, false, UP, 2, 0, NULL, 0);
    put_packet(&f, false, UP, 16, 1, up, 30);
    put_packet(&f, false, UP, 16, 41, up + 40, n - 40);
    ck_assert_ptr_nonnull(strstr(lines(&f, false, NULL), "> octets of this side are missing\n"));
}
END_TEST

START_TEST(other_traffic_is_left_out) {
    file f = {.n = 0};
    put_pcap_header(&f);
    put_packet(&f, false, UP, 16, 1, (const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18);
    const char *text = lines(&f, false, NULL);
    ck_assert_ptr_nonnull(strstr(text, "left out"));
    ck_assert_ptr_null(strstr(text, "connection 127"));
}
END_TEST

START_TEST(a_pcap_cut_anywhere_is_no_harm) {
    file whole = {.n = 0};
    put_pcap_header(&whole);
    converse(&whole, false);
    for (size_t n = 4; n < whole.n; n++) {
        file f = whole;
        f.n = n;
        h2dump_source source = {.read = read_file, .ctx = &f};
        h2dump_printer p = {.out = fopen("/dev/null", "w")};
        h2dump_input(&source, &p, -1);
        ck_assert_uint_eq(f.at, n);
        fclose(p.out);
    }
}
END_TEST

/* The packets of a pcap file again, as pcapng blocks of an interface with times in nanoseconds. */
START_TEST(pcapng_is_read_as_well) {
    file old = {.n = 0}, f = {.n = 0};
    put_pcap_header(&old);
    converse(&old, false);
    const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    const uint32_t interface[] = {1, 28, 1, 65535, 0x00010009, 9, 28};
    put(&f, section, sizeof section);
    put(&f, interface, sizeof interface);
    for (size_t at = 24; at < old.n;) {
        uint32_t n;
        memcpy(&n, old.bytes + at + 8, sizeof n);
        const uint32_t padded = (n + 3) & ~3u, len = 32 + padded;
        const uint32_t head[] = {6, len, 0, 0, (uint32_t)(at * 1000), n, n};
        put(&f, head, sizeof head);
        put(&f, old.bytes + at + 16, n);
        put(&f, "\0\0\0", padded - n);
        put(&f, &len, sizeof len);
        at += 16 + n;
    }
    const char *text = lines(&f, false, NULL);
    ck_assert_ptr_nonnull(strstr(text, "> DATA stream=1 flags=END_STREAM length=3\n"));
    ck_assert_ptr_null(strstr(text, "!"));
    /* 54 octets and a record header of each packet so far lie between the first and the preface's. */
    ck_assert_ptr_nonnull(strstr(text, "#1    0.000"));
}
END_TEST

Suite *dump_captures(void) {
    Suite *s = suite_create("h2dump: captures");
    TCase *t = tcase_create("captures");
    tcase_add_test(t, plain_bytes_show_who_sent_them);
    tcase_add_test(t, json_lines_escape_what_a_peer_sent);
    tcase_add_test(t, text_lines_escape_what_a_peer_sent);
    tcase_add_test(t, a_recording_holds_connections_and_times);
    tcase_add_test(t, a_damaged_recording_is_told);
    tcase_add_test(t, tcp_segments_are_put_in_order);
    tcase_add_test(t, missing_octets_are_told);
    tcase_add_test(t, other_traffic_is_left_out);
    tcase_add_test(t, a_pcap_cut_anywhere_is_no_harm);
    tcase_add_test(t, pcapng_is_read_as_well);
    suite_add_tcase(s, t);
    return s;
}
