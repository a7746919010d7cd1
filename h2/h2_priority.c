/* SPDX-License-Identifier: MIT */
#include "h2_priority.h"
#include "h2_limits.h"

#ifndef H2_SMALL

typedef struct reader {
    const char *at, *end;
} reader;

static bool next_is(const reader *r, char c) {
    return r->at < r->end && *r->at == c;
}

static bool skip_char(reader *r, char c) {
    if (!next_is(r, c)) return false;
    r->at++;
    return true;
}

static void skip_blanks(reader *r) {
    while (next_is(r, ' ') || next_is(r, '\t')) r->at++;
}

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '*';
}

/* A key, RFC 8941, 3.1.2. Returns its only character, or 0 for a longer one; sets `ok`. */
static char read_key(reader *r, bool *ok) {
    const char *start = r->at;
    *ok = r->at < r->end && ((*start >= 'a' && *start <= 'z') || *start == '*');
    while (*ok && r->at < r->end && is_key_char(*r->at)) r->at++;
    return *ok && r->at - start == 1 ? *start : 0;
}

/* Step over a quoted string or anything else up to what ends an item. */
static bool skip_item(reader *r) {
    if (!skip_char(r, '"')) {
        const char *start = r->at;
        while (r->at < r->end && *r->at != ',' && *r->at != ';' && *r->at != ' ' && *r->at != '\t') r->at++;
        return r->at > start;
    }
    while (r->at < r->end && *r->at != '"') r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
    return skip_char(r, '"');
}

static bool skip_parameters(reader *r) {
    while (skip_char(r, ';')) {
        bool ok;
        while (skip_char(r, ' ')) {
        }
        read_key(r, &ok);
        if (!ok || (skip_char(r, '=') && !skip_item(r))) return false;
    }
    return true;
}

static bool read_member(reader *r, h2_urgency *p) {
    bool ok;
    char key = read_key(r, &ok);
    if (!ok) return false;
    const char *item = r->at + 1;
    bool has_item = skip_char(r, '=');
    if (has_item && !skip_item(r)) return false;
    size_t len = has_item ? (size_t)(r->at - item) : 0;
    if (key == 'u' && len == 1 && *item >= '0' && *item < (char)('0' + H2_URGENCIES))
        p->urgency = (uint8_t)(*item - '0');
    if (key == 'i' && !has_item) p->incremental = true;
    if (key == 'i' && len == 2 && item[0] == '?' && (item[1] == '0' || item[1] == '1')) p->incremental = item[1] == '1';
    return skip_parameters(r);
}

bool h2_urgency_read(h2_urgency *out, const char *value, size_t len) {
    reader r = {value, value + len};
    h2_urgency p = {H2_URGENCY_DEFAULT, false};
    skip_blanks(&r);
    while (r.at < r.end) {
        if (!read_member(&r, &p)) return false;
        skip_blanks(&r);
        if (r.at == r.end) break;
        if (!skip_char(&r, ',')) return false;
        skip_blanks(&r);
        if (r.at == r.end) return false;
    }
    *out = p;
    return true;
}

size_t h2_urgency_write(char out[H2_URGENCY_BYTES], h2_urgency priority) {
    static const char incremental[] = {',', ' ', 'i'};
    size_t n = 0;
    out[n++] = 'u';
    out[n++] = '=';
    out[n++] = (char)('0' + priority.urgency);
    for (size_t i = 0; priority.incremental && i < sizeof incremental; i++) out[n++] = incremental[i];
    return n;
}

#endif
