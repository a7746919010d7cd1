/* SPDX-License-Identifier: MIT */
#ifndef TOOL_PARSE_H
#define TOOL_PARSE_H

/* Numbers, fields and URLs as people type them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2conn.h"

/* "65536", "64K", "64M", "1G", in powers of 1,024; at least 1 and at most `max`. */
bool tool_parse_count(const char *text, uint64_t max, uint64_t *count);

/* "5" or "0.25" seconds as milliseconds; from 1 ms to 1,000,000 s. */
bool tool_parse_seconds(const char *text, int64_t *ms);

/* Whether it may be a method or a field name: a token of RFC 9110, 5.6.2. */
bool tool_is_token(const char *text, size_t len);

/* Fields given one by one as 'name: value'. Starts zeroed. */
typedef struct tool_fields {
    h2conn_field *list;
    size_t n;
} tool_fields;

/* Whether 'name: value' is about one connection of HTTP/1, and so can be in no message of HTTP/2 (RFC 9113, 8.2.2). */
bool tool_field_is_of_connection(const char *line);

/* Add one: the name is made lower-case, white space around the value dropped, and secrets marked never-indexed (RFC
 * 7541, 7.1.3). False when there is no colon, or no token before it. */
bool tool_fields_add(tool_fields *fields, const char *line);
void tool_fields_free(tool_fields *fields);

/* Print received fields to stderr, "< name: value" each; what is not printable ASCII as \xNN. */
void tool_fields_print(const h2conn_field *fields, size_t n);

/* Whether the URL's scheme is https. */
bool tool_is_https(const char *url);

#endif
