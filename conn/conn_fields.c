/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "conn_fields.h"
#include "conn_text.h"

#define NAME(text)                                                                                                     \
    { text, sizeof(text) - 1 }
static const struct {
    const char *text;
    size_t len;
} pseudo_names[H2CONN_PSEUDO_FIELDS] = {
    [H2CONN_METHOD] = NAME(":method"), [H2CONN_SCHEME] = NAME(":scheme"), [H2CONN_AUTHORITY] = NAME(":authority"),
    [H2CONN_PATH] = NAME(":path"),     [H2CONN_STATUS] = NAME(":status"), [H2CONN_PROTOCOL] = NAME(":protocol"),
};

static bool is_pseudo(const h2_field *field) {
    return field->name_len > 0 && field->name[0] == ':';
}

static int find_pseudo(const h2_field *field) {
    for (int i = 0; i < H2CONN_PSEUDO_FIELDS; i++) {
        if (pseudo_names[i].len == field->name_len && memcmp(pseudo_names[i].text, field->name, field->name_len) == 0)
            return i;
    }
    return H2CONN_PSEUDO_FIELDS;
}

size_t h2conn_section_bytes(const h2_field *fields, size_t n) {
    size_t bytes = n * sizeof *fields;
    for (size_t i = 0; i < n; i++) bytes += fields[i].name_len + fields[i].value_len + 2;
    return bytes;
}

static const char *copy_string(char **at, const char *string, size_t len) {
    char *copy = *at;
    memcpy(copy, string, len);
    copy[len] = '\0';
    *at += len + 1;
    return copy;
}

void h2conn_section_copy(h2conn_section *section, void *memory, const h2_field *fields, size_t n) {
    section->fields = memory;
    section->n = 0;
    for (int i = 0; i < H2CONN_PSEUDO_FIELDS; i++) section->pseudo[i] = "";
    char *at = (char *)memory + n * sizeof *fields;
    for (size_t i = 0; i < n; i++) {
        const h2_field *field = &fields[i];
        if (is_pseudo(field)) {
            const int which = find_pseudo(field);
            if (which < H2CONN_PSEUDO_FIELDS) section->pseudo[which] = copy_string(&at, field->value, field->value_len);
            continue;
        }
        h2conn_field *copy = &section->fields[section->n++];
        *copy = *field;
        copy->name = copy_string(&at, field->name, field->name_len);
        copy->value = copy_string(&at, field->value, field->value_len);
    }
}

static int status_number(const char *digits, size_t len) {
    int status = 0;
    if (len != H2CONN_STATUS_DIGITS) return 0;
    for (size_t i = 0; i < H2CONN_STATUS_DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '9') return 0;
        status = status * 10 + (digits[i] - '0');
    }
    return status;
}

int h2conn_section_status(const h2conn_section *section) {
    const char *digits = section->pseudo[H2CONN_STATUS];
    return status_number(digits, h2conn_text_length(digits));
}

int h2conn_status_of(const h2_field *field) {
    return status_number(field->value, field->value_len);
}

h2_field h2conn_field_of(const char *name, const char *value) {
    return (h2_field){name, value, h2conn_text_length(name), h2conn_text_length(value), false};
}

h2_field h2conn_field_of_status(char digits[H2CONN_STATUS_DIGITS + 1], int status) {
    for (size_t i = H2CONN_STATUS_DIGITS; i > 0; i--) {
        digits[i - 1] = (char)('0' + status % 10);
        status /= 10;
    }
    digits[H2CONN_STATUS_DIGITS] = '\0';
    return (h2_field){pseudo_names[H2CONN_STATUS].text, digits, pseudo_names[H2CONN_STATUS].len, H2CONN_STATUS_DIGITS,
                      false};
}

h2_field h2conn_field_of_length(char digits[H2CONN_LENGTH_DIGITS + 1], size_t length) {
    static const char name[] = "content-length";
    char *at = digits + H2CONN_LENGTH_DIGITS;
    *at = '\0';
    do {
        *--at = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    return (h2_field){name, at, sizeof name - 1, (size_t)(digits + H2CONN_LENGTH_DIGITS - at), false};
}

static bool is_token_octet(char c) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    for (size_t i = 0; i < sizeof others - 1; i++)
        if (c == others[i]) return true;
    return false;
}

bool h2conn_is_token(const char *string) {
    size_t n = 0;
    while (is_token_octet(string[n])) n++;
    return n > 0 && string[n] == '\0';
}

bool h2conn_fields_are_plain(const h2conn_field *fields, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (is_pseudo(&fields[i])) return false;
    return true;
}
