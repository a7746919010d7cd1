/* SPDX-License-Identifier: MIT */
#ifndef SIZE_PORT_H
#define SIZE_PORT_H

/* What a program brings along: the functions that move bytes, and the clock. Here they are empty, so that what is
 * linked is the program and the core. */

#include "h2conn_core.h"

extern const h2conn_transport port_transport;
uint64_t port_clock_ms(void);

#endif
