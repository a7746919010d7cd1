/* SPDX-License-Identifier: MIT */
/* The clock that sessions age by, which tests turn forward. */

#include "tls_test.h"

static uint64_t ahead;

uint64_t __real_h2tls_seconds(void);
uint64_t __wrap_h2tls_seconds(void);

uint64_t __wrap_h2tls_seconds(void) {
    return __real_h2tls_seconds() + ahead;
}

void tls_clock_forward(unsigned seconds) {
    ahead += seconds;
}
