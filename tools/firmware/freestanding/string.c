/* SPDX-License-Identifier: MIT */
#include "string.h"

/* Built without loop recognition, or a compiler turns each loop into a call of the function it is in. */

void *memcpy(void *to, const void *from, size_t n) {
    char *out = to;
    const char *in = from;
    while (n-- > 0) *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    char *out = to;
    const char *in = from;
    if (out <= in) return memcpy(to, from, n);
    while (n-- > 0) out[n] = in[n];
    return to;
}

void *memset(void *to, int octet, size_t n) {
    char *out = to;
    while (n-- > 0) *out++ = (char)octet;
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < n; i++) {
        if (left[i] != right[i]) return left[i] - right[i];
    }
    return 0;
}
