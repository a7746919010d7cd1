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
    int64_t worst_close_ms; /* from GOAWAY to the end of the socket */
} storm_figures;

/* Attack 127.0.0.1:`port` for `ms` with `connections` at once. `glance` is called every few milliseconds. The
 * connections that stay are still open when `last` is called, once, at the end. */
storm_figures storm_run(const attack_kind *kind, uint16_t port, unsigned connections, int64_t ms,
                        void (*glance)(void *user, bool last), void *user);

#endif
