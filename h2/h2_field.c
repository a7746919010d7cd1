/* SPDX-License-Identifier: MIT */
#include "h2_field.h"
#include "h2_chars.h"
#include "h2_name.h"
#include <string.h>

/* Pseudo-fields seen, as bits. */
#define BIT(name) (1u << (name))
enum {
    METHOD = BIT(H2_NAME_METHOD),
    SCHEME = BIT(H2_NAME_SCHEME),
    AUTHORITY = BIT(H2_NAME_AUTHORITY),
    PATH = BIT(H2_NAME_PATH),
    PROTOCOL = BIT(H2_NAME_PROTOCOL),
    STATUS = BIT(H2_NAME_STATUS)
};

typedef struct judge {
    h2_message *message; /* meaningless when a rule is broken */
    h2_message_kind kind;
    unsigned seen;
    bool regular;  /* a regular field was seen */
    bool options;  /* the method is OPTIONS */
    bool web;      /* the scheme is http or https */
    bool userinfo; /* the authority begins with it */
    const hpack_field *authority, *host, *path;
} judge;

static bool value_is(const hpack_field *f, const char *value, size_t len) {
    return f->value_len == len && memcmp(f->value, value, len) == 0;
}
#define VALUE_IS(f, value) value_is(f, value, sizeof(value) - 1)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool value_is_valid(const char *value, size_t len) {
    if (len == 0) return true;
    if (h2_value_is_plain(value, len)) return value[0] != ' ' && value[len - 1] != ' ';
    if (is_blank(value[0]) || is_blank(value[len - 1])) return false;
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\0' || value[i] == '\r' || value[i] == '\n') return false;
    }
    return true;
}

static h2_rule check_part(h2_chars sort, const hpack_field *f, bool may_be_empty) {
    bool valid = (f->value_len > 0 || may_be_empty) && h2_chars_are(sort, f->value, f->value_len);
    return valid ? H2_RULE_NONE : H2_RULE_PSEUDO_VALUE;
}

static h2_rule check_method(judge *j, const hpack_field *f) {
    j->message->head = VALUE_IS(f, "HEAD");
    j->message->connect = VALUE_IS(f, "CONNECT");
    j->options = VALUE_IS(f, "OPTIONS");
    return check_part(H2_CHARS_METHOD, f, false);
}

static h2_rule check_scheme(judge *j, const hpack_field *f) {
    j->web = VALUE_IS(f, "http") || VALUE_IS(f, "https");
    return j->web ? H2_RULE_NONE : check_part(H2_CHARS_SCHEME, f, false);
}

static h2_rule check_authority(judge *j, const hpack_field *f) {
    j->authority = f;
    j->userinfo = !h2_chars_are(H2_CHARS_HOST, f->value, f->value_len);
    return j->userinfo ? check_part(H2_CHARS_AUTHORITY, f, true) : H2_RULE_NONE;
}

/* Three digits from 100 to 599; 101 does not exist in HTTP/2 (8.6). */
static h2_rule check_status(judge *j, const hpack_field *f) {
    if (f->value_len != 3 || !is_digit(f->value[0]) || !is_digit(f->value[1]) || !is_digit(f->value[2]))
        return H2_RULE_PSEUDO_VALUE;
    int status = (f->value[0] - '0') * 100 + (f->value[1] - '0') * 10 + (f->value[2] - '0');
    if (status < 100 || status > 599 || status == 101) return H2_RULE_PSEUDO_VALUE;
    j->message->status = (uint16_t)status;
    return H2_RULE_NONE;
}

static h2_rule check_pseudo(judge *j, const hpack_field *f) {
    static const uint8_t allowed[] = {[H2_MESSAGE_REQUEST] = METHOD | SCHEME | AUTHORITY | PATH | PROTOCOL,
                                      [H2_MESSAGE_RESPONSE] = STATUS,
                                      [H2_MESSAGE_TRAILERS] = 0};
    h2_name name = h2_name_of(f);
    if (!(BIT(name) & allowed[j->kind])) return H2_RULE_PSEUDO_UNKNOWN;
    if (j->regular) return H2_RULE_PSEUDO_ORDER;
    if (j->seen & BIT(name)) return H2_RULE_PSEUDO_TWICE;
    j->seen |= BIT(name);
    switch (name) {
    case H2_NAME_METHOD: return check_method(j, f);
    case H2_NAME_SCHEME: return check_scheme(j, f);
    case H2_NAME_AUTHORITY: return check_authority(j, f);
    case H2_NAME_PATH: j->path = f; return check_part(H2_CHARS_PATH, f, true);
    case H2_NAME_STATUS: return check_status(j, f);
    default: j->message->extended = true; return check_part(H2_CHARS_PATH, f, false);
    }
}

static h2_rule check_length(judge *j, const hpack_field *f) {
    h2_length length = 0;
    if (f->value_len == 0) return H2_RULE_CONTENT_LENGTH;
    for (size_t i = 0; i < f->value_len; i++) {
        bool beyond = length > H2_LENGTH_MAX;
        if (!is_digit(f->value[i]) || (beyond && H2_LENGTH_STRICT)) return H2_RULE_CONTENT_LENGTH;
        if (!beyond) length = length * 10 + (f->value[i] - '0');
    }
    if (!H2_LENGTH_STRICT && length > H2_LENGTH_MAX) length = H2_LENGTH_UNKNOWN;
    if (j->message->length != H2_LENGTH_UNKNOWN && j->message->length != length) return H2_RULE_CONTENT_LENGTH;
    j->message->length = length;
    return H2_RULE_NONE;
}

static h2_rule check_regular(judge *j, const hpack_field *f) {
    j->regular = true;
    if (f->name_len == 0 || !h2_chars_are(H2_CHARS_NAME, f->name, f->name_len)) return H2_RULE_FIELD_NAME;
    if (!value_is_valid(f->value, f->value_len)) return H2_RULE_FIELD_VALUE;
    switch (h2_name_of(f)) {
    case H2_NAME_OTHER: return H2_RULE_NONE;
    case H2_NAME_TE: return VALUE_IS(f, "trailers") ? H2_RULE_NONE : H2_RULE_CONNECTION_FIELD;
    case H2_NAME_HOST:
        if (j->kind != H2_MESSAGE_REQUEST) return H2_RULE_NONE;
        if (j->host) return H2_RULE_AUTHORITY;
        j->host = f;
        return h2_chars_are(H2_CHARS_AUTHORITY, f->value, f->value_len) ? H2_RULE_NONE : H2_RULE_FIELD_VALUE;
    case H2_NAME_PRIORITY: j->message->priority = f; return H2_RULE_NONE;
    case H2_NAME_CONTENT_LENGTH: return check_length(j, f);
    default: return H2_RULE_CONNECTION_FIELD;
    }
}

/* 8.5, and RFC 8441, 4 when :protocol is there. */
static h2_rule check_connect(const judge *j, bool extended_connect) {
    if (!j->message->extended)
        return (j->seen & (AUTHORITY | SCHEME | PATH)) == AUTHORITY && j->authority->value_len ? H2_RULE_NONE
                                                                                               : H2_RULE_CONNECT;
    if (!extended_connect) return H2_RULE_PSEUDO_UNKNOWN;
    return (~j->seen & (AUTHORITY | SCHEME | PATH)) == 0 ? H2_RULE_NONE : H2_RULE_CONNECT;
}

/* 8.3.1: not empty for http and https, absolute, or "*" with OPTIONS. */
static h2_rule check_path(const judge *j) {
    if (!j->web) return H2_RULE_NONE;
    if (j->path->value_len == 0) return H2_RULE_PSEUDO_VALUE;
    bool star = j->options && VALUE_IS(j->path, "*");
    return j->path->value[0] == '/' || star ? H2_RULE_NONE : H2_RULE_PSEUDO_VALUE;
}

static bool is_host(const hpack_field *f) {
    return f->value_len > 0 && h2_chars_are(H2_CHARS_HOST, f->value, f->value_len);
}

static h2_rule check_request(const judge *j, bool extended_connect) {
    if (!(j->seen & METHOD)) return H2_RULE_PSEUDO_MISSING;
    if (j->message->extended && !j->message->connect) return H2_RULE_CONNECT;
    h2_rule rule = H2_RULE_NONE;
    if (j->message->connect)
        rule = check_connect(j, extended_connect);
    else if (~j->seen & (SCHEME | PATH))
        rule = H2_RULE_PSEUDO_MISSING;
    if (rule) return rule;
    if (j->seen & PATH && (rule = check_path(j))) return rule;
    /* 8.3.1: no userinfo in an authority, RFC 9110, 4.2.1: and a host; without it the field Host is the authority, with
     * it that field must not say otherwise. */
    if (j->web && j->authority && (j->authority->value_len == 0 || j->userinfo)) return H2_RULE_PSEUDO_VALUE;
    if (j->web && !j->authority && j->host && !is_host(j->host)) return H2_RULE_FIELD_VALUE;
    if (j->authority && j->host && !value_is(j->host, j->authority->value, j->authority->value_len))
        return H2_RULE_AUTHORITY;
    return H2_RULE_NONE;
}

h2_rule h2_message_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n,
                         bool extended_connect) {
    judge j = {.kind = kind, .message = message};
    *message = (h2_message){.length = H2_LENGTH_UNKNOWN};
    for (size_t i = 0; i < n; i++) {
        const hpack_field *f = &fields[i];
        bool pseudo = f->name_len > 0 && f->name[0] == ':';
        h2_rule rule = pseudo ? check_pseudo(&j, f) : check_regular(&j, f);
        if (rule) return rule;
    }
    if (kind == H2_MESSAGE_REQUEST) {
        h2_rule rule = check_request(&j, extended_connect);
        if (rule) return rule;
    }
    if (kind == H2_MESSAGE_RESPONSE && !(j.seen & STATUS)) return H2_RULE_PSEUDO_MISSING;
    return H2_RULE_NONE;
}
