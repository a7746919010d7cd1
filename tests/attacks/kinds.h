/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_KINDS_H
#define ATTACK_KINDS_H

/* What attackers send: octets of their own making, one unit at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that any unit needs. */
#define ATTACK_UNIT_BYTES 20000u

typedef enum attack_manner {
    ATTACK_FLOOD, /* send units as fast as the socket takes them, read every answer */
    ATTACK_DEAF,  /* the same, and read nothing */
    ATTACK_HOLD   /* send the units of `hold`, then stay */
} attack_manner;

typedef struct attack_kind {
    const char *name;
    /* Write unit `i` of a connection, counted from 0. Returns its octets. */
    size_t (*unit)(uint8_t *out, uint32_t i);
    attack_manner manner;
    uint32_t in_flight; /* requests unanswered at once; 0 for any number. Each unit is a request then. */
    uint32_t hold;      /* units before staying, and the streams that then wait */
    bool bare;          /* no preface and SETTINGS before the first unit */
    bool ends;          /* the server must end it */
} attack_kind;

/* The honest small requests that all others are measured against come first. */
extern const attack_kind attack_kinds[];
extern const size_t attack_kinds_count;

#endif
