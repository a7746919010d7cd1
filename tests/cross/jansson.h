/* SPDX-License-Identifier: MIT */
#ifndef CROSS_JANSSON_H
#define CROSS_JANSSON_H

/* vectors.h names the type; nothing that runs here reads a vector. */

typedef struct json_t json_t;

#endif
