/* SPDX-License-Identifier: MIT */
/* The clock that sessions age by: one that nobody sets, and that tests may replace. */

#include <time.h>
#include "tls_internal.h"

uint64_t h2tls_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}
