/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_DECODE_H
#define H2DUMP_DECODE_H

/*
 * What two endpoints said to each other, frame by frame: an observer of one HTTP/2 connection.
 *
 * The decoder is a function of the bytes it is given. It keeps a fixed amount of memory whatever comes, does work in
 * proportion to the bytes, and goes on after a violation as long as frame boundaries are certain. It follows what both
 * sides owe each other: HPACK tables, settings and their acknowledgements, windows, and the life of streams.
 *
 * What it cannot know it does not judge: streams older than it remembers, and, with one direction alone, all that
 * depends on the other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_frame.h"
#include "hpack.h"

/* Who sent the bytes. */
typedef enum h2dump_side { H2DUMP_CLIENT, H2DUMP_SERVER } h2dump_side;

/* Octets of a payload that are kept to be shown. */
#define H2DUMP_PAYLOAD_BYTES 16384u
/* Fields of a section that are kept; further ones are counted. */
#define H2DUMP_FIELDS 1024u
/* Violations of a frame that are kept. */
#define H2DUMP_BREACHES 8u

typedef struct h2dump_breach {
    h2_rule rule;
    hpack_error hpack; /* the reason, with H2_RULE_COMPRESSION */
} h2dump_breach;

typedef enum h2dump_kind {
    H2DUMP_PREFACE, /* the client's 24 octets */
    H2DUMP_FRAME,   /* a whole frame */
    H2DUMP_LOST     /* nothing more of this side can be read: `note` says why */
} h2dump_kind;

typedef struct h2dump_event {
    h2dump_kind kind;
    h2dump_side side;
    uint64_t time_us; /* of the first octet, as it was given */
    h2_frame_header header;
    const uint8_t *payload; /* its first `n` octets */
    size_t n;
    bool section;              /* a header section is complete: its fields follow */
    const hpack_field *fields; /* the first `n_fields` of `all_fields`; none when the section could not be decoded */
    size_t n_fields, all_fields;
    const h2dump_breach *breaches;
    size_t n_breaches;
    const char *note; /* or NULL */
} h2dump_event;

/* Pointers are valid during the call. */
typedef void (*h2dump_emit)(void *user, const h2dump_event *event);

typedef struct h2dump_decoder h2dump_decoder;

/* An observer; `both` when both directions will be given. NULL when memory is out. */
h2dump_decoder *h2dump_decoder_new(bool both, h2dump_emit emit, void *user);
void h2dump_decoder_free(h2dump_decoder *d);

/* The next `len` octets that `side` sent, in pieces of any size, in the order of their arrival among both sides. */
void h2dump_decode(h2dump_decoder *d, h2dump_side side, uint64_t time_us, const uint8_t *bytes, size_t len);

/* What `side` sent ends here: `note` tells why it cannot be read on, NULL at the end of the capture, where a frame cut
 * short is an event. */
void h2dump_decode_end(h2dump_decoder *d, h2dump_side side, uint64_t time_us, const char *note);

#endif
