/* SPDX-License-Identifier: MIT */
#include "h2conn_message.h"
#include <string.h>

void h2conn_reader_init(h2conn_reader *r, h2conn_read_function read, void *ctx, void *buf, size_t cap) {
    *r = (h2conn_reader){.read = read, .ctx = ctx, .buf = buf, .cap = cap};
}

static size_t held(const h2conn_reader *r) {
    return r->end - r->start;
}

/* Receive more behind what is held. H2CONN_OK, an error, or EEND or ECUT at the end. */
static int more(h2conn_reader *r) {
    if (r->start > 0) {
        memmove(r->buf, r->buf + r->start, held(r));
        r->end -= r->start;
        r->start = 0;
    }
    if (r->end == r->cap) return H2CONN_ETOOLONG;
    ptrdiff_t n = r->read(r->ctx, r->buf + r->end, r->cap - r->end);
    if (n < 0) return (int)n;
    if (n == 0) return r->end ? H2CONN_ECUT : H2CONN_EEND;
    r->end += (size_t)n;
    return H2CONN_OK;
}

/* Hold at least `n`. */
static int hold(h2conn_reader *r, size_t n) {
    if (n > r->cap) return H2CONN_ETOOLONG;
    while (held(r) < n) {
        int error = more(r);
        if (error) return error;
    }
    return H2CONN_OK;
}

ptrdiff_t h2conn_reader_exactly(h2conn_reader *r, void *out, size_t n) {
    int error = hold(r, n);
    if (error) return error;
    memcpy(out, r->buf + r->start, n);
    r->start += n;
    r->scanned = 0;
    return (ptrdiff_t)n;
}

/* Hand out a line of `len` octets and step over `taken`. */
static ptrdiff_t give_line(h2conn_reader *r, char **line, size_t len, size_t taken) {
    *line = r->buf + r->start;
    r->start += taken;
    r->scanned = 0;
    return (ptrdiff_t)(len > 0 && (*line)[len - 1] == '\r' ? len - 1 : len);
}

ptrdiff_t h2conn_reader_line(h2conn_reader *r, char **line) {
    for (;;) {
        for (; r->scanned < held(r); r->scanned++) {
            if (r->buf[r->start + r->scanned] == '\n') return give_line(r, line, r->scanned, r->scanned + 1);
        }
        int error = more(r);
        if (error == H2CONN_ECUT) return give_line(r, line, held(r), held(r));
        if (error) return error;
    }
}

ptrdiff_t h2conn_reader_message(h2conn_reader *r, void **message) {
    int error = hold(r, H2CONN_LENGTH_BYTES);
    if (error) return error;
    size_t len = h2_u32_read((const uint8_t *)r->buf + r->start);
    if (len > r->cap - H2CONN_LENGTH_BYTES) return H2CONN_ETOOLONG;
    error = hold(r, H2CONN_LENGTH_BYTES + len);
    if (error) return error;
    *message = r->buf + r->start + H2CONN_LENGTH_BYTES;
    r->start += H2CONN_LENGTH_BYTES + len;
    r->scanned = 0;
    return (ptrdiff_t)len;
}
