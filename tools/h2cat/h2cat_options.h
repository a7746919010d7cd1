/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_OPTIONS_H
#define H2CAT_OPTIONS_H

#include "h2cat_channel.h"
#include "h2cat_socket.h"
#include "tool_tls.h"

/* What is done with a connection; H2CAT_CONNECT and H2CAT_JOIN: stdin and stdout. H2CAT_FORWARD is of either side. */
typedef enum h2cat_mode { H2CAT_CONNECT, H2CAT_JOIN, H2CAT_ECHO, H2CAT_RESPOND, H2CAT_EXEC, H2CAT_FORWARD } h2cat_mode;

typedef struct h2cat_options {
    h2cat_mode mode;
    const char *url;
    const char *method;   /* -X; NULL for the default */
    const char *argument; /* of --respond and --exec */
    tool_fields fields;   /* -H: of the request, or of a server's responses */
    tool_tls tls;
    int64_t timeout_ms;  /* for connecting and the response */
    int64_t ping_ms;     /* --ping; 0 for none */
    int64_t drain_ms;    /* --drain: what a server's connections have after a signal */
    h2cat_target target; /* --tcp and --unix */
    h2cat_framing framing;
    const char *record; /* a file, or NULL */
    bool listen, verbose, stats, reconnect;
} h2cat_options;

/* Read the command line. Returns -1 to go on, else the exit status: after --help, --version or a complaint. */
int h2cat_options_read(h2cat_options *o, int argc, char **argv);

#endif
