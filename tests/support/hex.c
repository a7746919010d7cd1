/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) % 16 : -1;
}

uint8_t *vectors_hex(const char *hex, size_t *len) {
    uint8_t *octets = malloc(strlen(hex) / 2 + 1);
    const char *at = hex;

    if (!octets) abort();
    *len = 0;
    while (*at) {
        if (*at == ' ') {
            at++;
            continue;
        }
        if (digit(at[0]) < 0 || digit(at[1]) < 0) {
            fprintf(stderr, "not hexadecimal: %s\n", hex);
            abort();
        }
        octets[(*len)++] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
        at += 2;
    }
    return octets;
}
