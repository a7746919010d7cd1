/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "h2cat_options.h"
#include "tool_exit.h"
#include "tool_version.h"

#define DEFAULT_TIMEOUT_MS 30000

static const char help[] = "h2cat: full-duplex connections over HTTP/2, from the command line\n"
                           "\n"
                           "usage: h2cat [options] URL             join stdin and stdout to a connection\n"
                           "       h2cat --listen [options] URL    serve; port 0 takes a free one\n"
                           "\n"
                           "URL is http://host[:port][/path] (cleartext, prior knowledge) or https:// (TLS).\n"
                           "\n"
                           "Client:\n"
                           "  -X, --method METHOD     request method (POST)\n"
                           "      --timeout SECONDS   for connecting and the response, together (30)\n"
                           "  -k, --insecure          accept any server certificate: for tests only\n"
                           "Server, one of these; without, the first connection is joined to stdin and stdout:\n"
                           "      --echo              give every connection its bytes back\n"
                           "      --respond FILE      answer every request with 200 and the file's bytes\n"
                           "      --exec CMD          give every connection a process of its own: sh -c CMD\n"
                           "Both:\n"
                           "  -H, --header 'N: V'     a request field, or a response field of a server; repeatable\n"
                           "      --cacert FILE       authorities to trust; a server then demands client certificates\n"
                           "      --cert FILE         own certificate chain, PEM\n"
                           "      --key FILE          its private key, PEM\n"
                           "  -v, --verbose           one line per frame on stderr, '>' sent and '<' received\n"
                           "  -h, --help              this text\n"
                           "      --version           the version\n"
                           "\n"
                           "Exit status: 0 clean, 1 usage or a local file, 2 could not connect or TLS refused,\n"
                           "3 HTTP/2 error, 4 status not 2xx, 5 timed out.\n";

enum { OPT_LISTEN = 256, OPT_ECHO, OPT_RESPOND, OPT_EXEC, OPT_CACERT, OPT_CERT, OPT_KEY, OPT_TIMEOUT, OPT_VERSION };

static const struct option options[] = {
    {"listen", no_argument, NULL, OPT_LISTEN},
    {"echo", no_argument, NULL, OPT_ECHO},
    {"respond", required_argument, NULL, OPT_RESPOND},
    {"exec", required_argument, NULL, OPT_EXEC},
    {"method", required_argument, NULL, 'X'},
    {"header", required_argument, NULL, 'H'},
    {"insecure", no_argument, NULL, 'k'},
    {"cacert", required_argument, NULL, OPT_CACERT},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int complain(const char *what, const char *detail) {
    tool_say("%s%s; h2cat --help lists the options", what, detail);
    return TOOL_USAGE;
}

/* Whether the connection is served and how; two answers are a mistake. */
static bool set_mode(h2cat_options *o, h2cat_mode mode, const char *argument) {
    if (o->mode != H2CAT_CONNECT) return false;
    o->mode = mode;
    o->argument = argument;
    return true;
}

/* One option. Returns -1 to go on. */
static int take(h2cat_options *o, int option, bool *listen) {
    switch (option) {
    case OPT_LISTEN: *listen = true; return -1;
    case OPT_ECHO:
        return set_mode(o, H2CAT_ECHO, NULL) ? -1 : complain("--echo, --respond and --exec exclude each other", "");
    case OPT_RESPOND:
        return set_mode(o, H2CAT_RESPOND, optarg) ? -1
                                                  : complain("--echo, --respond and --exec exclude each other", "");
    case OPT_EXEC:
        return set_mode(o, H2CAT_EXEC, optarg) ? -1 : complain("--echo, --respond and --exec exclude each other", "");
    case 'X':
        o->method = optarg;
        return tool_is_token(optarg, strlen(optarg)) ? -1 : complain("a method is a word, not ", optarg);
    case 'H': return tool_fields_add(&o->fields, optarg) ? -1 : complain("a header is 'name: value', not ", optarg);
    case 'k': o->tls.options.insecure = true; return -1;
    case OPT_CACERT: o->tls.options.ca_file = optarg; return -1;
    case OPT_CERT: o->tls.options.cert_file = optarg; return -1;
    case OPT_KEY: o->tls.options.key_file = optarg; return -1;
    case OPT_TIMEOUT:
        return tool_parse_seconds(optarg, &o->timeout_ms) ? -1 : complain("--timeout is seconds above 0, not ", optarg);
    case 'v': o->verbose = true; return -1;
    case 'h': fputs(help, stdout); return TOOL_OK;
    case OPT_VERSION: puts("h2cat " TOOL_VERSION); return TOOL_OK;
    }
    return -1;
}

static int check(h2cat_options *o, bool listen) {
    if (!o->url) return complain("no URL given", "");
    if (!listen && o->mode != H2CAT_CONNECT) return complain("--echo, --respond and --exec need --listen", "");
    if (!listen && !o->timeout_ms) o->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (!listen) return -1;
    if (o->mode == H2CAT_CONNECT) o->mode = H2CAT_JOIN;
    if (o->method || o->timeout_ms || o->tls.options.insecure)
        return complain("--method, --timeout and --insecure are for a client, not for --listen", "");
    return -1;
}

int h2cat_options_read(h2cat_options *o, int argc, char **argv) {
    bool listen = false;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":X:H:kvh", options, NULL)) != -1) {
        if (option == '?' || option == ':') return tool_bad_option(option, argv);
        int status = take(o, option, &listen);
        if (status >= 0) return status;
    }
    if (optind < argc) o->url = argv[optind++];
    if (optind < argc) return complain("one URL only, not also ", argv[optind]);
    return check(o, listen);
}
