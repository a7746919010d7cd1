/* SPDX-License-Identifier: MIT */
#ifndef FAULT_TALK_H
#define FAULT_TALK_H

/* The conversation that faults strike: a request, bytes and trailers each way, a clean close. */

#include "h2conn_events.h"

/* Longer than a frame, shorter than a window: several of everything. */
#define FAULT_TALK_BYTES 40000u
/* Nothing may take longer; a hang becomes H2CONN_ETIMEDOUT, which no caller expects. */
#define FAULT_PATIENCE_MS 30000

/* The server's side: by a blocking handler, by events on one loop, on two. */
enum { FAULT_STYLES = 3 };
h2conn_server_options fault_server(int style);

/* What no fault excuses: wrong or too many bytes, a failure without a sentence. Told by value, since an assertion
 * allocates. */
#define FAULT_WRONG 1

/* The client's side, `bytes` long. H2CONN_OK when all of it worked, else the first error, or FAULT_WRONG. */
int fault_ask(const char *url, size_t bytes);

#endif
