/* SPDX-License-Identifier: MIT */
#ifndef H2_NAME_H
#define H2_NAME_H

/* The field names that mean something to the engine. Pseudo-fields come first. A small build (H2_SMALL) looks through
 * the list; others compare with the few names of the same length. */

#include <stdint.h>
#include <string.h>
#include "hpack.h"

/* A small build looks at no priority. */
#ifdef H2_SMALL
#define H2_NAMES_HOSTED(X)
#else
#define H2_NAMES_HOSTED(X) X(H2_NAME_PRIORITY, "\10", "priority")
#endif

#define H2_NAMES(X)                                                                                                    \
    X(H2_NAME_METHOD, "\7", ":method")                                                                                 \
    X(H2_NAME_SCHEME, "\7", ":scheme")                                                                                 \
    X(H2_NAME_AUTHORITY, "\12", ":authority")                                                                          \
    X(H2_NAME_PATH, "\5", ":path")                                                                                     \
    X(H2_NAME_PROTOCOL, "\11", ":protocol")                                                                            \
    X(H2_NAME_STATUS, "\7", ":status")                                                                                 \
    X(H2_NAME_HOST, "\4", "host")                                                                                      \
    H2_NAMES_HOSTED(X)                                                                                                 \
    X(H2_NAME_CONTENT_LENGTH, "\16", "content-length")                                                                 \
    X(H2_NAME_TE, "\2", "te")                                                                                          \
    X(H2_NAME_UPGRADE, "\7", "upgrade")                                                                                \
    X(H2_NAME_CONNECTION, "\12", "connection")                                                                         \
    X(H2_NAME_KEEP_ALIVE, "\12", "keep-alive")                                                                         \
    X(H2_NAME_PROXY_CONNECTION, "\20", "proxy-connection")                                                             \
    X(H2_NAME_TRANSFER_ENCODING, "\21", "transfer-encoding")

typedef enum h2_name {
#define H2_NAME_ENUM(name, len, text) name,
    H2_NAMES(H2_NAME_ENUM)
#undef H2_NAME_ENUM
        H2_NAME_OTHER
} h2_name;

/* Of pseudo-fields and Host. */
#define H2_NAME_PLACES (H2_NAME_HOST + 1)

#ifdef H2_SMALL

static inline h2_name h2_name_of(const hpack_field *f) {
    /* Each after its length. */
    static const char list[] =
#define H2_NAME_TEXT(name, len, text) len text
        H2_NAMES(H2_NAME_TEXT);
#undef H2_NAME_TEXT
    const char *at = list;
    unsigned name = 0;
    for (; name < H2_NAME_OTHER; name++) {
        size_t len = (uint8_t)*at++;
        if (len == f->name_len && memcmp(at, f->name, len) == 0) break;
        at += len;
    }
    return (h2_name)name;
}

#else

static inline h2_name h2_name_of(const hpack_field *f) {
#define H2_NAME_TRY(which, text)                                                                                       \
    if (memcmp(f->name, text, sizeof(text) - 1) == 0) return which
    switch (f->name_len) {
    case 2: H2_NAME_TRY(H2_NAME_TE, "te"); break;
    case 4: H2_NAME_TRY(H2_NAME_HOST, "host"); break;
    case 5: H2_NAME_TRY(H2_NAME_PATH, ":path"); break;
    case 7:
        H2_NAME_TRY(H2_NAME_STATUS, ":status");
        H2_NAME_TRY(H2_NAME_METHOD, ":method");
        H2_NAME_TRY(H2_NAME_SCHEME, ":scheme");
        H2_NAME_TRY(H2_NAME_UPGRADE, "upgrade");
        break;
    case 8: H2_NAME_TRY(H2_NAME_PRIORITY, "priority"); break;
    case 9: H2_NAME_TRY(H2_NAME_PROTOCOL, ":protocol"); break;
    case 10:
        H2_NAME_TRY(H2_NAME_AUTHORITY, ":authority");
        H2_NAME_TRY(H2_NAME_CONNECTION, "connection");
        H2_NAME_TRY(H2_NAME_KEEP_ALIVE, "keep-alive");
        break;
    case 14: H2_NAME_TRY(H2_NAME_CONTENT_LENGTH, "content-length"); break;
    case 16: H2_NAME_TRY(H2_NAME_PROXY_CONNECTION, "proxy-connection"); break;
    case 17: H2_NAME_TRY(H2_NAME_TRANSFER_ENCODING, "transfer-encoding"); break;
    default: break;
    }
#undef H2_NAME_TRY
    return H2_NAME_OTHER;
}

#endif
#endif
