/* SPDX-License-Identifier: MIT */
/* Is this certificate for that host? RFC 9525 section 6, on the alternative names alone: the common name does not
 * count. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "tls_internal.h"

/* RFC 1035 section 2.3.4; with it every host fits a certificate's entry. */
#define HOST_MAX 253

static int parse_address(tls_host *host, const char *text, size_t len) {
    char plain[INET6_ADDRSTRLEN];
    const char *zone = memchr(text, '%', len);
    size_t plain_len = zone != NULL ? (size_t)(zone - text) : len;
    if (plain_len >= sizeof plain) return 0;
    memcpy(plain, text, plain_len);
    plain[plain_len] = '\0';
    if (zone == NULL && inet_pton(AF_INET, plain, host->address) == 1)
        host->bytes = 4;
    else if (inet_pton(AF_INET6, plain, host->address) == 1)
        host->bytes = 16;
    return host->bytes != 0;
}

int h2tls_host_set(tls_host *host, const char *text) {
    size_t len = strlen(text);
    memset(host, 0, sizeof *host);
    if (len > 0 && text[len - 1] == '.') len--;
    if (len == 0 || len > HOST_MAX) return -1;
    host->name = malloc(len + 1);
    if (host->name == NULL) return -1;
    memcpy(host->name, text, len);
    host->name[len] = '\0';
    parse_address(host, text, len);
    return 0;
}

void h2tls_host_clear(tls_host *host) {
    free(host->name);
    memset(host, 0, sizeof *host);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

/* RFC 9525 section 6.3: a wildcard is the whole first label and stands for one label; below it two labels at least. */
static bool name_matches(const char *pattern, size_t len, const char *host) {
    size_t host_len = strlen(host);
    if (len > 0 && pattern[len - 1] == '.') len--;
    if (len > 2 && pattern[0] == '*' && pattern[1] == '.') {
        const char *rest = strchr(host, '.');
        if (rest == NULL || rest == host || memchr(pattern + 2, '.', len - 2) == NULL) return false;
        host_len -= (size_t)(rest - host);
        return host_len == len - 1 && same(pattern + 1, rest, host_len);
    }
    return len == host_len && len > 0 && same(pattern, host, len);
}

static bool entry_matches(const tls_host *host, const WOLFSSL_GENERAL_NAME *entry) {
    int wanted = host->bytes != 0 ? GEN_IPADD : GEN_DNS;
    if (entry->type != wanted) return false;
    WOLFSSL_ASN1_STRING *value = host->bytes != 0 ? entry->d.iPAddress : entry->d.dNSName;
    const char *data = (const char *)wolfSSL_ASN1_STRING_data(value);
    int len = wolfSSL_ASN1_STRING_length(value);
    if (data == NULL || len <= 0) return false;
    if (host->bytes != 0) return (size_t)len == host->bytes && memcmp(data, host->address, host->bytes) == 0;
    return name_matches(data, (size_t)len, host->name);
}

bool h2tls_host_matches(const tls_host *host, const WOLFSSL_X509 *certificate) {
    bool found = false;
    WOLFSSL_STACK *names = wolfSSL_X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? wolfSSL_sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < count && !found; i++) {
        const WOLFSSL_GENERAL_NAME *entry = wolfSSL_sk_GENERAL_NAME_value(names, i);
        found = entry != NULL && entry_matches(host, entry);
    }
    wolfSSL_sk_GENERAL_NAME_pop_free(names, wolfSSL_GENERAL_NAME_free);
    return found;
}
