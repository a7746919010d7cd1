/* SPDX-License-Identifier: MIT */
#ifndef H2BENCH_CONNECT_H
#define H2BENCH_CONNECT_H

/* What it costs to connect: one connection after the other, each of its own. */

#include <stdint.h>
#include <sys/types.h>
#include "h2conn.h"

/* Connect `count` times and print what each cost here and in the process `server`, 0 for none, and how many resumed a
 * TLS session. Returns the exit status. */
int connect_run(const char *url, uint64_t count, pid_t server, const h2conn_secure *secure);

#endif
