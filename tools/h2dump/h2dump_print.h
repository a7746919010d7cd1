/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_PRINT_H
#define H2DUMP_PRINT_H

/* Events as lines: text for people, or one JSON object a line. What a peer sent reaches the output escaped. */

#include <stdio.h>
#include "h2dump_decode.h"

typedef struct h2dump_printer {
    FILE *out;
    bool json, colour;
    bool numbered; /* there may be more than one connection: lines begin with its number */
    size_t data;   /* octets of DATA to show */
    uint64_t violations;
} h2dump_printer;

/* A connection begins; the names may be empty. */
void h2dump_print_connection(h2dump_printer *p, uint32_t number, const char *client, const char *server);
void h2dump_print_event(h2dump_printer *p, uint32_t number, const h2dump_event *event);
/* Something about the capture itself. */
void h2dump_print_note(h2dump_printer *p, const char *note);

#endif
