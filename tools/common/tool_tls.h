/* SPDX-License-Identifier: MIT */
#ifndef TOOL_TLS_H
#define TOOL_TLS_H

/* The TLS options of a command line, and the context they make. */

#include "h2tls.h"

typedef struct tool_tls {
    h2tls_options options; /* filled from the command line */
    h2tls_context *context;
    h2conn_secure secure;
} tool_tls;

/* Check that the options fit the URL's scheme and make the context an https:// one needs. A server then holds SIGHUP
 * for tool_serve; called before there are threads. Returns TOOL_OK, or another exit status after saying why. */
int tool_tls_open(tool_tls *tls, const char *url, bool server);

/* Read certificate, key and authorities of a server anew, and say what came of it. */
void tool_tls_reload(tool_tls *tls);

/* What to hand to the library: NULL for http://. */
const h2conn_secure *tool_tls_secure(const tool_tls *tls);

void tool_tls_close(tool_tls *tls);

#endif
