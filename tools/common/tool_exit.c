/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tool_exit.h"

void tool_say(const char *format, ...) {
    char line[1024];
    int n = snprintf(line, sizeof line - 1, "%s: ", tool_name);
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - 1 - (size_t)n, format, args);
    va_end(args);
    size_t len = strlen(line);
    line[len] = '\n';
    fwrite(line, 1, len + 1, stderr);
}

int tool_exit_status(int error) {
    switch (error) {
    case H2CONN_OK: return TOOL_OK;
    case H2CONN_EINVAL:
    case H2CONN_EURL:
    case H2CONN_ENOMEM: return TOOL_USAGE;
    case H2CONN_ERESOLVE:
    case H2CONN_ECONNECT:
    case H2CONN_ELISTEN:
    case H2CONN_ETLS: return TOOL_CONNECT;
    case H2CONN_ETIMEDOUT: return TOOL_TIMEOUT;
    default: return TOOL_HTTP2;
    }
}

int tool_fail(int error, const char *what, const char *why) {
    tool_say("%s: %s", what, why && *why ? why : h2conn_strerror(error));
    return tool_exit_status(error);
}

int tool_bad_option(int answer, char *const *argv) {
    const char letter[] = {'-', (char)optopt, '\0'};
    /* optopt is the letter of a short option, 0 for an unknown long one, and a number above all letters for a known
     * one. */
    const char *given = optopt > 0 && optopt < 128 ? letter : argv[optind - 1];
    tool_say("%s %s; %s --help lists the options", answer == ':' ? "a value is missing after" : "there is no option",
             given, tool_name);
    return TOOL_USAGE;
}
