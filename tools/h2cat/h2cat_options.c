/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "h2cat_options.h"
#include "tool_exit.h"
#include "tool_serve.h"
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
                           "      --reconnect         while --timeout allows, try again when the server is away\n"
                           "      --ping SECONDS      measure a round trip so often; no answer ends it\n"
                           "      --stats             bytes, rates and round trips: live on a terminal, then in sum\n"
                           "Server:\n"
                           "      --listen            serve; with no more, one connection joins stdin and stdout\n"
                           "      --echo              give every connection its bytes back\n"
                           "      --respond FILE      answer every request with 200 and the file's bytes\n"
                           "      --exec CMD          give every connection a process of its own: sh -c CMD\n"
                           "      --drain SECONDS     for connections to end, after SIGTERM or SIGINT (3)\n"
                           "Both:\n"
                           "      --tcp HOST:PORT     a server dials this for each connection; a client listens here\n"
                           "      --unix PATH         and opens a connection for each socket: a tunnel\n"
                           "      --websocket[=KIND]  WebSocket (RFC 8441): 'text', a message a line, or 'binary'\n"
                           "      --record FILE       what passes, inside TLS, for h2dump\n"
                           "  -H, --header 'N: V'     a request field, or a response field of a server; repeatable\n"
                           "      --cacert FILE       authorities to trust; a server then demands client certificates\n"
                           "      --cert FILE         own certificate chain, PEM\n"
                           "      --key FILE          its private key, PEM\n"
                           "  -v, --verbose           frames, response fields and trailers on stderr, '>' sent, '<'\n"
                           "                          received\n"
                           "  -h, --help              this text\n"
                           "      --version           the version\n"
                           "\n"
                           "Exit status: 0 clean, 1 usage or a local file, 2 could not connect or TLS refused,\n"
                           "3 HTTP/2 error, 4 status not 2xx, 5 timed out.\n";

enum {
    OPT_LISTEN = 256,
    OPT_ECHO,
    OPT_RESPOND,
    OPT_EXEC,
    OPT_CACERT,
    OPT_CERT,
    OPT_KEY,
    OPT_TIMEOUT,
    OPT_VERSION,
    OPT_TCP,
    OPT_UNIX,
    OPT_WEBSOCKET,
    OPT_RECORD,
    OPT_PING,
    OPT_STATS,
    OPT_RECONNECT,
    OPT_DRAIN
};

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
    {"tcp", required_argument, NULL, OPT_TCP},
    {"unix", required_argument, NULL, OPT_UNIX},
    {"websocket", optional_argument, NULL, OPT_WEBSOCKET},
    {"record", required_argument, NULL, OPT_RECORD},
    {"ping", required_argument, NULL, OPT_PING},
    {"stats", no_argument, NULL, OPT_STATS},
    {"reconnect", no_argument, NULL, OPT_RECONNECT},
    {"drain", required_argument, NULL, OPT_DRAIN},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int complain(const char *what, const char *detail) {
    tool_say("%s%s; h2cat --help lists the options", what, detail);
    return TOOL_USAGE;
}

static const char exclusive[] = "--echo, --respond, --exec, --tcp and --unix exclude each other";

/* What is done with connections; two answers are a mistake. */
static int set_mode(h2cat_options *o, h2cat_mode mode, const char *argument) {
    if (o->mode != H2CAT_CONNECT) return complain(exclusive, "");
    o->mode = mode;
    o->argument = argument;
    return -1;
}

static int set_target(h2cat_options *o, const char *tcp, const char *path) {
    char why[H2CAT_WHY_BYTES];
    o->target = (h2cat_target){tcp, path};
    if (!h2cat_socket_check(&o->target, why)) return complain(why, "");
    return set_mode(o, H2CAT_FORWARD, NULL);
}

static int set_websocket(h2cat_options *o, const char *kind) {
    o->framing = !kind || strcmp(kind, "text") == 0 ? H2CAT_LINES : H2CAT_BINARY;
    if (o->framing == H2CAT_LINES || strcmp(kind, "binary") == 0) return -1;
    return complain("--websocket is 'text' or 'binary', not ", kind);
}

static int set_seconds(const char *text, int64_t *ms, const char *what) {
    return tool_parse_seconds(text, ms) ? -1 : complain(what, text);
}

/* Options of what is done, -1 to go on; 0 for another option. */
static int take_mode(h2cat_options *o, int option) {
    switch (option) {
    case OPT_ECHO: return set_mode(o, H2CAT_ECHO, NULL);
    case OPT_RESPOND: return set_mode(o, H2CAT_RESPOND, optarg);
    case OPT_EXEC: return set_mode(o, H2CAT_EXEC, optarg);
    case OPT_TCP: return set_target(o, optarg, NULL);
    case OPT_UNIX: return set_target(o, NULL, optarg);
    default: return 0;
    }
}

/* One option. Returns -1 to go on. */
static int take(h2cat_options *o, int option) {
    const int status = take_mode(o, option);
    if (status != 0) return status;
    switch (option) {
    case OPT_LISTEN: o->listen = true; return -1;
    case 'X':
        o->method = optarg;
        return tool_is_token(optarg, strlen(optarg)) ? -1 : complain("a method is a word, not ", optarg);
    case 'H':
        if (tool_field_is_of_connection(optarg)) return complain("HTTP/2 has no such header: ", optarg);
        return tool_fields_add(&o->fields, optarg) ? -1 : complain("a header is 'name: value', not ", optarg);
    case 'k': o->tls.options.insecure = true; return -1;
    case OPT_CACERT: o->tls.options.ca_file = optarg; return -1;
    case OPT_CERT: o->tls.options.cert_file = optarg; return -1;
    case OPT_KEY: o->tls.options.key_file = optarg; return -1;
    case OPT_TIMEOUT: return set_seconds(optarg, &o->timeout_ms, "--timeout is seconds above 0, not ");
    case OPT_PING: return set_seconds(optarg, &o->ping_ms, "--ping is seconds above 0, not ");
    case OPT_DRAIN: return set_seconds(optarg, &o->drain_ms, "--drain is seconds above 0, not ");
    case OPT_WEBSOCKET: return set_websocket(o, optarg);
    case OPT_RECORD: o->record = optarg; return -1;
    case OPT_STATS: o->stats = true; return -1;
    case OPT_RECONNECT: o->reconnect = true; return -1;
    case 'v': o->verbose = true; return -1;
    case 'h': fputs(help, stdout); return TOOL_OK;
    default: puts("h2cat " TOOL_VERSION); return TOOL_OK;
    }
}

static int check_client(h2cat_options *o) {
    if (o->mode != H2CAT_CONNECT && o->mode != H2CAT_FORWARD)
        return complain("--echo, --respond and --exec need --listen", "");
    if (o->mode == H2CAT_FORWARD && (o->ping_ms || o->stats))
        return complain("--ping and --stats are for one connection, not for --tcp or --unix", "");
    if (o->framing != H2CAT_PLAIN && o->method) return complain("a WebSocket has no other method: leave out -X", "");
    if (o->drain_ms) return complain("--drain is for a server: add --listen", "");
    if (!o->timeout_ms) o->timeout_ms = DEFAULT_TIMEOUT_MS;
    return -1;
}

static int check(h2cat_options *o) {
    if (!o->url) return complain("no URL given", "");
    /* A tunnel carries octets. */
    if (o->mode == H2CAT_FORWARD && o->framing == H2CAT_LINES) o->framing = H2CAT_BINARY;
    if (!o->listen) return check_client(o);
    if (o->mode == H2CAT_CONNECT) o->mode = H2CAT_JOIN;
    if (o->method || o->timeout_ms || o->tls.options.insecure || o->ping_ms || o->stats || o->reconnect)
        return complain(
            "--method, --timeout, --insecure, --reconnect, --ping and --stats are for a client, not for --listen", "");
    if (!o->drain_ms) o->drain_ms = TOOL_DRAIN_MS;
    if (o->mode == H2CAT_RESPOND && o->framing != H2CAT_PLAIN)
        return complain("--respond answers requests: leave out --websocket", "");
    return -1;
}

int h2cat_options_read(h2cat_options *o, int argc, char **argv) {
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":X:H:kvh", options, NULL)) != -1) {
        if (option == '?' || option == ':') return tool_bad_option(option, argv);
        int status = take(o, option);
        if (status >= 0) return status;
    }
    if (optind < argc) o->url = argv[optind++];
    if (optind < argc) return complain("one URL only, not also ", argv[optind]);
    return check(o);
}
