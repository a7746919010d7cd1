/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "board.h"
#include "guard.h"

/* What suites and the C library ask of a system, on the board: a UART to print to and memory, of which there is more
 * than a small device has. */

#define HEAP_FROM  0x21000000u
#define HEAP_BYTES 0x1000000u
/* Octets after guarded memory, which must keep their value. */
#define GUARD_BYTES 16u
#define GUARD       0xa7

void *_sbrk(ptrdiff_t n);
int _write(int file, const char *bytes, int n);
int _read(int file, char *bytes, int n);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _kill(int process, int signal);
int _getpid(void);
_Noreturn void _exit(int status);

void *_sbrk(ptrdiff_t n) {
    static size_t used;
    if (n > 0 && (size_t)n > HEAP_BYTES - used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *from = (char *)HEAP_FROM + used;
    used += (size_t)n;
    return from;
}

int _write(int file, const char *bytes, int n) {
    (void)file;
    board_write(bytes, (size_t)n);
    return n;
}

int _read(int file, char *bytes, int n) {
    (void)file;
    (void)bytes;
    (void)n;
    return 0;
}

int _close(int file) {
    (void)file;
    return 0;
}

int _lseek(int file, int offset, int whence) {
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _fstat(int file, struct stat *status) {
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file) {
    (void)file;
    return 1;
}

int _kill(int process, int signal) {
    (void)process;
    board_exit(128 + signal);
}

int _getpid(void) {
    return 1;
}

void _exit(int status) {
    board_exit(status);
}

/* guard.h without pages: what was written beyond is noticed when the memory is freed. */

uint8_t *guard_new(size_t len) {
    uint8_t *memory = malloc(len + GUARD_BYTES);
    if (memory == NULL) abort();
    for (size_t i = 0; i < GUARD_BYTES; i++) memory[len + i] = GUARD;
    return memory;
}

uint8_t *guard_copy(const void *bytes, size_t len) {
    uint8_t *memory = guard_new(len);
    const uint8_t *from = bytes;
    for (size_t i = 0; i < len; i++) memory[i] = from[i];
    return memory;
}

void guard_free(uint8_t *memory, size_t len) {
    if (memory == NULL) return;
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        if (memory[len + i] != GUARD) abort();
    }
    free(memory);
}
