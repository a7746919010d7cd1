/* SPDX-License-Identifier: MIT */
#ifndef PEER_H
#define PEER_H

/* The decoder of libnghttp2, to compare ours with. */

#include <nghttp2/nghttp2.h>

#include "hpack_test.h"

/* Decode one whole block; the log then holds its fields. Returns 0, or libnghttp2's error. */
int peer_block(nghttp2_hd_inflater *inflater, const uint8_t *block, size_t len, field_log *log);

#endif
