/* SPDX-License-Identifier: MIT */
#ifndef CBOR_ITEMS_H
#define CBOR_ITEMS_H

/* A sequence of CBOR items (RFC 8742) on a connection: each is whole in itself, so nothing needs to go between them. */

#include <cbor.h>
#include <stdlib.h>
#include <string.h>
#include "h2conn.h"

/* The longest item accepted. */
#define ITEM_BYTES 65536

typedef struct item_reader {
    h2conn *conn;
    size_t len; /* octets in `buf` that no item has taken */
    unsigned char buf[ITEM_BYTES];
} item_reader;

/* The next item, to be given up with cbor_decref; or NULL with 0 at the end, or an error. */
static inline cbor_item_t *item_read(item_reader *in, int *error) {
    struct cbor_load_result result = {.error = {.code = CBOR_ERR_NODATA}};
    for (;;) {
        cbor_item_t *item = in->len > 0 ? cbor_load(in->buf, in->len, &result) : NULL;
        if (item) {
            memmove(in->buf, in->buf + result.read, in->len -= result.read);
            *error = H2CONN_OK;
            return item;
        }
        const bool more = in->len == 0 || result.error.code == CBOR_ERR_NOTENOUGHDATA;
        *error = more ? H2CONN_ETOOLONG : H2CONN_EPROTOCOL;
        if (!more || in->len == sizeof in->buf) return NULL;
        const ptrdiff_t n = h2conn_read(in->conn, in->buf + in->len, sizeof in->buf - in->len);
        if (n <= 0) {
            *error = n < 0 ? (int)n : in->len > 0 ? H2CONN_ECUT : H2CONN_OK;
            return NULL;
        }
        in->len += (size_t)n;
    }
}

static inline int item_write(h2conn *conn, const cbor_item_t *item) {
    unsigned char *bytes = NULL;
    size_t size = 0, len = cbor_serialize_alloc(item, &bytes, &size);
    int error = len > 0 ? h2conn_write(conn, bytes, len, NULL) : H2CONN_ENOMEM;
    free(bytes);
    return error;
}

#endif
