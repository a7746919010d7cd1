/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_STORM_H
#define ATTACK_STORM_H

/* Attackers of one kind, several connections at once; one that was ended comes again. */

#include <stdbool.h>
#include <stdint.h>
#include "kinds.h"

typedef struct storm_figures {
    uint64_t octets;        /* sent */
    uint64_t requests;      /* answered, of a kind with a limit in flight */
    uint32_t opened, ended; /* connections; those the server ended */
    uint32_t code;          /* of the last GOAWAY, UINT32_MAX for none */
    int64_t median_ms;      /* from connecting to the server's end */
} storm_figures;

/* More are not attacked with at once. */
#define STORM_CONNECTIONS_MAX 64u

/* Attack 127.0.0.1:`port` for `ms` with `connections` at once. */
storm_figures storm_run(const attack_kind *kind, uint16_t port, unsigned connections, int64_t ms);

#endif
