/* SPDX-License-Identifier: MIT */
#ifndef TEST_PEER_LOG_H
#define TEST_PEER_LOG_H

/* What a session tells its program, as text: peer.c's memory. */

#include "peer.h"

void peer_log_bytes(peer_text *text, const void *bytes, size_t n);
void peer_log_add(peer_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Handlers that note every event in the peer given as `user`, then call its `react`. */
extern const h2_handlers peer_log_handlers;

/* Note DATA that was waiting for more of it. */
void peer_log_settle(peer *p);

/* Decode a header block to a text of fields. */
bool peer_log_inflate(nghttp2_hd_inflater *inflater, peer_text *fields, const peer_text *block);

#endif
