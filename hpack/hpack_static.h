/* SPDX-License-Identifier: MIT */
#ifndef HPACK_STATIC_H
#define HPACK_STATIC_H

/* The static table (RFC 7541, appendix A). */

#include "hpack.h"

/* Its entries; indices run from 1, those of the dynamic table follow (2.3.3). */
#define HPACK_STATIC_COUNT 61u

/* The entry `index`, 1 to HPACK_STATIC_COUNT. */
void hpack_static_get(uint32_t index, hpack_field *field);

/* The entry equal to `field`, with *whole set, else the first with its name, else 0. `hash` is that of the name.
 * *is_volatile tells whether fields of this name seldom have the same value twice. */
uint32_t hpack_static_find(const hpack_field *field, uint32_t hash, bool *whole, bool *is_volatile);

#endif
