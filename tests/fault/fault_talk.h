/* SPDX-License-Identifier: MIT */
#ifndef FAULT_TALK_H
#define FAULT_TALK_H

/* The conversation that faults strike: a request, bytes and trailers each way, a clean close. */

#include "h2conn_events.h"

/* Longer than a frame, shorter than a window: several of everything. */
#define FAULT_TALK_BYTES 40000u
/* Nothing may take longer; a hang becomes H2CONN_ETIMEDOUT, which no caller expects. */
#define FAULT_PATIENCE_MS 30000

/* What no fault excuses: wrong or too many bytes, a failure without a sentence. Told by value, since an assertion
 * allocates. */
#define FAULT_WRONG 1

/* The client's side, `bytes` long. H2CONN_OK when all of it worked, else the first error, or FAULT_WRONG. */
int fault_ask(const char *url, size_t bytes);

/* The conversations: that one with a blocking handler, with events on one loop and on two, and a WebSocket with a
 * message each way and the closing handshake. */
typedef struct fault_talk {
    const char *name;
    h2conn_handler answer; /* NULL: the echo by events */
    int (*ask)(const char *url, size_t bytes);
    unsigned loops;
    bool websocket;
} fault_talk;
#define FAULT_TALKS 4
extern const fault_talk fault_talks[FAULT_TALKS];

/* A server for one. */
int fault_server_new(h2conn_server **server, const fault_talk *talk);

#endif
