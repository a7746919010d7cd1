/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_FORWARD_H
#define H2CAT_FORWARD_H

/*
 * --tcp and --unix: sockets joined to connections. A server dials the target for each request and answers 502 when that
 * fails; a client listens there and opens a stream for each socket it accepts. Ends of halves go through, and so do
 * resets.
 */

#include "h2cat_options.h"

/* Server: join a request to a new socket to o->target. */
void h2cat_forward_request(const h2cat_options *o, h2conn_request *request);

/* Client: listen on o->target, say "listening on tcp://HOST:PORT" or "unix:PATH" on stderr, and forward until SIGINT or
 * SIGTERM. `options` are those of each connection. Returns the exit status. */
int h2cat_forward_listen(const h2cat_options *o, const h2conn_options *options);

#endif
