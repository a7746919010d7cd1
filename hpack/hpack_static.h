/* SPDX-License-Identifier: MIT */
#ifndef HPACK_STATIC_H
#define HPACK_STATIC_H

/* The static table (RFC 7541, appendix A). */

#include "hpack.h"

/* Its entries; indices run from 1, those of the dynamic table follow (2.3.3). */
#define HPACK_STATIC_COUNT 61u

#ifndef H2_SMALL /* which looks at both tables as one (hpack_dynamic.h) */

/* The entry `index`, 1 to HPACK_STATIC_COUNT. */
void hpack_static_get(uint32_t index, hpack_field *field);

/* What is known of a field: the index of the entry equal to it, or of the first with its name, or 0; and these flags.
 */
#define HPACK_KNOWN_INDEX    0x3fu
#define HPACK_KNOWN_VOLATILE 0x40u /* fields of this name seldom have the same value twice */
#define HPACK_KNOWN_WHOLE    0x80u /* the value is the entry's too */

/* `hash` is that of the name. */
uint32_t hpack_static_find(const hpack_field *field, uint32_t hash);

#endif

#endif
