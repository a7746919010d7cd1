/* SPDX-License-Identifier: MIT */
#ifndef VECTORS_H
#define VECTORS_H

/* Test vectors: folders of JSON files below VECTORS, which are no part of the project and may be absent. */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Called with each file of a folder, in the order of their names. */
typedef void (*vectors_visit)(const char *path, const json_t *root, void *ctx);

/* Visit every .json file of VECTORS/folder. Returns how many; 0 prints a line that begins "skipped". */
size_t vectors_each(const char *folder, vectors_visit visit, void *ctx);

/* The octets of a JSON string of hexadecimal digits, in memory from malloc; stops the program when it is none. */
uint8_t *vectors_octets(const json_t *hex, size_t *len);

/* The same for a plain string of hexadecimal digits; spaces between octets are passed over. */
uint8_t *vectors_hex(const char *hex, size_t *len);

#endif
