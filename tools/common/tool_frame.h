/* SPDX-License-Identifier: MIT */
#ifndef TOOL_FRAME_H
#define TOOL_FRAME_H

/* A frame as one line of text, as -v shows it: "> HEADERS stream=1 flags=END_HEADERS length=38". */

#include "h2conn.h"

/* Bytes that hold any line; a longer one is cut. */
#define TOOL_FRAME_LINE_BYTES 512

/* Write the line without a newline. '>' is sent, '<' received. `n` octets of the payload are at hand. */
void tool_frame_line(char out[TOOL_FRAME_LINE_BYTES], bool sent, const h2_frame_header *header, const uint8_t *payload,
                     size_t n);

/* An h2conn_trace that prints to stderr; with `user` not NULL each line begins with the peer's address. */
void tool_trace(void *user, const char *peer, bool sent, const h2_frame_header *header, const uint8_t *payload,
                size_t n);

#endif
