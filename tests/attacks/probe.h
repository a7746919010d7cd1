/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_PROBE_H
#define ATTACK_PROBE_H

/* Single attackers that look closely at how they are ended. */

#include <stdint.h>
#include "kinds.h"

#define PROBE_UNKNOWN UINT32_MAX

/* How many units of `kind` a connection to 127.0.0.1:`port` survives: the one after ended it. PROBE_UNKNOWN when more
 * than twice what the kind may bear. `allowed` becomes what it may bear in the time that took, in which ledgers refill.
 */
uint32_t probe_bears(const attack_kind *kind, uint16_t port, double *allowed);

/* One connection after the other, `n` of them, each of which sends one unit, is ended, and goes. */
void probe_ended_at_once(const attack_kind *kind, uint16_t port, unsigned n);

/* In a thread of its own until probe_stop: from the server's GOAWAY until its socket refuses what is sent on, the
 * longest in ms; below 0 when it was not seen. */
typedef struct probe probe;
probe *probe_start(const attack_kind *kind, uint16_t port);
double probe_stop(probe *p);

#endif
