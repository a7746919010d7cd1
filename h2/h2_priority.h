/* SPDX-License-Identifier: MIT */
#ifndef H2_PRIORITY_H
#define H2_PRIORITY_H

/* The priority signal of RFC 9218, 4: the value of the `priority` field and of PRIORITY_UPDATE. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct h2_urgency {
    uint8_t urgency; /* 0 to 7, least first */
    bool incremental;
} h2_urgency;

/* Bytes that h2_urgency_write may need. */
#define H2_URGENCY_BYTES 8u

/* Read a value, a dictionary (RFC 8941, 3.2). What is absent takes the defaults of RFC 9218 (u=3, i=?0); what is
 * unknown, out of range or of a wrong type counts as absent. False, `out` unchanged, when it is no dictionary. */
bool h2_urgency_read(h2_urgency *out, const char *value, size_t len);

/* Write the value that says all of it. Returns the octets. */
size_t h2_urgency_write(char out[H2_URGENCY_BYTES], h2_urgency priority);

#endif
