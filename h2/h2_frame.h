/* SPDX-License-Identifier: MIT */
#ifndef H2_FRAME_H
#define H2_FRAME_H

/*
 * Frames as bytes (RFC 9113, 4.1 and 6): pure functions between octets and structs, without a session. The engine,
 * traces, dumps and fuzzers share them.
 *
 * A reader first judges the nine octets of a header with h2_frame_check, before any payload is kept. The payload of
 * DATA, HEADERS, PUSH_PROMISE and CONTINUATION is a stream: h2_frame_prefix_bytes octets of prefix, content, padding.
 * The other types have fixed or repeated records with a reader each.
 *
 * Each writer returns the octets that it wrote, for which there must be room. Values are taken as they are: a stream
 * identifier or an increment has 31 bits. No function keeps a pointer; all may be called from any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_error.h"
#include "h2_limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum h2_frame_type {
    H2_DATA = 0,
    H2_HEADERS = 1,
    H2_PRIORITY = 2,
    H2_RST_STREAM = 3,
    H2_SETTINGS = 4,
    H2_PUSH_PROMISE = 5,
    H2_PING = 6,
    H2_GOAWAY = 7,
    H2_WINDOW_UPDATE = 8,
    H2_CONTINUATION = 9,
    H2_PRIORITY_UPDATE = 16 /* RFC 9218, 7.1 */
} h2_frame_type;

enum {
    H2_FLAG_ACK = 0x1,         /* SETTINGS, PING */
    H2_FLAG_END_STREAM = 0x1,  /* DATA, HEADERS */
    H2_FLAG_END_HEADERS = 0x4, /* HEADERS, PUSH_PROMISE, CONTINUATION */
    H2_FLAG_PADDED = 0x8,      /* DATA, HEADERS, PUSH_PROMISE */
    H2_FLAG_PRIORITY = 0x20    /* HEADERS */
};

typedef struct h2_frame_header {
    uint32_t length;    /* of the payload, 24 bits */
    uint8_t type;       /* any value; those of h2_frame_type are known */
    uint8_t flags;      /* undefined ones are kept but mean nothing */
    uint32_t stream_id; /* 31 bits; the reserved bit is dropped */
} h2_frame_header;

/* 4.1. To be written, `length` must be below 2^24. */
void h2_frame_header_read(h2_frame_header *header, const uint8_t in[H2_FRAME_HEADER_BYTES]);
size_t h2_frame_header_write(uint8_t *out, const h2_frame_header *header);
/* A type, and above its octet the flags. */
#define H2_FRAME_KIND(type, flags) ((unsigned)(type) | (unsigned)(flags) << 8)
/* Write a header from its parts, `kind` an H2_FRAME_KIND, `length` below 2^24. Returns where the payload goes. */
uint8_t *h2_frame_begin(uint8_t *out, unsigned kind, uint32_t stream_id, uint32_t length);

/* Judge a header by itself: the length against `max_frame_size` and against the type's own rule, stream 0 or not.
 * Unknown types pass. */
h2_rule h2_frame_check(const h2_frame_header *header, uint32_t max_frame_size);

/* Octets of the fixed part of a known type's payload, which for PUSH_PROMISE is the promised stream, or of each record
 * of it; 0 for DATA, HEADERS and CONTINUATION. */
uint32_t h2_frame_record_bytes(uint8_t type);

/* "HEADERS"; "UNKNOWN" for a type outside the list. */
const char *h2_frame_name(uint8_t type);

/* What precedes the content of DATA, HEADERS and PUSH_PROMISE. */
typedef struct h2_frame_prefix {
    uint8_t padding;      /* octets of padding after the content */
#ifndef H2_SMALL          /* whose engine looks at none of these, and has no PUSH_PROMISE */
    bool exclusive;       /* priority of HEADERS, deprecated (5.3.2) */
    uint8_t weight;       /* as sent, 0 to 255 */
    uint32_t dependency;  /* 0 when absent */
    uint32_t promised_id; /* PUSH_PROMISE */
#endif
    uint32_t content; /* octets of content: data or header block fragment */
} h2_frame_prefix;

/* Octets of prefix, 0 to H2_FRAME_PREFIX_MAX, by type and flags (6.1, 6.2, 6.6). */
size_t h2_frame_prefix_bytes(const h2_frame_header *header);

/* Read that many octets, after a header that h2_frame_check let pass. H2_RULE_PADDING when the padding exceeds what is
 * left, H2_RULE_STREAM_ID when a stream is promised that is not a server's to open (5.1.1); the prefix is unchanged
 * then. */
h2_rule h2_frame_prefix_read(h2_frame_prefix *prefix, const h2_frame_header *header, const uint8_t *in);

#ifndef H2_SMALL
/* Write the prefix as the header's flags demand it. Returns h2_frame_prefix_bytes. */
size_t h2_frame_prefix_write(uint8_t *out, const h2_frame_header *header, const h2_frame_prefix *prefix);
#endif

/* One record of SETTINGS, 6.5.1. */
typedef struct h2_setting {
    uint16_t id;
    uint32_t value;
} h2_setting;
void h2_setting_read(h2_setting *setting, const uint8_t in[H2_SETTING_BYTES]);
size_t h2_setting_write(uint8_t *out, const h2_setting *setting);

/* The payload of PRIORITY, 6.3. */
typedef struct h2_priority {
    bool exclusive;
    uint8_t weight; /* as sent */
    uint32_t dependency;
} h2_priority;
void h2_priority_read(h2_priority *priority, const uint8_t in[H2_PRIORITY_BYTES]);
size_t h2_priority_write(uint8_t *out, const h2_priority *priority);

/* The fixed part of GOAWAY, 6.8; debug data follows. */
typedef struct h2_goaway {
    uint32_t last_stream_id;
    uint32_t code;
} h2_goaway;
void h2_goaway_read(h2_goaway *goaway, const uint8_t in[H2_GOAWAY_FIXED_BYTES]);
size_t h2_goaway_write(uint8_t *out, const h2_goaway *goaway);

/* RST_STREAM's code is 32 bits; WINDOW_UPDATE's increment and PRIORITY_UPDATE's stream are 31, the reserved bit
 * dropped. */
uint32_t h2_u32_read(const uint8_t in[H2_U32_BYTES]);
uint32_t h2_u31_read(const uint8_t in[H2_U32_BYTES]);
size_t h2_u32_write(uint8_t *out, uint32_t value);

#ifdef __cplusplus
}
#endif
#endif
