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
    uint32_t in_flight;  /* requests unanswered at once; 0 for any number. Each unit is a request then. */
    uint32_t hold;       /* units before staying */
    uint32_t unread_kib; /* octets that it leaves with a program that does not read on: those windows are for */
    bool holds_streams;  /* each unit held is a stream that waits */
    bool ends;           /* the server must end it */
    uint32_t bears;      /* units that it may bear before, those aside for which the ledger refills meanwhile */
    bool bare;           /* no preface and SETTINGS before the first unit */
    bool patient;        /* it waits for the server's first WINDOW_UPDATE of the session */
    bool in_block;       /* its units leave a header block open, where any other frame is the end */
} attack_kind;

/* The honest small requests that all others are measured against come first. */
extern const attack_kind attack_kinds[];
extern const size_t attack_kinds_count;

#endif
