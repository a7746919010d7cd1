/* SPDX-License-Identifier: MIT */
#ifndef H2_FIELD_H
#define H2_FIELD_H

/* What a header section may contain: RFC 9113, 8.2 to 8.5; RFC 8441, 4. The same judgement serves what arrives and what
 * is to be sent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_error.h"
#include "hpack.h"

typedef enum h2_message_kind { H2_MESSAGE_REQUEST, H2_MESSAGE_RESPONSE, H2_MESSAGE_TRAILERS } h2_message_kind;

/* Content-length absent. */
#define H2_LENGTH_UNKNOWN (-1)

/* What the rest of the engine needs to know of a section. */
typedef struct h2_message {
    uint16_t status;             /* of a response */
    bool head;                   /* the request's method is HEAD */
    bool connect;                /* the request's method is CONNECT */
    bool extended;               /* with :protocol (RFC 8441) */
    int64_t length;              /* content-length, or H2_LENGTH_UNKNOWN */
    const hpack_field *priority; /* the field of RFC 9218, or NULL */
} h2_message;

/* Judge a whole section. `extended_connect` tells whether :protocol is allowed. `message` is filled when H2_RULE_NONE
 * is returned. */
h2_rule h2_message_check(h2_message *message, h2_message_kind kind, const hpack_field *fields, size_t n,
                         bool extended_connect);

#endif
