/* SPDX-License-Identifier: MIT */
#include "h2conn_message.h"
#include <string.h>

/* Messages over a blocking connection. */

/* A message up to this size travels with its length in one write, and so in one frame. */
#define TOGETHER 1400u

static ptrdiff_t read_conn(void *ctx, void *buf, size_t len) {
    return h2conn_read(ctx, buf, len);
}

void h2conn_reader_of(h2conn_reader *r, h2conn *conn, void *buf, size_t cap) {
    h2conn_reader_init(r, read_conn, conn, buf, cap);
}

int h2conn_write_message(h2conn *conn, const void *message, size_t len) {
    uint8_t together[H2CONN_LENGTH_BYTES + TOGETHER];
    if (len > UINT32_MAX) return H2CONN_EINVAL;
    h2_u32_write(together, (uint32_t)len);
    size_t first = len < TOGETHER ? len : TOGETHER;
    if (first > 0) memcpy(together + H2CONN_LENGTH_BYTES, message, first);
    int error = h2conn_write(conn, together, H2CONN_LENGTH_BYTES + first, NULL);
    if (error || first == len) return error;
    return h2conn_write(conn, (const char *)message + first, len - first, NULL);
}
