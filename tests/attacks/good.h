/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_GOOD_H
#define ATTACK_GOOD_H

/* A client that behaves, on a connection of its own beside the attack: a request, some bytes, their echo, the end; two
 * milliseconds later the next. */

#include <stdbool.h>
#include <stdint.h>

typedef struct good_figures {
    uint32_t done, failed;
    int64_t p50_us, p99_us, worst_us;
} good_figures;

typedef struct good_client good_client;

/* NULL when there is no memory or thread. */
good_client *good_start(const char *url);
/* Take the figures since the last time. */
good_figures good_take(good_client *g);
void good_stop(good_client *g);

#endif
