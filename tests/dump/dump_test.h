/* SPDX-License-Identifier: MIT */
#ifndef DUMP_TEST_H
#define DUMP_TEST_H

/* Conversations as text, and what the observer made of them. */

#include <check.h>
#include "h2dump_decode.h"

/*
 * A line a frame: '>' or '<', type, flags, stream, then the payload, all in hexadecimal, spaces between octets as they
 * please. ">P" is the preface. ">!" followed by octets is sent as it is.
 */
#define DUMP_BEGIN ">P\n> 4 0 0\n< 4 0 0\n> 4 1 0\n< 4 1 0\n"
#define DUMP_GET   "> 1 5 1 82 84 86 410161\n"
#define DUMP_POST  "> 1 4 1 83 84 86 410161\n"
#define DUMP_OK    "< 1 4 1 88\n"

typedef struct dump_result {
    size_t frames, sections, lost, n_breaches;
    h2dump_breach breach; /* the first, and where */
    h2dump_side side;
    uint8_t type;
    char fields[4096]; /* "name: value" lines of all sections */
    const char *note;  /* the last */
} dump_result;

/* Observe a conversation in pieces of up to `piece` octets of one frame. */
void dump_talk(dump_result *result, const char *talk, bool both, size_t piece);

/* Octets of a conversation of one side; returns how many. */
size_t dump_bytes(const char *talk, uint8_t *out, size_t cap);

Suite *dump_violations(void);
Suite *dump_following(void);
Suite *dump_captures(void);

#endif
