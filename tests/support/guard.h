/* SPDX-License-Identifier: MIT */
#ifndef GUARD_H
#define GUARD_H

/* Memory that ends at a page which cannot be touched, so that one octet too far is a crash. */

#include <stddef.h>
#include <stdint.h>

/* `len` octets, the last of them just before the guard. Freed by guard_free with the same length. */
uint8_t *guard_new(size_t len);

/* The same, filled from `bytes`. */
uint8_t *guard_copy(const void *bytes, size_t len);

void guard_free(uint8_t *memory, size_t len);

#endif
