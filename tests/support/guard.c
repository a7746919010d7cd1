/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t guard_pages(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (len + page - 1) / page * page;
}

uint8_t *guard_new(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t usable = guard_pages(len);
    uint8_t *map = mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + usable, page, PROT_NONE) != 0) {
        perror("guard page");
        abort();
    }
    return map + usable - len;
}

uint8_t *guard_copy(const void *bytes, size_t len) {
    uint8_t *memory = guard_new(len);

    if (len > 0) memcpy(memory, bytes, len);
    return memory;
}

void guard_free(uint8_t *memory, size_t len) {
    size_t usable = guard_pages(len);

    if (!memory) return;
    munmap(memory + len - usable, usable + (size_t)sysconf(_SC_PAGESIZE));
}
