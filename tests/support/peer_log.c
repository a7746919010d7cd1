/* SPDX-License-Identifier: MIT */
#include "peer_log.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

void peer_log_bytes(peer_text *text, const void *bytes, size_t n) {
    if (text->len + n + 1 > text->cap) {
        text->cap = (text->len + n + 1) * 2;
        text->at = realloc(text->at, text->cap);
        ck_assert_ptr_nonnull(text->at);
    }
    if (n > 0) memcpy(text->at + text->len, bytes, n);
    text->len += n;
    text->at[text->len] = '\0';
}

void peer_log_add(peer_text *text, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    peer_log_bytes(text, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
}

static void field(peer_text *text, const char *name, size_t name_len, const char *value, size_t value_len) {
    if (text->len > 0) peer_log_bytes(text, "|", 1);
    peer_log_bytes(text, name, name_len);
    peer_log_bytes(text, "=", 1);
    peer_log_bytes(text, value, value_len);
}

bool peer_log_inflate(nghttp2_hd_inflater *inflater, peer_text *fields, const peer_text *block) {
    const uint8_t *at = (const uint8_t *)block->at;
    size_t left = block->len;
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t n = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, at, left, 1);
        if (n < 0) return false;
        at += n;
        left -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) field(fields, (char *)nv.name, nv.namelen, (char *)nv.value, nv.valuelen);
        if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && left == 0) return false;
    }
    peer_log_bytes(fields, "", 0);
    return nghttp2_hd_inflate_end_headers(inflater) == 0;
}

/* ---- texts to fields ---- */

static size_t put_string(uint8_t *out, size_t cap, const char *string, size_t n) {
    size_t at = 0, rest = n;
    ck_assert_uint_le(n + 6, cap);
    if (n < 127) {
        out[at++] = (uint8_t)n;
    } else {
        out[at++] = 127;
        for (rest -= 127; rest >= 128; rest >>= 7) out[at++] = (uint8_t)(128 | (rest & 127));
        out[at++] = (uint8_t)rest;
    }
    memcpy(out + at, string, n);
    return at + n;
}

size_t peer_encode(uint8_t *out, size_t cap, const char *text) {
    h2_field fields[256];
    char *storage = malloc(strlen(text) + 1);
    size_t used = 0, n = peer_parse(fields, 256, storage, strlen(text) + 1, text);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_lt(used, cap);
        out[used++] = 0;
        used += put_string(out + used, cap - used, fields[i].name, fields[i].name_len);
        used += put_string(out + used, cap - used, fields[i].value, fields[i].value_len);
    }
    free(storage);
    return used;
}

size_t peer_parse(h2_field *fields, size_t cap, char *storage, size_t bytes, const char *text) {
    size_t n = 0, len = strlen(text);
    ck_assert_uint_lt(len, bytes);
    memcpy(storage, text, len + 1);
    for (char *at = storage, *end = storage + len; at < end; n++) {
        char *stop = strchr(at, '|'), *split = strchr(at, '=');
        ck_assert_uint_lt(n, cap);
        if (!stop) stop = end;
        ck_assert(split && split < stop);
        fields[n] = (h2_field){at, split + 1, (size_t)(split - at), (size_t)(stop - split - 1), false};
        at = stop + 1;
    }
    for (size_t i = 0; i < len; i++) {
        if (storage[i] == '`') storage[i] = '\0';
    }
    return n;
}

/* ---- events ---- */

static void note(peer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(peer *p, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    peer_log_add(&p->events, "%s%s", p->events.len > 0 ? "; " : "", line);
    peer_log_add(&p->story, "%s\n", line);
}

void peer_log_settle(peer *p) {
    peer_run run = p->run;
    if (!run.any) return;
    p->run = (peer_run){0};
    note(p, "data %u %llu%s", run.id, (unsigned long long)run.len, run.end ? " end" : "");
    peer_log_add(&p->story, "  sum %llx\n", (unsigned long long)run.sum);
}

static void tell(peer *p, const peer_event *event) {
    if (p->react) p->react(p, event);
}

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    static const char *const names[] = {[H2_REQUEST] = "request",
                                        [H2_RESPONSE] = "response",
                                        [H2_INFORMATIONAL] = "interim",
                                        [H2_TRAILERS] = "trailers"};
    peer *p = user;
    peer_log_settle(p);
    note(p, "%s %u%s", names[section], id, end ? " end" : "");
    p->fields.len = 0;
    for (size_t i = 0; i < n; i++) {
        field(&p->fields, fields[i].name, fields[i].name_len, fields[i].value, fields[i].value_len);
        if (fields[i].never_index) peer_log_bytes(&p->fields, " secret", 7);
    }
    peer_log_bytes(&p->fields, "", 0);
    peer_log_bytes(&p->story, p->fields.at, p->fields.len);
    peer_log_bytes(&p->story, "\n", 1);
    tell(p, &(peer_event){.kind = PEER_HEADERS, .id = id, .section = section, .fields = fields, .n = n, .end = end});
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    peer *p = user;
    if (p->run.any && (p->run.id != id || p->run.end)) peer_log_settle(p);
    if (!p->run.any) p->run = (peer_run){.any = true, .id = id, .sum = 0xcbf29ce484222325u};
    for (size_t i = 0; i < len; i++) p->run.sum = (p->run.sum ^ bytes[i]) * 0x100000001b3u;
    p->run.len += len;
    p->run.end = end;
    if (len == 0 && !end) note(p, "empty data without end");
    if (p->consume) h2_stream_consumed(p->session, id, len);
    tell(p, &(peer_event){.kind = PEER_DATA, .id = id, .bytes = bytes, .n = len, .end = end});
}

static void on_sent(void *user, uint32_t id) {
    peer *p = user;
    peer_log_settle(p);
    note(p, "sent %u", id);
    tell(p, &(peer_event){.kind = PEER_SENT, .id = id});
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    static const char *const culprits[] = {[H2_BY_NOBODY] = "",
                                           [H2_BY_US] = " us ",
                                           [H2_BY_RULE] = " rule ",
                                           [H2_BY_PEER] = " peer ",
                                           [H2_BY_GOAWAY] = " goaway "};
    peer *p = user;
    peer_log_settle(p);
    note(p, "closed %u%s%s", id, culprits[why->culprit], why->culprit == H2_BY_NOBODY ? "" : h2_code_name(why->code));
    if (why->stream_id != id) note(p, "the end of stream %u", why->stream_id);
    peer_log_add(&p->story, "  rule %d of stream %u\n", (int)why->rule, why->stream_id);
    tell(p, &(peer_event){.kind = PEER_CLOSED, .id = id, .why = why});
}

static void on_settings(void *user) {
    peer *p = user;
    peer_log_settle(p);
    note(p, "settings");
    tell(p, &(peer_event){.kind = PEER_SETTINGS});
}

static void on_pong(void *user, const uint8_t opaque[H2_PING_BYTES]) {
    peer *p = user;
    peer_log_settle(p);
    note(p, "pong %.8s", (const char *)opaque);
    tell(p, &(peer_event){.kind = PEER_PONG, .bytes = opaque, .n = H2_PING_BYTES});
}

static void on_goaway(void *user, uint32_t last_stream_id, uint32_t code) {
    peer *p = user;
    peer_log_settle(p);
    note(p, "goaway %u %s", last_stream_id, h2_code_name(code));
    tell(p, &(peer_event){.kind = PEER_GOAWAY, .id = last_stream_id});
}

#ifndef H2_SMALL
static void on_frame(void *user, bool sent, const h2_frame_header *header, const uint8_t *payload, size_t n) {
    peer *p = user;
    peer_log_add(&p->frames, "%s %s %x %u %u\n", sent ? ">" : "<", h2_frame_name(header->type), header->flags,
                 header->stream_id, header->length);
    if (sent) peer_log_add(&p->sent, "%u %u %u %u\n", header->type, header->flags, header->stream_id, header->length);
    if (sent ? n != header->length : n > header->length) note(p, "a trace of %u octets", (unsigned)n);
    for (size_t i = 0; i < n; i++) p->touched ^= payload[i];
    tell(p, &(peer_event){.kind = PEER_FRAME, .header = header, .bytes = payload, .n = n, .sent = sent});
}

static bool on_grow(void *user, int64_t octets) {
    peer *p = user;
    if (octets > 0 && p->refuse_growth) return false;
    p->grown += octets;
    return true;
}
#endif

const h2_handlers peer_log_handlers = {.on_headers = on_headers,
                                       .on_data = on_data,
                                       .on_sent = on_sent,
                                       .on_closed = on_closed,
                                       .on_settings = on_settings,
                                       .on_pong = on_pong,
#ifndef H2_SMALL
                                       .on_frame = on_frame,
                                       .on_grow = on_grow,
#endif
                                       .on_goaway = on_goaway};
