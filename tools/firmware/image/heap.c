/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include "board.h"
#include "image.h"

/* What newlib asks of a system: memory to give out, and where its assertions end. */

#define HEAP_BYTES (96u * 1024u)

void *_sbrk(ptrdiff_t n);
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *what);

_Noreturn void __assert_func(const char *file, int line, const char *function, const char *what) {
    board_print("%s:%d: %s: %s\n", file, line, function, what);
    board_exit(5);
}

static uint64_t heap[HEAP_BYTES / sizeof(uint64_t)];
static size_t used;

void *_sbrk(ptrdiff_t n) {
    if (n > 0 && (size_t)n > sizeof heap - used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *from = (char *)heap + used;
    used += (size_t)n;
    return from;
}

uint32_t image_heap(void) {
    return (uint32_t)used;
}
