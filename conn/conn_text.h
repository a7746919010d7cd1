/* SPDX-License-Identifier: MIT */
#ifndef CONN_TEXT_H
#define CONN_TEXT_H

/* A sentence put together in a buffer of fixed size; what does not fit is cut, and the end is always terminated. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct h2conn_text {
    char *at;
    size_t left; /* bytes after `at`, the terminator's not counted */
} h2conn_text;

/* `cap` is at least 1. */
void h2conn_text_begin(h2conn_text *text, char *out, size_t cap);
void h2conn_text_add(h2conn_text *text, const char *string);
void h2conn_text_number(h2conn_text *text, uint32_t number);

/* Three strings in a row. */
void h2conn_text_join(char *out, size_t cap, const char *first, const char *second, const char *third);

/* Octets of a terminated string of up to 2^28 - 1. */
size_t h2conn_text_length(const char *string);

#ifdef __cplusplus
}
#endif
#endif
