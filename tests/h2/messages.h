/* SPDX-License-Identifier: MIT */
#ifndef MESSAGES_H
#define MESSAGES_H

/* One header section and what it earns: a row of the tables for RFC 9113, 8. */

#include <stdbool.h>
#include <stdint.h>
#include "h2_error.h"

typedef struct message_row {
    const char *label;
    const char *fields; /* as a text of peer.h */
    h2_rule rule;
} message_row;

#endif
