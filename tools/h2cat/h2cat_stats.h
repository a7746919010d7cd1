/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_STATS_H
#define H2CAT_STATS_H

/* --stats and --ping: what passed so far, and how long a round trip takes. One of each for the process. */

#include <stdbool.h>
#include <stdint.h>
#include "h2conn.h"

/* Octets written to connections and read from them. */
void h2cat_stats_count(uint64_t sent, uint64_t received);

/* Watch `conn` from a thread: with `ping_ms` above 0 measure a round trip so often, and say each on stderr; with
 * `stats` measure them too, show a live line when stderr is a terminal that the talk itself does not use, and a summary
 * at the end. A ping without answer closes the connection. False when there is no thread to be had. */
bool h2cat_stats_start(h2conn *conn, int64_t ping_ms, bool stats);

/* The connection is about to be freed. False when a ping ended it. */
bool h2cat_stats_stop(void);

/* The summary, after all connections. */
void h2cat_stats_summary(void);

#endif
