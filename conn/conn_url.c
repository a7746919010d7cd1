/* SPDX-License-Identifier: MIT */
#include "conn_url.h"

#define PORT_MAX 65535u

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* What a registered name is made of; percent-encoding and sub-delims mean nothing to DNS. */
static bool is_name(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Skip `prefix`, given in lower case, in any case. */
static bool skip(const char **at, const char *prefix) {
    const char *p = *at;
    for (; *prefix != '\0'; p++, prefix++)
        if (lower(*p) != *prefix) return false;
    *at = p;
    return true;
}

static bool take_host(h2conn_url *url, const char **at) {
    const bool bracket = **at == '[';
    const char *start = *at + (bracket ? 1 : 0), *end = start;
    unsigned colons = 0;
    if (bracket)
        for (; is_hex(*end) || *end == ':' || *end == '.'; end++) colons += *end == ':';
    else
        while (is_name(*end)) end++;

    const size_t len = (size_t)(end - start);
    if (len == 0 || len >= H2CONN_HOST_BYTES) return false;
    if (bracket && (colons < 2 || *end != ']')) return false;
    for (size_t i = 0; i < len; i++) url->host[i] = lower(start[i]);
    url->host[len] = '\0';
    *at = end + (bracket ? 1 : 0);
    return true;
}

static bool take_port(h2conn_url *url, const char **at) {
    const char *p = *at;
    url->port = url->secure ? H2CONN_PORT_HTTPS : H2CONN_PORT_HTTP;
    if (*p != ':') return true;
    p++;
    if (!is_digit(*p)) return false;
    uint32_t port = 0;
    for (; is_digit(*p); p++) {
        port = port * 10 + (uint32_t)(*p - '0');
        if (port > PORT_MAX) return false;
    }
    url->port = (uint16_t)port;
    *at = p;
    return true;
}

static bool take_path(h2conn_url *url, const char *at) {
    size_t len = 0;
    while (at[len] > ' ' && at[len] < 0x7f && at[len] != '#') len++;
    if (at[len] != '\0' && at[len] != '#') return false;
    url->path = len > 0 ? at : "/";
    url->path_len = len > 0 ? len : 1;
    return len == 0 || at[0] == '/';
}

bool h2conn_url_parse(h2conn_url *url, const char *string) {
    h2conn_url parsed = {.secure = false};
    const char *at = string;
    if (skip(&at, "https://"))
        parsed.secure = true;
    else if (!skip(&at, "http://"))
        return false;
    parsed.authority = at;
    if (!take_host(&parsed, &at) || !take_port(&parsed, &at)) return false;
    parsed.authority_len = (size_t)(at - parsed.authority);
    if (!take_path(&parsed, at)) return false;
    *url = parsed;
    return true;
}
