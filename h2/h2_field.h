/* SPDX-License-Identifier: MIT */
#ifndef H2_FIELD_H
#define H2_FIELD_H

/* What a header section may contain: RFC 9113, 8.2 to 8.5; RFC 8441, 4. The same judgement serves what arrives and what
 * is to be sent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_error.h"
#include "h2_name.h"

typedef enum h2_message_kind { H2_MESSAGE_REQUEST, H2_MESSAGE_RESPONSE, H2_MESSAGE_TRAILERS } h2_message_kind;

/* Octets announced by content-length, and the largest to which a digit may be added. No 64-bit count of DATA could
 * follow a larger one; a small build does not count beyond its 32 bits. */
#ifdef H2_SMALL
typedef int32_t h2_length;
#define H2_LENGTH_MAX    (INT32_MAX / 10 - 9)
#define H2_LENGTH_STRICT 0
#else
typedef int64_t h2_length;
#define H2_LENGTH_MAX    (INT64_MAX / 10 - 9)
#define H2_LENGTH_STRICT 1
#endif
/* Content-length absent, or not counted. */
#define H2_LENGTH_UNKNOWN (-1)

/* What the rest of the engine needs to know of a section. */
typedef struct h2_message {
    uint16_t status;  /* of a response */
    bool head;        /* the request's method is HEAD */
    bool connect;     /* the request's method is CONNECT */
    h2_length length; /* content-length, or H2_LENGTH_UNKNOWN */
#ifndef H2_SMALL
    const hpack_field *priority; /* the field of RFC 9218, or NULL */
#endif
    const hpack_field *field[H2_NAME_PLACES]; /* pseudo-fields by name, and a request's Host; NULL for none */
} h2_message;

static inline bool h2_value_is(const hpack_field *f, const char *value, size_t len) {
    return f->value_len == len && memcmp(f->value, value, len) == 0;
}
#define H2_VALUE_IS(f, value) h2_value_is(f, value, sizeof(value) - 1)

/* Judge the fields of a section one by one, and whether a response has its status. `message` is meaningless unless
 * H2_RULE_NONE is returned, and points to the fields. */
h2_rule h2_fields_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n);

/* Judge what the pseudo-fields of a request say together, and the field Host with them. `extended_connect` tells
 * whether :protocol is allowed. */
h2_rule h2_request_check(const h2_message *message, bool extended_connect);

/* A whole section. */
static inline h2_rule h2_message_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n,
                                       bool extended_connect) {
    h2_rule rule = h2_fields_check(message, kind, fields, n);
    return !rule && kind == H2_MESSAGE_REQUEST ? h2_request_check(message, extended_connect) : rule;
}

#endif
