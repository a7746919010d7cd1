/* SPDX-License-Identifier: MIT */
#ifndef TOOL_SERVE_H
#define TOOL_SERVE_H

/* What the servers among the tools share. */

#include "h2conn_events.h"
#include "tool_parse.h"
#include "tool_tls.h"

/* Prepare the process: SIGPIPE is ignored, descriptors 0 to 2 are open. Called first. */
void tool_process_setup(void);

/* Keep SIGINT and SIGTERM for tool_signal_wait. Called before there are threads. */
void tool_signals_hold(void);

/* How long open connections may go on after the first signal, unless something else is asked for. */
#define TOOL_DRAIN_MS 3000

/* The next SIGINT or SIGTERM. */
int tool_signal_wait(void);

/* End as the signal would have ended the process, so that a shell's loop ends too. */
void tool_signal_end(int signo);

/* Listen on `url`, say "listening on URL" on stderr, and serve. SIGINT or SIGTERM, which tool_signals_hold holds,
 * lets connections go on for `drain_ms`; a second one stops at once. SIGHUP reloads an open `tls`. Returns the exit
 * status; the server is still the caller's. */
int tool_serve(h2conn_server *server, const char *url, tool_tls *tls, int64_t drain_ms);

/* Accept a request with 200 and `fields`, and give back what comes until the client ends its half. HEAD gets no
 * content. */
void tool_echo(h2conn_request *request, const h2conn_field *fields, size_t n);

/* The same by events; `fields` must outlive the server. */
h2conn_events tool_echo_events(tool_fields *fields);

#endif
