/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool_frame.h"

typedef struct line {
    char *out;
    size_t len;
} line;

__attribute__((format(printf, 2, 3))) static void add(line *to, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to->out + to->len, TOOL_FRAME_LINE_BYTES - to->len, format, args);
    va_end(args);
    if (n < 0) return;
    to->len += (size_t)n;
    if (to->len >= TOOL_FRAME_LINE_BYTES) to->len = TOOL_FRAME_LINE_BYTES - 1;
}

static void add_flags(line *to, const h2_frame_header *header) {
    static const struct {
        uint8_t bit;
        const char *name;
        uint32_t types; /* bit i: frame type i */
    } flags[] = {
        {H2_FLAG_ACK, "ACK", 1u << H2_SETTINGS | 1u << H2_PING},
        {H2_FLAG_END_STREAM, "END_STREAM", 1u << H2_DATA | 1u << H2_HEADERS},
        {H2_FLAG_END_HEADERS, "END_HEADERS", 1u << H2_HEADERS | 1u << H2_PUSH_PROMISE | 1u << H2_CONTINUATION},
        {H2_FLAG_PADDED, "PADDED", 1u << H2_DATA | 1u << H2_HEADERS | 1u << H2_PUSH_PROMISE},
        {H2_FLAG_PRIORITY, "PRIORITY", 1u << H2_HEADERS},
    };
    uint8_t unknown = header->flags;
    const char *before = " flags=";
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (header->type >= 32 || !(flags[i].types >> header->type & 1) || !(header->flags & flags[i].bit)) continue;
        add(to, "%s%s", before, flags[i].name);
        unknown = (uint8_t)(unknown & ~flags[i].bit);
        before = "|";
    }
    if (unknown) add(to, "%s0x%x", before, (unsigned)unknown);
}

static void add_settings(line *to, const uint8_t *payload, size_t n) {
    static const char *const names[] = {NULL,
                                        "HEADER_TABLE_SIZE",
                                        "ENABLE_PUSH",
                                        "MAX_CONCURRENT_STREAMS",
                                        "INITIAL_WINDOW_SIZE",
                                        "MAX_FRAME_SIZE",
                                        "MAX_HEADER_LIST_SIZE",
                                        NULL,
                                        "ENABLE_CONNECT_PROTOCOL",
                                        "NO_RFC7540_PRIORITIES"};
    for (size_t at = 0; n - at >= H2_SETTING_BYTES; at += H2_SETTING_BYTES) {
        h2_setting setting;
        h2_setting_read(&setting, payload + at);
        if (setting.id < sizeof names / sizeof *names && names[setting.id])
            add(to, " %s=%u", names[setting.id], (unsigned)setting.value);
        else
            add(to, " 0x%x=%u", (unsigned)setting.id, (unsigned)setting.value);
    }
}

static void add_code(line *to, uint32_t code) {
    const char *name = h2_code_name(code);
    if (strcmp(name, "UNKNOWN") == 0)
        add(to, " code=0x%x", (unsigned)code);
    else
        add(to, " code=%s", name);
}

/* The text is the peer's: only printable characters reach a terminal. */
static void add_text(line *to, const char *name, const uint8_t *text, size_t n) {
    add(to, " %s=\"", name);
    for (size_t i = 0; i < n; i++) add(to, "%c", text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' ? text[i] : '.');
    add(to, "\"");
}

static void add_goaway(line *to, const uint8_t *payload, size_t n) {
    h2_goaway goaway;
    h2_goaway_read(&goaway, payload);
    add(to, " last=%u", (unsigned)goaway.last_stream_id);
    add_code(to, goaway.code);
    if (n > H2_GOAWAY_FIXED_BYTES) add_text(to, "debug", payload + H2_GOAWAY_FIXED_BYTES, n - H2_GOAWAY_FIXED_BYTES);
}

static void add_priority(line *to, const uint8_t *payload) {
    h2_priority priority;
    h2_priority_read(&priority, payload);
    add(to, " depends=%u weight=%u%s", (unsigned)priority.dependency, priority.weight + 1u,
        priority.exclusive ? " exclusive" : "");
}

/* The field value is the peer's. */
static void add_priority_update(line *to, const uint8_t *payload, size_t n) {
    add(to, " prioritized=%u", (unsigned)h2_u31_read(payload));
    add_text(to, "value", payload + H2_U32_BYTES, n - H2_U32_BYTES);
}

/* What a whole payload of a fixed layout says. False when the length is not the type's: then the length is what
 * matters. */
static bool add_details(line *to, const h2_frame_header *header, const uint8_t *payload, size_t n) {
    if (n < header->length && header->type != H2_GOAWAY) return false;
    switch (header->type) {
    case H2_SETTINGS:
        if (n % H2_SETTING_BYTES) return false;
        add_settings(to, payload, n);
        return true;
    case H2_PING:
        if (n != H2_PING_BYTES) return false;
        add(to, " opaque=");
        for (size_t i = 0; i < n; i++) add(to, "%02x", (unsigned)payload[i]);
        return true;
    case H2_GOAWAY:
        if (n < H2_GOAWAY_FIXED_BYTES) return false;
        add_goaway(to, payload, n);
        return true;
    case H2_RST_STREAM:
        if (n != H2_U32_BYTES) return false;
        add_code(to, h2_u32_read(payload));
        return true;
    case H2_WINDOW_UPDATE:
        if (n != H2_U32_BYTES) return false;
        add(to, " increment=%u", (unsigned)h2_u31_read(payload));
        return true;
    case H2_PRIORITY:
        if (n != H2_PRIORITY_BYTES) return false;
        add_priority(to, payload);
        return true;
    case H2_PRIORITY_UPDATE:
        if (n < H2_U32_BYTES) return false;
        add_priority_update(to, payload, n);
        return true;
    default: return false;
    }
}

void tool_frame_line(char out[TOOL_FRAME_LINE_BYTES], bool sent, const h2_frame_header *header, const uint8_t *payload,
                     size_t n) {
    line to = {out, 0};
    const char *name = h2_frame_name(header->type);
    add(&to, "%c %s", sent ? '>' : '<', name);
    if (strcmp(name, "UNKNOWN") == 0) add(&to, " type=0x%x", (unsigned)header->type);
    if (header->stream_id || header->type == H2_WINDOW_UPDATE) add(&to, " stream=%u", (unsigned)header->stream_id);
    add_flags(&to, header);
    if (!add_details(&to, header, payload, n)) add(&to, " length=%u", (unsigned)header->length);
}

/* Colours on a terminal, unless NO_COLOR is set. */
static bool in_colour(void) {
    static atomic_int known; /* 1: no, 2: yes */
    if (atomic_load(&known) == 0) atomic_store(&known, isatty(STDERR_FILENO) && !getenv("NO_COLOR") ? 2 : 1);
    return atomic_load(&known) == 2;
}

void tool_trace(void *user, const char *peer, bool sent, const h2_frame_header *header, const uint8_t *payload,
                size_t n) {
    char text[TOOL_FRAME_LINE_BYTES], whole[TOOL_FRAME_LINE_BYTES + H2CONN_ADDRESS_BYTES + 16];
    const bool colour = in_colour();
    tool_frame_line(text, sent, header, payload, n);
    int len = snprintf(whole, sizeof whole, "%s%s%s%s%s\n", colour ? sent ? "\033[36m" : "\033[33m" : "",
                       user ? peer : "", user ? " " : "", text, colour ? "\033[0m" : "");
    if (len > 0) fwrite(whole, 1, (size_t)len < sizeof whole ? (size_t)len : sizeof whole - 1, stderr);
}
