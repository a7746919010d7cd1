/* SPDX-License-Identifier: MIT */
/* Files of certificates and keys, read whole: no process that the program starts meanwhile inherits them. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tls_internal.h"

#define FIRST_BYTES 4096u

/* Twice the room; what was read leaves no copy behind. */
static bool grow(tls_file *file, size_t *cap) {
    const size_t larger = *cap > 0 ? 2 * *cap : FIRST_BYTES;
    uint8_t *bytes = larger <= TLS_FILE_MAX ? malloc(larger) : NULL;
    if (bytes == NULL) {
        errno = larger <= TLS_FILE_MAX ? ENOMEM : EFBIG;
        return false;
    }
    const tls_file old = *file;
    if (old.len > 0) memcpy(bytes, old.bytes, old.len);
    file->bytes = bytes;
    *cap = larger;
    h2tls_file_free(&(tls_file){old.bytes, old.len});
    return true;
}

static bool read_all(tls_file *file, int fd) {
    size_t cap = 0;
    for (;;) {
        if (file->len == cap && !grow(file, &cap)) return false;
        const ssize_t n = read(fd, file->bytes + file->len, cap - file->len);
        if (n == 0) return true;
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) file->len += (size_t)n;
    }
}

int h2tls_file_read(tls_file *file, const char *path, const char *what, char why[H2TLS_WHY_BYTES]) {
    *file = (tls_file){NULL, 0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool whole = fd >= 0 && read_all(file, fd);
    const int error = errno;
    if (fd >= 0) close(fd);
    if (whole && file->len > 0) return 0;
    h2tls_file_free(file);
    snprintf(why, H2TLS_WHY_BYTES, "cannot read the %s %s: %s", what, path, whole ? "it is empty" : strerror(error));
    return -1;
}

void h2tls_file_free(tls_file *file) {
    if (file->bytes != NULL) h2tls_wipe(file->bytes, file->len);
    free(file->bytes);
    *file = (tls_file){NULL, 0};
}
