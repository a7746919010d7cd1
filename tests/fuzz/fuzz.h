/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

/* What the fuzz targets share: an input read as a script, and a claim that ends the process when it does not hold. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For mutate_wire.c: where what a peer sends begins, at most `size`; 1 unless a target defines it. */
size_t fuzz_wire_at(const uint8_t *data, size_t size);

typedef struct fuzz_input {
    const uint8_t *data;
    size_t size, at;
} fuzz_input;

static inline void must(bool holds) {
    if (!holds) abort();
}

/* The next octet; 0 at the end. */
static inline uint8_t fuzz_next(fuzz_input *in) {
    return in->at < in->size ? in->data[in->at++] : 0;
}

static inline size_t fuzz_left(const fuzz_input *in) {
    return in->size - in->at;
}

/* A copy of the next `n` octets, as many as there are, with nothing behind it; free it. */
static inline uint8_t *fuzz_take(fuzz_input *in, size_t *n) {
    if (*n > fuzz_left(in)) *n = fuzz_left(in);
    uint8_t *copy = malloc(*n > 0 ? *n : 1);
    must(copy != NULL);
    if (*n > 0) memcpy(copy, in->data + in->at, *n);
    in->at += *n;
    return copy;
}

#endif
