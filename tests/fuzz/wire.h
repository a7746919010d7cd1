/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_WIRE_H
#define FUZZ_WIRE_H

/* Inputs that are what a peer sends: octets of the wire, after one octet that says in what pieces they arrive. */

#include "h2.h"

/* Give them to the session, transmitting in between, and check it after each piece. `sent` is told each run of octets
 * that the session writes. Returns false when the session failed. */
bool wire_deliver(h2_session *s, const uint8_t *bytes, size_t n, uint8_t pieces,
                  void (*sent)(void *ctx, const uint8_t *bytes, size_t n), void *ctx);

#endif
