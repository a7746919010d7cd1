/* SPDX-License-Identifier: MIT */
#ifndef SMALL_H
#define SMALL_H

/* What a device with 20 KiB of RAM in all gives to one session of two connections: see the table in README.md. */

#include "h2conn_core.h"

/* H2CONN_CORE_STORAGE's arguments from streams on; the HPACK table for receiving is 256 bytes, or
 * none at all. */
#define SMALL_STREAMS  2
#define SMALL_SIZES    SMALL_STREAMS, 1024, 16, 512, 256, 0, 256, 256, 256
#define SMALL_NO_TABLE SMALL_STREAMS, 1024, 16, 512, 0, 0, 256, 256, 256
/* For peers that ignore what table size they are told: the default one, and an arena that holds it. */
#define SMALL_FULL_TABLE SMALL_STREAMS, 1024, 16, 4096, 4096, 0, 256, 256, 256

#endif
