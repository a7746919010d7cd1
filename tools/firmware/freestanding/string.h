/* SPDX-License-Identifier: MIT */
#ifndef FREESTANDING_STRING_H
#define FREESTANDING_STRING_H

/* The four functions the core needs of a C library, for a build that has none. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int octet, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#ifdef __cplusplus
}
#endif
#endif
