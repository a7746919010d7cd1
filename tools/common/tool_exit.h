/* SPDX-License-Identifier: MIT */
#ifndef TOOL_EXIT_H
#define TOOL_EXIT_H

/* Exit statuses the tools share, and the one way they complain. */

#include "h2conn.h"

enum {
    TOOL_OK = 0,
    TOOL_USAGE = 1,   /* a wrong option or URL, or a local file, stdin or stdout that failed */
    TOOL_CONNECT = 2, /* could not connect or listen, or TLS was refused */
    TOOL_HTTP2 = 3,   /* reset, lost, or a rule of HTTP/2 broken */
    TOOL_STATUS = 4,  /* the response's status was not 2xx */
    TOOL_TIMEOUT = 5
};

/* "h2cat"; each tool defines its own. */
extern const char tool_name[];

/* Print "NAME: sentence" and a newline to stderr, in one write. */
__attribute__((format(printf, 1, 2))) void tool_say(const char *format, ...);

/* The exit status for a code of h2conn_error. */
int tool_exit_status(int error);

/* Say "WHAT: WHY" for a failed call of the library; `why` may be empty, then the error's own text is used. Returns the
 * exit status. */
int tool_fail(int error, const char *what, const char *why);

/* Complain about what getopt_long answered with '?' or ':'. Returns TOOL_USAGE. */
int tool_bad_option(int answer, char *const *argv);

#endif
