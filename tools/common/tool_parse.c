/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tool_parse.h"

bool tool_parse_count(const char *text, uint64_t max, uint64_t *count) {
    uint64_t value = 0;
    if (!isdigit((unsigned char)*text)) return false;
    for (; isdigit((unsigned char)*text); text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (max - digit) / 10) return false;
        value = value * 10 + digit;
    }
    unsigned shift = *text == 'K' ? 10 : *text == 'M' ? 20 : *text == 'G' ? 30 : 0;
    if (shift) text++;
    if (*text || value == 0 || value > max >> shift) return false;
    *count = value << shift;
    return true;
}

bool tool_parse_seconds(const char *text, int64_t *ms) {
    const int64_t most = 1000000;
    int64_t whole = 0, thousandths = 0;
    if (!isdigit((unsigned char)text[*text == '.'])) return false;
    for (; isdigit((unsigned char)*text); text++) {
        whole = whole * 10 + (*text - '0');
        if (whole > most) return false;
    }
    if (*text == '.') {
        text++;
        for (int64_t unit = 100; isdigit((unsigned char)*text); text++, unit /= 10) thousandths += unit * (*text - '0');
    }
    *ms = whole * 1000 + thousandths;
    return *text == '\0' && *ms > 0;
}

bool tool_is_token(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i]))) return false;
    return len > 0;
}

static bool is_secret(const char *name) {
    static const char *const secrets[] = {"authorization", "proxy-authorization", "cookie", "set-cookie"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strcmp(name, secrets[i]) == 0) return true;
    return false;
}

bool tool_field_is_of_connection(const char *line) {
    static const char *const names[] = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t len = strlen(names[i]);
        if (strncasecmp(line, names[i], len) == 0 && line[len] == ':') return true;
    }
    return false;
}

bool tool_fields_add(tool_fields *fields, const char *line) {
    const char *colon = strchr(line, ':');
    if (!colon || !tool_is_token(line, (size_t)(colon - line))) return false;
    const char *value = colon + 1, *end = line + strlen(line);
    while (*value == ' ' || *value == '\t') value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) end--;

    h2conn_field *list = realloc(fields->list, (fields->n + 1) * sizeof *list);
    if (!list) return false;
    fields->list = list;
    size_t name_len = (size_t)(colon - line), value_len = (size_t)(end - value);
    char *name = malloc(name_len + 1), *copy = malloc(value_len + 1);
    if (!name || !copy) {
        free(name);
        free(copy);
        return false;
    }
    for (size_t i = 0; i < name_len; i++) name[i] = (char)tolower((unsigned char)line[i]);
    name[name_len] = '\0';
    memcpy(copy, value, value_len);
    copy[value_len] = '\0';
    list[fields->n++] = (h2conn_field){name, copy, name_len, value_len, is_secret(name)};
    return true;
}

void tool_fields_free(tool_fields *fields) {
    for (size_t i = 0; i < fields->n; i++) {
        free((void *)(uintptr_t)fields->list[i].name);
        free((void *)(uintptr_t)fields->list[i].value);
    }
    free(fields->list);
    *fields = (tool_fields){0};
}

static void print_escaped(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (c >= ' ' && c < 0x7f && c != '\\')
            fputc(c, stderr);
        else
            fprintf(stderr, "\\x%02x", c);
    }
}

void tool_fields_print(const h2conn_field *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        fputs("< ", stderr);
        print_escaped(fields[i].name, fields[i].name_len);
        fputs(": ", stderr);
        print_escaped(fields[i].value, fields[i].value_len);
        fputc('\n', stderr);
    }
}

bool tool_is_https(const char *url) {
    return strncasecmp(url, "https://", 8) == 0;
}
