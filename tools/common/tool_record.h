/* SPDX-License-Identifier: MIT */
#ifndef TOOL_RECORD_H
#define TOOL_RECORD_H

/*
 * Recordings: what both ends of connections sent, inside TLS, with times. h2cat --record writes them, h2dump reads
 * them. All numbers are big-endian.
 *
 *     the file      8 octets "H2REC1\r\n", then records
 *     a record      16 octets of header, then `length` octets as they were sent
 *       octet 0       '>' the client sent them, '<' the server did
 *       1 to 3        the connection, counted from 1
 *       4 to 11       microseconds since the recording began
 *       12 to 15      length; 0 says that this side sends no more on the connection
 */

#include <stddef.h>
#include <stdint.h>

#define TOOL_RECORD_MAGIC        "H2REC1\r\n"
#define TOOL_RECORD_MAGIC_BYTES  8u
#define TOOL_RECORD_HEADER_BYTES 16u
#define TOOL_RECORD_NUMBER_MAX   0xffffffu

typedef struct tool_record {
    char from; /* '>' or '<' */
    uint32_t number;
    uint64_t time_us;
    uint32_t length;
} tool_record;

static inline void tool_record_write(uint8_t out[TOOL_RECORD_HEADER_BYTES], const tool_record *r) {
    out[0] = (uint8_t)r->from;
    for (unsigned i = 0; i < 3; i++) out[1 + i] = (uint8_t)(r->number >> (16 - 8 * i));
    for (unsigned i = 0; i < 8; i++) out[4 + i] = (uint8_t)(r->time_us >> (56 - 8 * i));
    for (unsigned i = 0; i < 4; i++) out[12 + i] = (uint8_t)(r->length >> (24 - 8 * i));
}

static inline void tool_record_read(tool_record *r, const uint8_t in[TOOL_RECORD_HEADER_BYTES]) {
    *r = (tool_record){.from = (char)in[0]};
    for (unsigned i = 0; i < 3; i++) r->number = r->number << 8 | in[1 + i];
    for (unsigned i = 0; i < 8; i++) r->time_us = r->time_us << 8 | in[4 + i];
    for (unsigned i = 0; i < 4; i++) r->length = r->length << 8 | in[12 + i];
}

#endif
