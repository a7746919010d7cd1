/* SPDX-License-Identifier: MIT */
#ifndef RANDOM_BLOCK_H
#define RANDOM_BLOCK_H

/* Blocks of every representation, made from a seed and not by our encoder. */

#include "hpack_test.h"

/* The longest string in a random block. */
#define RANDOM_STRING_MAX 6000u
/* Octets that hold any random block. */
#define RANDOM_BLOCK_MAX 65536u

/* Write a block of up to `fields` fields that is valid on a table of `entries` entries until it evicts those, with
 * strings of mostly up to `usual` octets. Returns its length. */
size_t random_block(uint32_t *seed, uint8_t *out, unsigned fields, uint32_t entries, size_t usual);

#endif
