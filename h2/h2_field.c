/* SPDX-License-Identifier: MIT */
#include "h2_field.h"
#include "h2_chars.h"

typedef struct judge {
    h2_message *message;
    h2_message_kind kind;
    bool regular; /* a regular field was seen */
} judge;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool value_is_valid(const char *value, size_t len) {
    if (len == 0) return true;
    return !is_blank(value[0]) && !is_blank(value[len - 1]) && h2_are_value(value, len);
}

/* Three digits from 100 to 599; 101 does not exist in HTTP/2 (8.6). */
static h2_rule check_status(h2_message *m, const hpack_field *f) {
    if (f->value_len != 3) return H2_RULE_PSEUDO_VALUE;
    unsigned status = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!is_digit(f->value[i])) return H2_RULE_PSEUDO_VALUE;
        status = status * 10 + (unsigned)(f->value[i] - '0');
    }
    if (status < 100 || status > 599 || status == 101) return H2_RULE_PSEUDO_VALUE;
    m->status = (uint16_t)status;
    return H2_RULE_NONE;
}

#define BIT(name) (1u << (name))

/* Whether a pseudo-field is made of the characters of its own; a small build's server looks closer (h2_request.c). */
static bool part_is_valid(h2_name name, const char *value, size_t len) {
#ifdef H2_SMALL
    (void)name;
#else
    if (name == H2_NAME_METHOD) return h2_are_method(value, len);
    if (name == H2_NAME_SCHEME) return h2_are_scheme(value, len);
    if (name == H2_NAME_AUTHORITY) return h2_are_authority(value, len);
#endif
    return h2_are_path(value, len);
}

static h2_rule check_part(h2_name name, const hpack_field *f) {
    bool may_be_empty = BIT(name) & (BIT(H2_NAME_AUTHORITY) | BIT(H2_NAME_PATH));
    bool valid = (f->value_len > 0 || may_be_empty) && part_is_valid(name, f->value, f->value_len);
    return valid ? H2_RULE_NONE : H2_RULE_PSEUDO_VALUE;
}

static h2_rule check_pseudo(judge *j, const hpack_field *f) {
    static const uint8_t allowed[] = {[H2_MESSAGE_REQUEST] = BIT(H2_NAME_METHOD) | BIT(H2_NAME_SCHEME) |
                                                             BIT(H2_NAME_AUTHORITY) | BIT(H2_NAME_PATH) |
                                                             BIT(H2_NAME_PROTOCOL),
                                      [H2_MESSAGE_RESPONSE] = BIT(H2_NAME_STATUS),
                                      [H2_MESSAGE_TRAILERS] = 0};
    h2_message *m = j->message;
    h2_name name = h2_name_of(f);
    if (!(BIT(name) & allowed[j->kind])) return H2_RULE_PSEUDO_UNKNOWN;
    if (j->regular) return H2_RULE_PSEUDO_ORDER;
    if (m->field[name]) return H2_RULE_PSEUDO_TWICE;
    m->field[name] = f;
    if (name == H2_NAME_STATUS) return check_status(m, f);
    if (name == H2_NAME_METHOD) {
        m->head = H2_VALUE_IS(f, "HEAD");
        m->connect = H2_VALUE_IS(f, "CONNECT");
    }
    return check_part(name, f);
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
    if (f->name_len == 0 || !h2_are_name(f->name, f->name_len)) return H2_RULE_FIELD_NAME;
    if (!value_is_valid(f->value, f->value_len)) return H2_RULE_FIELD_VALUE;
    switch (h2_name_of(f)) {
    case H2_NAME_OTHER: return H2_RULE_NONE;
    case H2_NAME_TE: return H2_VALUE_IS(f, "trailers") ? H2_RULE_NONE : H2_RULE_CONNECTION_FIELD;
    case H2_NAME_HOST:
        if (j->kind != H2_MESSAGE_REQUEST) return H2_RULE_NONE;
        if (j->message->field[H2_NAME_HOST]) return H2_RULE_AUTHORITY;
        j->message->field[H2_NAME_HOST] = f;
        return part_is_valid(H2_NAME_AUTHORITY, f->value, f->value_len) ? H2_RULE_NONE : H2_RULE_FIELD_VALUE;
#ifndef H2_SMALL
    case H2_NAME_PRIORITY: j->message->priority = f; return H2_RULE_NONE;
#endif
    case H2_NAME_CONTENT_LENGTH: return check_length(j, f);
    default: return H2_RULE_CONNECTION_FIELD;
    }
}

h2_rule h2_fields_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n) {
    judge j = {.kind = kind, .message = message};
    *message = (h2_message){.length = H2_LENGTH_UNKNOWN};
    for (size_t i = 0; i < n; i++) {
        const hpack_field *f = &fields[i];
        bool pseudo = f->name_len > 0 && f->name[0] == ':';
        h2_rule rule = pseudo ? check_pseudo(&j, f) : check_regular(&j, f);
        if (rule) return rule;
    }
    return kind == H2_MESSAGE_RESPONSE && !message->field[H2_NAME_STATUS] ? H2_RULE_PSEUDO_MISSING : H2_RULE_NONE;
}
