/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "conn_text.h"

#define DIGITS_OF_U32 10u
/* Without a bound compilers turn the loop into strlen, which the core does not have. */
#define STRING_MAX 0x0fffffffu

size_t h2conn_text_length(const char *string) {
    size_t n = 0;
    while (n < STRING_MAX && string[n] != '\0') n++;
    return n;
}

void h2conn_text_begin(h2conn_text *text, char *out, size_t cap) {
    text->at = out;
    text->left = cap - 1;
    *out = '\0';
}

static void add_bytes(h2conn_text *text, const char *bytes, size_t n) {
    if (n > text->left) n = text->left;
    memcpy(text->at, bytes, n);
    text->at += n;
    text->left -= n;
    *text->at = '\0';
}

void h2conn_text_add(h2conn_text *text, const char *string) {
    add_bytes(text, string, h2conn_text_length(string));
}

void h2conn_text_number(h2conn_text *text, uint32_t number) {
    char digits[DIGITS_OF_U32];
    size_t first = DIGITS_OF_U32;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add_bytes(text, digits + first, DIGITS_OF_U32 - first);
}

void h2conn_text_join(char *out, size_t cap, const char *first, const char *second, const char *third) {
    h2conn_text text;
    h2conn_text_begin(&text, out, cap);
    h2conn_text_add(&text, first);
    h2conn_text_add(&text, second);
    h2conn_text_add(&text, third);
}
