/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_MESSAGE_H
#define H2CONN_MESSAGE_H

/*
 * Messages on top of a byte stream: exact counts, lines, and messages with a length in front, each with a bound.
 *
 * A reader owns nothing: it reads through a function into a buffer of the caller's, whose size is the bound on a line
 * or message. It reads ahead, so once a reader is in use, everything of that connection is read through it.
 *
 *     char buf[4096];
 *     h2conn_reader in;
 *     h2conn_reader_of(&in, conn, buf, sizeof buf);          // or h2conn_reader_init with any read function
 *     while ((n = h2conn_reader_line(&in, &line)) >= 0)      // JSON lines: one value a line
 *         handle(line, (size_t)n);
 *     if (n != H2CONN_EEND) fprintf(stderr, "%s\n", h2conn_strerror((int)n));
 *
 * A reader is used by one thread at a time. An error of the read function is passed on and may pass: H2CONN_ETIMEDOUT,
 * say, loses nothing, and the same call may be repeated.
 */

#include <stddef.h>
#include <stdint.h>
#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Octets in front of a message: its length, big-endian, not counting these. */
#define H2CONN_LENGTH_BYTES 4u

/* As h2conn_read: a count of at least 1, 0 at the end, or a negative error. */
typedef ptrdiff_t (*h2conn_read_function)(void *ctx, void *buf, size_t len);

/* Members are private. Bytes [start, end) of `buf` were received and not handed out. */
typedef struct h2conn_reader {
    h2conn_read_function read;
    void *ctx;
    char *buf;
    size_t cap, start, end;
    size_t scanned; /* of these, known to hold no line end */
} h2conn_reader;

/* Read through `read` with `cap` bytes at `buf`, kept while the reader is used; at least H2CONN_LENGTH_BYTES. */
void h2conn_reader_init(h2conn_reader *r, h2conn_read_function read, void *ctx, void *buf, size_t cap);

/* The same over a connection. */
void h2conn_reader_of(h2conn_reader *r, h2conn *conn, void *buf, size_t cap);

/* All of these return H2CONN_EEND when the stream has ended between messages and H2CONN_ECUT when it ended within one.
 */

/* Exactly `n` bytes to `out`, for constant-size records; `n` is at most the reader's buffer (H2CONN_ETOOLONG). Returns
 * n. */
ptrdiff_t h2conn_reader_exactly(h2conn_reader *r, void *out, size_t n);

/* The next line without its LF or CR LF. *line points into the buffer until the next call. Returns its length. A last
 * line without LF counts as one. H2CONN_ETOOLONG when no line end comes within the buffer. */
ptrdiff_t h2conn_reader_line(h2conn_reader *r, char **line);

/* The next message with a length in front. *message points into the buffer until the next call. Returns its length,
 * possibly 0. H2CONN_ETOOLONG when it and its length do not fit the buffer; nothing is taken then. */
ptrdiff_t h2conn_reader_message(h2conn_reader *r, void **message);

/* Write `len` octets (below 2^32) with their length in front. As h2conn_write. A message above 1,400 octets is two
 * writes: several threads that send such on one connection agree among themselves who goes first. */
int h2conn_write_message(h2conn *conn, const void *message, size_t len);

#ifdef __cplusplus
}
#endif
#endif
