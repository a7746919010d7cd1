/* SPDX-License-Identifier: MIT */
#ifndef CONN_URL_H
#define CONN_URL_H

/* http://host[:port][/path] and https://, taken apart (RFC 3986; RFC 9110, 4.2). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define H2CONN_HOST_BYTES 256u /* a DNS name has at most 253 octets; the terminator included */
#define H2CONN_PORT_HTTP  80u
#define H2CONN_PORT_HTTPS 443u

typedef struct h2conn_url {
    bool secure;
    uint16_t port;                /* 0 only when the URL says so */
    char host[H2CONN_HOST_BYTES]; /* in lower case, without brackets */
    const char *authority;        /* host and port as written, in the string given */
    size_t authority_len;
    const char *path; /* with its query, without a fragment, "/" when absent; in the string given */
    size_t path_len;
} h2conn_url;

/* Take `string` apart. False when it is no such URL: another scheme, user information, no host, a port above 65535, a
 * space, a control or a character outside ASCII. */
bool h2conn_url_parse(h2conn_url *url, const char *string);

#ifdef __cplusplus
}
#endif
#endif
