/* SPDX-License-Identifier: MIT */
#include "h2_field.h"
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
    h2_message message;
    h2_message_kind kind;
    unsigned seen;
    bool regular; /* a regular field was seen */
    bool options; /* the method is OPTIONS */
    bool web;     /* the scheme is http or https */
    const hpack_field *authority, *host, *path;
} judge;

static bool value_is(const hpack_field *f, const char *value, size_t len) {
    return f->value_len == len && memcmp(f->value, value, len) == 0;
}
#define VALUE_IS(f, value) value_is(f, value, sizeof(value) - 1)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

#ifndef H2_SMALL

/*
 * Characters are judged eight at a time, each in an octet of a 64-bit word; sums carry into the top bit of an octet and
 * no further, since the octets are below 0x80. What is not plain is judged again one by one.
 */
#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))
#define TOPS        EACH(0x80)

static uint64_t load(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* All of four to eight characters; some twice. */
static uint64_t load_few(const char *at, size_t len) {
    uint32_t first, last;
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return first | (uint64_t)last << 32;
}

/* Only a to z and "-", as in most names. */
static bool are_plain_name(uint64_t word) {
    uint64_t low = word & ~TOPS;
    uint64_t letter = (low + EACH(0x80 - 'a')) & ~(low + EACH(0x80 - 'z' - 1));
    uint64_t dash = ~((low ^ EACH('-')) + EACH(0x7f));
    return (((letter | dash) & ~word) & TOPS) == TOPS;
}

/* No control characters below 0x0e, which NUL, CR, LF and tab are among. */
static bool are_plain_value(uint64_t word) {
    return ((((word & ~TOPS) + EACH(0x80 - 0x0e)) | word) & TOPS) == TOPS;
}

static bool all_plain(const char *at, size_t len, bool (*are_plain)(uint64_t)) {
    if (len < 4) return false;
    if (len < 8) return are_plain(load_few(at, len));
    for (size_t i = 0; i + 8 < len; i += 8) {
        if (!are_plain(load(at + i))) return false;
    }
    return are_plain(load(at + len - 8));
}

static bool name_is_plain(const char *name, size_t len) {
    return all_plain(name, len, are_plain_name);
}

static bool value_is_plain(const char *value, size_t len) {
    return all_plain(value, len, are_plain_value);
}

#else

/* Every character is judged by itself. */
static bool name_is_plain(const char *name, size_t len) {
    (void)name, (void)len;
    return false;
}

static bool value_is_plain(const char *value, size_t len) {
    (void)value, (void)len;
    return false;
}

#endif

/* RFC 9110, 5.6.2, without upper case (RFC 9113, 8.2.1): a bit a character. */
static bool is_name_char(unsigned char c) {
    static const uint32_t tokens[8] = {0, 0x03ff6cfau, 0xc0000000u, 0x57ffffffu, 0, 0, 0, 0};
    return tokens[c >> 5] >> (c & 31) & 1;
}

static bool name_is_valid(const char *name, size_t len) {
    if (name_is_plain(name, len)) return true;
    for (size_t i = 0; i < len; i++) {
        if (!is_name_char((unsigned char)name[i])) return false;
    }
    return len > 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool value_is_valid(const char *value, size_t len) {
    if (len == 0) return true;
    if (is_blank(value[0]) || is_blank(value[len - 1])) return false;
    if (value_is_plain(value, len)) return true;
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\0' || value[i] == '\r' || value[i] == '\n') return false;
    }
    return true;
}

/* What the parts of a request target are made of, a bit a character of ASCII: RFC 9110, 9.1 and 5.6.2; RFC 3986, 3.1
 * and 3.2, and 3.3 and 3.4 taken as any visible character, since clients send more there than they should. */
typedef enum part { PART_METHOD, PART_SCHEME, PART_AUTHORITY, PART_PATH } part;

static bool part_is_valid(part which, const hpack_field *f) {
    static const uint32_t sets[][4] = {[PART_METHOD] = {0, 0x03ff6cfau, 0xc7fffffeu, 0x57ffffffu},
                                       [PART_SCHEME] = {0, 0x03ff6800u, 0x07fffffeu, 0x07fffffeu},
                                       [PART_AUTHORITY] = {0, 0x2fff7ff2u, 0xafffffffu, 0x47fffffeu},
                                       [PART_PATH] = {0, 0xfffffffeu, 0xffffffffu, 0x7fffffffu}};
    for (size_t i = 0; i < f->value_len; i++) {
        unsigned char c = (unsigned char)f->value[i];
        if (c < 128 ? !(sets[which][c >> 5] >> (c & 31) & 1) : which != PART_PATH) return false;
    }
    return true;
}

static h2_rule check_part(part which, const hpack_field *f, bool may_be_empty) {
    return (f->value_len > 0 || may_be_empty) && part_is_valid(which, f) ? H2_RULE_NONE : H2_RULE_PSEUDO_VALUE;
}

/* Three digits from 100 to 599; 101 does not exist in HTTP/2 (8.6). */
static h2_rule check_status(judge *j, const hpack_field *f) {
    if (f->value_len != 3 || !is_digit(f->value[0]) || !is_digit(f->value[1]) || !is_digit(f->value[2]))
        return H2_RULE_PSEUDO_VALUE;
    int status = (f->value[0] - '0') * 100 + (f->value[1] - '0') * 10 + (f->value[2] - '0');
    if (status < 100 || status > 599 || status == 101) return H2_RULE_PSEUDO_VALUE;
    j->message.status = (uint16_t)status;
    return H2_RULE_NONE;
}

static h2_rule check_pseudo(judge *j, const hpack_field *f) {
    h2_name name = h2_name_of(f);
    unsigned allowed = j->kind == H2_MESSAGE_REQUEST    ? METHOD | SCHEME | AUTHORITY | PATH | PROTOCOL
                       : j->kind == H2_MESSAGE_RESPONSE ? STATUS
                                                        : 0;
    if (!(BIT(name) & allowed)) return H2_RULE_PSEUDO_UNKNOWN;
    if (j->regular) return H2_RULE_PSEUDO_ORDER;
    if (j->seen & BIT(name)) return H2_RULE_PSEUDO_TWICE;
    if (!value_is_valid(f->value, f->value_len)) return H2_RULE_FIELD_VALUE;
    j->seen |= BIT(name);
    switch (name) {
    case H2_NAME_METHOD:
        j->message.head = VALUE_IS(f, "HEAD");
        j->message.connect = VALUE_IS(f, "CONNECT");
        j->options = VALUE_IS(f, "OPTIONS");
        return check_part(PART_METHOD, f, false);
    case H2_NAME_SCHEME: j->web = VALUE_IS(f, "http") || VALUE_IS(f, "https"); return check_part(PART_SCHEME, f, false);
    case H2_NAME_AUTHORITY: j->authority = f; return check_part(PART_AUTHORITY, f, true);
    case H2_NAME_PATH: j->path = f; return check_part(PART_PATH, f, true);
    case H2_NAME_STATUS: return check_status(j, f);
    default: j->message.extended = true; return check_part(PART_PATH, f, false);
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
    if (j->message.length != H2_LENGTH_UNKNOWN && j->message.length != length) return H2_RULE_CONTENT_LENGTH;
    j->message.length = length;
    return H2_RULE_NONE;
}

static h2_rule check_regular(judge *j, const hpack_field *f) {
    j->regular = true;
    if (!name_is_valid(f->name, f->name_len)) return H2_RULE_FIELD_NAME;
    if (!value_is_valid(f->value, f->value_len)) return H2_RULE_FIELD_VALUE;
    switch (h2_name_of(f)) {
    case H2_NAME_OTHER: return H2_RULE_NONE;
    case H2_NAME_TE: return VALUE_IS(f, "trailers") ? H2_RULE_NONE : H2_RULE_CONNECTION_FIELD;
    case H2_NAME_HOST:
        if (j->kind != H2_MESSAGE_REQUEST) return H2_RULE_NONE;
        if (j->host) return H2_RULE_AUTHORITY;
        j->host = f;
        return part_is_valid(PART_AUTHORITY, f) ? H2_RULE_NONE : H2_RULE_FIELD_VALUE;
    case H2_NAME_PRIORITY: j->message.priority = f; return H2_RULE_NONE;
    case H2_NAME_CONTENT_LENGTH: return check_length(j, f);
    default: return H2_RULE_CONNECTION_FIELD;
    }
}

/* 8.5, and RFC 8441, 4 when :protocol is there. */
static h2_rule check_connect(const judge *j, bool extended_connect) {
    if (!j->message.extended)
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

static bool has_userinfo(const hpack_field *authority) {
    for (size_t i = 0; i < authority->value_len; i++) {
        if (authority->value[i] == '@') return true;
    }
    return false;
}

static h2_rule check_request(const judge *j, bool extended_connect) {
    if (!(j->seen & METHOD)) return H2_RULE_PSEUDO_MISSING;
    if (j->message.extended && !j->message.connect) return H2_RULE_CONNECT;
    h2_rule rule = H2_RULE_NONE;
    if (j->message.connect)
        rule = check_connect(j, extended_connect);
    else if (~j->seen & (SCHEME | PATH))
        rule = H2_RULE_PSEUDO_MISSING;
    if (rule) return rule;
    if (j->seen & PATH && (rule = check_path(j))) return rule;
    /* 8.3.1: no userinfo in an authority, RFC 9110, 4.2.1: and a host; without it the field Host is the authority, with
     * it that field must not say otherwise. */
    const hpack_field *authority = j->authority ? j->authority : j->host;
    if (authority && j->web && (authority->value_len == 0 || has_userinfo(authority)))
        return j->authority ? H2_RULE_PSEUDO_VALUE : H2_RULE_FIELD_VALUE;
    if (j->authority && j->host && !value_is(j->host, j->authority->value, j->authority->value_len))
        return H2_RULE_AUTHORITY;
    return H2_RULE_NONE;
}

h2_rule h2_message_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n,
                         bool extended_connect) {
    judge j = {.kind = kind, .message.length = H2_LENGTH_UNKNOWN};
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
    *message = j.message;
    return H2_RULE_NONE;
}
