/* SPDX-License-Identifier: MIT */
#include "conn_url.h"
#include "fuzz.h"

/* URLs: what is accepted has its parts within the string, and taken together again it gives the same. */

static bool lies_in(const char *string, size_t size, const char *part, size_t len) {
    return part >= string && part + len <= string + size;
}

static void check_parts(const h2conn_url *url, const char *string, size_t size) {
    size_t host = strlen(url->host);
    must(host > 0 && host < H2CONN_HOST_BYTES);
    for (size_t i = 0; i < host; i++) must(url->host[i] > ' ' && url->host[i] < 0x7f);
    for (size_t i = 0; i < host; i++) must(!(url->host[i] >= 'A' && url->host[i] <= 'Z') && url->host[i] != '@');
    must(url->authority_len >= host && lies_in(string, size, url->authority, url->authority_len));
    must(url->path_len > 0 && url->path[0] == '/');
    for (size_t i = 0; i < url->path_len; i++) must(url->path[i] > ' ' && url->path[i] != '#');
    bool implied = url->path_len == 1 && !lies_in(string, size, url->path, 1);
    must(implied || lies_in(string, size, url->path, url->path_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *string = malloc(size + 1), *again = malloc(size + 16);
    h2conn_url url = {.port = 7}, back;
    must(string && again);
    memcpy(string, data, size);
    string[size] = '\0';
    if (h2conn_url_parse(&url, string)) {
        check_parts(&url, string, strlen(string));
        size_t n = 0;
        const char *scheme = url.secure ? "https://" : "http://";
        memcpy(again, scheme, strlen(scheme));
        n += strlen(scheme);
        memcpy(again + n, url.authority, url.authority_len);
        n += url.authority_len;
        memcpy(again + n, url.path, url.path_len);
        again[n + url.path_len] = '\0';
        must(h2conn_url_parse(&back, again));
        must(back.secure == url.secure && back.port == url.port && strcmp(back.host, url.host) == 0);
        must(back.path_len == url.path_len && memcmp(back.path, url.path, url.path_len) == 0);
    } else {
        must(url.port == 7); /* a failure changes nothing */
    }
    free(string);
    free(again);
    return 0;
}
