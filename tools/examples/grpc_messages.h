/* SPDX-License-Identifier: MIT */
#ifndef GRPC_MESSAGES_H
#define GRPC_MESSAGES_H

/*
 * What the gRPC examples say to each other, in the Protocol Buffers language:
 *
 *     message Note { string text = 1; int64 number = 2; }
 *     service Notes { rpc Talk(stream Note) returns (stream Note); }
 *
 * and gRPC's framing on a connection: an octet that says whether the message is compressed, four of length, the
 * message.
 */

#include <string.h>
#include <pb_decode.h>
#include <pb_encode.h>
#include "h2conn_message.h"

#define GRPC_PATH         "/h2conn.Notes/Talk"
#define GRPC_PREFIX_BYTES 5
#define NOTE_TEXT_BYTES   256
/* Tags, lengths and a number of ten octets on top of the text. */
#define NOTE_BYTES (NOTE_TEXT_BYTES + 16)

/* Codes of grpc-status. */
enum { GRPC_OK = 0, GRPC_INVALID_ARGUMENT = 3, GRPC_UNIMPLEMENTED = 12, GRPC_INTERNAL = 13 };

typedef struct note {
    char text[NOTE_TEXT_BYTES];
    int64_t number;
} note;

/* Send one message, prefix and all, in one write. */
static inline int note_write(h2conn *conn, const note *n) {
    uint8_t bytes[GRPC_PREFIX_BYTES + NOTE_BYTES];
    pb_ostream_t out = pb_ostream_from_buffer(bytes + GRPC_PREFIX_BYTES, NOTE_BYTES);
    if (!pb_encode_tag(&out, PB_WT_STRING, 1) ||
        !pb_encode_string(&out, (const pb_byte_t *)n->text, strnlen(n->text, sizeof n->text)) ||
        !pb_encode_tag(&out, PB_WT_VARINT, 2) || !pb_encode_varint(&out, (uint64_t)n->number))
        return H2CONN_ETOOLONG;
    bytes[0] = 0;
    h2_u32_write(bytes + 1, (uint32_t)out.bytes_written);
    return h2conn_write(conn, bytes, GRPC_PREFIX_BYTES + out.bytes_written, NULL);
}

static inline bool note_decode(note *n, const uint8_t *bytes, size_t len) {
    pb_istream_t in = pb_istream_from_buffer(bytes, len);
    pb_wire_type_t type;
    uint32_t tag;
    bool end;
    *n = (note){.number = 0};
    while (pb_decode_tag(&in, &type, &tag, &end)) {
        if (tag == 1 && type == PB_WT_STRING) {
            uint32_t size;
            if (!pb_decode_varint32(&in, &size) || size >= sizeof n->text || !pb_read(&in, (pb_byte_t *)n->text, size))
                return false;
            n->text[size] = '\0';
        } else if (tag == 2 && type == PB_WT_VARINT) {
            uint64_t number;
            if (!pb_decode_varint(&in, &number)) return false;
            n->number = (int64_t)number;
        } else if (!pb_skip_field(&in, type)) {
            return false;
        }
    }
    return end;
}

/* The next message: 1, 0 at the peer's end, or a negative error. */
static inline int note_read(h2conn_reader *in, note *n) {
    uint8_t prefix[GRPC_PREFIX_BYTES], bytes[NOTE_BYTES];
    ptrdiff_t got = h2conn_reader_exactly(in, prefix, sizeof prefix);
    if (got < 0) return got == H2CONN_EEND ? 0 : (int)got;
    const uint32_t len = h2_u32_read(prefix + 1);
    if (len > sizeof bytes) return H2CONN_ETOOLONG;
    if (len > 0 && (got = h2conn_reader_exactly(in, bytes, len)) < 0)
        return got == H2CONN_EEND ? H2CONN_ECUT : (int)got;
    return prefix[0] == 0 && note_decode(n, bytes, len) ? 1 : H2CONN_EPROTOCOL;
}

#endif
