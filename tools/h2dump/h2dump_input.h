/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_INPUT_H
#define H2DUMP_INPUT_H

/* Captures: plain bytes of one direction, recordings (tool_record.h), pcap and pcapng. Which one it is shows in its
 * first octets. Memory is bounded whatever the input says. */

#include "h2dump_print.h"

/* Connections followed at once; further ones are counted and left out. */
#define H2DUMP_CONNECTIONS 64u

/* Octets of a capture: up to `len`, at least 1; 0 at the end; -1 when reading failed. */
typedef ptrdiff_t (*h2dump_read)(void *ctx, uint8_t *buf, size_t len);

typedef struct h2dump_source {
    h2dump_read read;
    void *ctx;
    bool failed; /* reading, not what was read */
    uint8_t peeked[8];
    size_t n_peeked;
} h2dump_source;

/* Whether exactly `len` octets came. */
bool h2dump_source_exactly(h2dump_source *s, uint8_t *buf, size_t len);
/* Some octets, as h2dump_read. */
ptrdiff_t h2dump_source_some(h2dump_source *s, uint8_t *buf, size_t len);

/* A connection that is being followed. */
typedef struct h2dump_conn {
    struct h2dump_conn *next;
    h2dump_decoder *decoder;
    h2dump_printer *printer;
    uint32_t number, key; /* as printed; as the recording calls it */
    bool ended[2];
} h2dump_conn;

typedef struct h2dump_conns {
    h2dump_printer *printer;
    h2dump_conn *list;
    uint32_t count, numbers, left_out;
    uint64_t time_us; /* of the last record */
} h2dump_conns;

/* NULL when there are too many already, or memory is out; that is counted. */
h2dump_conn *h2dump_conn_new(h2dump_conns *all, bool both, const char *client, const char *server);
/* End both sides and forget it. */
void h2dump_conn_end(h2dump_conns *all, h2dump_conn *conn);

/* Decode a capture to its end. `from` says who sent plain bytes, -1 to find out. Returns NULL, or what is wrong with
 * the capture as a whole. */
const char *h2dump_input(h2dump_source *s, h2dump_printer *p, int from);

#endif
