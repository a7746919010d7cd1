/* SPDX-License-Identifier: MIT */
#ifndef CONN_FIELDS_H
#define CONN_FIELDS_H

/* Header sections that outlive the engine's call. */

#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

#define H2CONN_STATUS_MIN    100
#define H2CONN_STATUS_MAX    599
#define H2CONN_STATUS_DIGITS 3u
#define H2CONN_LENGTH_DIGITS 20u

/* The pseudo-fields of a request and a response, in the order of this list. */
typedef enum h2conn_pseudo {
    H2CONN_METHOD,
    H2CONN_SCHEME,
    H2CONN_AUTHORITY,
    H2CONN_PATH,
    H2CONN_STATUS,
    H2CONN_PROTOCOL,
    H2CONN_PSEUDO_FIELDS
} h2conn_pseudo;

typedef struct h2conn_section {
    const char *pseudo[H2CONN_PSEUDO_FIELDS]; /* terminated, "" when missing */
    h2conn_field *fields;                     /* the others, with terminated strings */
    size_t n;
} h2conn_section;

/* Octets of memory that a copy of these fields needs. */
size_t h2conn_section_bytes(const h2_field *fields, size_t n);

/* Copy them into `memory`, aligned for pointers; the section points into it. */
void h2conn_section_copy(h2conn_section *section, void *memory, const h2_field *fields, size_t n);

/* The number in :status, 0 when there is none. */
int h2conn_section_status(const h2conn_section *section);

/* The number in a :status field, 0 when there is none. */
int h2conn_status_of(const h2_field *field);

/* A field of a terminated string. */
h2_field h2conn_field_of(const char *name, const char *value);

/* :status with its three digits in `digits`. */
h2_field h2conn_field_of_status(char digits[H2CONN_STATUS_DIGITS + 1], int status);

/* content-length with its digits in `digits`. */
h2_field h2conn_field_of_length(char digits[H2CONN_LENGTH_DIGITS + 1], size_t length);

/* Whether a terminated string is a token (RFC 9110, 5.6.2), as a method must be. */
bool h2conn_is_token(const char *string);

/* Whether a program's fields are free of pseudo-fields; the engine judges the rest. */
bool h2conn_fields_are_plain(const h2conn_field *fields, size_t n);

#ifdef __cplusplus
}
#endif
#endif
