/* SPDX-License-Identifier: MIT */
#ifndef SMALL_HUFFMAN_H
#define SMALL_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

/* The coded string bit by bit, however long it is: up to four times `len`. */
size_t plain_huffman_encode(uint8_t *out, const char *string, size_t len);

/* As in hpack_huffman.h, built with H2_SMALL. */
size_t small_huffman_decode(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out);
uint8_t *small_huffman_encode(uint8_t *out, const char *string, size_t len);

#endif
