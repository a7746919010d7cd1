/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_READER_H
#define ATTACK_READER_H

/* The frames in what a server sends, as far as an attacker cares: headers, and the first octets of payloads. */

#include "h2_frame.h"

#define READER_PAYLOAD_BYTES H2_GOAWAY_FIXED_BYTES

/* All zero at the start of a connection. */
typedef struct reader {
    uint8_t head[H2_FRAME_HEADER_BYTES + READER_PAYLOAD_BYTES];
    size_t len;
    uint32_t left; /* of the payload */
} reader;

/* `payload` has the first READER_PAYLOAD_BYTES, zeros behind a shorter one's end. */
typedef void reader_frame(void *user, const h2_frame_header *header, const uint8_t *payload);

void reader_take(reader *r, const uint8_t *at, size_t n, reader_frame *each, void *user);

/* A GOAWAY's error code. */
uint32_t reader_goaway_code(const uint8_t *payload);

#endif
