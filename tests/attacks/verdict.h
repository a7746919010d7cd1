/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_VERDICT_H
#define ATTACK_VERDICT_H

/* What an attack came to, and whether that is within the bounds. */

#include "good.h"
#include "kinds.h"
#include "storm.h"

/* Numbers that were not measured, or mean nothing for the kind, are NAN. */
typedef struct outcome {
    const attack_kind *kind;
    storm_figures storm;
    bool alive;                /* the server */
    good_figures alone, good;  /* before the attack, and beside it */
    double ms_per_mib, honest; /* CPU of the server for what attackers send, and for honest small requests */
    double us_per_end;         /* CPU for a connection ended at its first unit */
    double kib_per_conn, kib_kept, kib_per_stream;
    double shut_ms; /* from GOAWAY until the socket is closed */
    double bears, allowed;
} outcome;

/* The headings, and a line of figures. */
void verdict_headings(void);
void verdict_print(const outcome *o);

/* How many bounds are broken; `say` for a sentence on each. */
unsigned verdict_broken(const outcome *o, bool say);

#endif
