/* SPDX-License-Identifier: MIT */
/* h2bench: how fast a connection moves bytes, comparing every byte that comes back with the one that was sent. */
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2bench_connect.h"
#include "h2bench_fleet.h"
#include "h2bench_pattern.h"
#include "tool_exit.h"
#include "tool_parse.h"
#include "tool_serve.h"
#include "tool_tls.h"
#include "tool_version.h"

const char tool_name[] = "h2bench";

static const char help[] =
    "h2bench: how fast a connection over HTTP/2 moves bytes\n"
    "\n"
    "usage: h2bench [options] server URL             echo every connection; port 0 takes a free one\n"
    "       h2bench [options] bulk URL BYTES         write BYTES and read them back at the same time\n"
    "       h2bench [options] ping URL COUNT SIZE    COUNT times write SIZE bytes and wait for them\n"
    "       h2bench [options] connect URL COUNT      COUNT connections, one after the other: what each costs\n"
    "       h2bench [options] fleet URL SESSIONS STREAMS SECONDS\n"
    "           SESSIONS times STREAMS connections at once, idle and then each echoing for SECONDS\n"
    "\n"
    "Numbers may end in K, M or G (powers of 1,024); MB are 1,000,000 bytes.\n"
    "\n"
    "  -k, --insecure       accept any server certificate: for tests only\n"
    "      --cacert FILE    authorities to trust; a server then demands client certificates\n"
    "      --cert FILE      own certificate chain, PEM\n"
    "      --key FILE       its private key, PEM\n"
    "      --events         server: by callbacks on a loop instead of a thread for each connection\n"
    "      --loops N        server: this many loops, each with a thread and a listening socket; 1 by default\n"
    "      --no-resume      every TLS handshake is a full one\n"
    "      --pid PID        fleet, connect: the server's process, whose memory or CPU time is measured\n"
    "      --self           fleet: start a server for it and measure that; no URL then\n"
    "      --idle           fleet: open the streams, await no answer and do not echo: for any server\n"
    "      --size BYTES     fleet: of a message; default 64\n"
    "  -h, --help           this text\n"
    "      --version        the version\n"
    "\n"
    "Exit status: 0 clean and every byte compared, 1 usage, 2 could not connect or TLS refused,\n"
    "3 HTTP/2 error, 4 status not 2xx, 5 timed out, 6 a byte differs or is missing.\n";

enum {
    OPT_CACERT = 256,
    OPT_CERT,
    OPT_KEY,
    OPT_EVENTS,
    OPT_LOOPS,
    OPT_NO_RESUME,
    OPT_PID,
    OPT_SELF,
    OPT_IDLE,
    OPT_SIZE,
    OPT_VERSION
};

#define LOOPS_LIMIT 256u

#define SIZE_LIMIT ((uint64_t)1 << 50)
/* Of one fleet. */
#define SESSIONS_LIMIT 1000000u
#define STREAMS_LIMIT  60000u
#define SECONDS_LIMIT  86400u
#define PID_LIMIT      0x7fffffffu
/* Of a fleet's message. */
#define MESSAGE_BYTES 64u

static double seconds_since(int64_t start) {
    int64_t ms = h2conn_now() - start;
    return ms > 0 ? (double)ms / 1000 : 0.001;
}

static int complain(const char *what, const char *detail) {
    tool_say("%s%s; h2bench --help lists the usage", what, detail);
    return TOOL_USAGE;
}

/* Read `len` bytes that continue the pattern at `offset`. */
static int read_back(h2conn *conn, uint8_t *buf, uint64_t offset, uint64_t len) {
    char why[H2CONN_WHY_BYTES];
    for (uint64_t done = 0; done < len;) {
        uint64_t left = len - done;
        ptrdiff_t n = h2conn_read(conn, buf, left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES);
        if (n < 0) return tool_fail((int)n, "cannot read", h2conn_why(conn, why));
        if (n == 0 || memcmp(buf, bench_pattern + (offset + done) % PATTERN_BYTES, (size_t)n) != 0) {
            tool_say(n ? "a byte differs within %td bytes after byte %llu" : "%td bytes came back after byte %llu", n,
                     (unsigned long long)(offset + done));
            return BENCH_DIFFERS;
        }
        done += (uint64_t)n;
    }
    return TOOL_OK;
}

typedef struct upload {
    h2conn *conn;
    uint64_t len;
    int error;
} upload;

static void *upload_run(void *user) {
    upload *u = user;
    for (uint64_t done = 0; done < u->len && u->error == H2CONN_OK;) {
        uint64_t left = u->len - done;
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        u->error = h2conn_write(u->conn, bench_pattern + done % PATTERN_BYTES, n, NULL);
        done += n;
    }
    if (u->error == H2CONN_OK) u->error = h2conn_close_write(u->conn);
    return NULL;
}

static int bulk(h2conn *conn, uint8_t *buf, uint64_t bytes) {
    char why[H2CONN_WHY_BYTES];
    upload u = {.conn = conn, .len = bytes};
    pthread_t thread;
    int64_t start = h2conn_now();
    if (pthread_create(&thread, NULL, upload_run, &u) != 0) {
        tool_say("cannot start a thread");
        return TOOL_USAGE;
    }
    int status = read_back(conn, buf, 0, bytes);
    double seconds = seconds_since(start);
    if (status != TOOL_OK) h2conn_close(conn);
    pthread_join(thread, NULL);
    if (status != TOOL_OK) return status;
    if (u.error) return tool_fail(u.error, "cannot write", h2conn_why(conn, why));
    if (h2conn_read(conn, buf, 1) != 0) {
        tool_say("more came back than was sent");
        return BENCH_DIFFERS;
    }
    printf("bulk %llu bytes %.3f s %.1f MB/s each way\n", (unsigned long long)bytes, seconds,
           (double)bytes / 1e6 / seconds);
    return TOOL_OK;
}

static int ping(h2conn *conn, uint8_t *buf, uint64_t count, uint64_t size) {
    char why[H2CONN_WHY_BYTES];
    int64_t start = h2conn_now();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset = i * size % PATTERN_BYTES;
        int error = h2conn_write(conn, bench_pattern + offset, (size_t)size, NULL);
        if (error) return tool_fail(error, "cannot write", h2conn_why(conn, why));
        int status = read_back(conn, buf, offset, size);
        if (status != TOOL_OK) return status;
    }
    double seconds = seconds_since(start);
    printf("ping %llu x %llu B %.3f s %.0f round trips/s\n", (unsigned long long)count, (unsigned long long)size,
           seconds, (double)count / seconds);
    return TOOL_OK;
}

/* Connect and measure: `count` round trips of `size` bytes, or with `count` 0 `size` bytes in bulk. */
static int measure(tool_tls *tls, const char *url, uint64_t count, uint64_t size) {
    static uint8_t buf[CHUNK_BYTES];
    h2conn_options options = {.secure = tool_tls_secure(tls)};
    h2conn_response response;
    h2conn *conn;
    bench_pattern_fill();
    int error = h2conn_connect(&conn, url, &options, &response);
    if (error) return tool_fail(error, url, response.why);
    int status;
    if (response.status < 200 || response.status > 299) {
        tool_say("%s answered with status %d", url, response.status);
        status = TOOL_STATUS;
    } else {
        status = count ? ping(conn, buf, count, size) : bulk(conn, buf, size);
    }
    h2conn_free(conn);
    return status;
}

static void echo(void *user, h2conn_request *request) {
    (void)user;
    tool_echo(request, NULL, 0);
}

/* How `server` serves. */
typedef struct serving {
    bool events;
    uint64_t loops;
} serving;

static int serve(tool_tls *tls, const char *url, const serving *how) {
    tool_fields none = {.n = 0};
    const h2conn_events events = tool_echo_events(&none);
    h2conn_server_options options = {.secure = tool_tls_secure(tls), .loops = (unsigned)how->loops};
    h2conn_server *server;
    if (how->events)
        options.events = &events;
    else
        options.handler = echo;
    tool_signals_hold();
    int error = h2conn_server_new(&server, &options);
    if (error) return tool_fail(error, "cannot make a server", NULL);
    int status = tool_serve(server, url, tls);
    h2conn_server_free(server);
    return status;
}

/* [URL] SESSIONS STREAMS SECONDS; the URL is missing with --self. */
static int fleet_from(tool_tls *tls, fleet_options *o, int argc, char **argv) {
    uint64_t sessions, streams, seconds;
    const int first = o->self ? 0 : 1;
    if (argc != first + 3) return complain("fleet takes URL SESSIONS STREAMS SECONDS, and no URL with --self", "");
    if (!tool_parse_count(argv[first], SESSIONS_LIMIT, &sessions) ||
        !tool_parse_count(argv[first + 1], STREAMS_LIMIT, &streams) ||
        !tool_parse_count(argv[first + 2], SECONDS_LIMIT, &seconds))
        return complain("SESSIONS, STREAMS and SECONDS are numbers above 0: at most 1000000, 60000 and 86400", "");
    o->url = o->self ? "http://127.0.0.1" : argv[0];
    o->sessions = (unsigned)sessions;
    o->streams = (unsigned)streams;
    o->seconds = (unsigned)seconds;
    int status = tool_tls_open(tls, o->url, false);
    if (status != TOOL_OK) return status;
    o->secure = tool_tls_secure(tls);
    status = fleet_run(o);
    tool_tls_close(tls);
    return status;
}

/* What the command line asks for besides its arguments. */
typedef struct bench_options {
    tool_tls tls;
    serving serving;
    fleet_options fleet;
} bench_options;

static int run(bench_options *o, int argc, char **argv) {
    tool_tls *tls = &o->tls;
    uint64_t count = 0, size = 0;
    bool server = argc == 2 && strcmp(argv[0], "server") == 0, connects = argc == 3 && strcmp(argv[0], "connect") == 0;
    if (argc > 0 && strcmp(argv[0], "fleet") == 0) return fleet_from(tls, &o->fleet, argc - 1, argv + 1);
    if (argc == 3 && strcmp(argv[0], "bulk") == 0) {
        if (!tool_parse_count(argv[2], SIZE_LIMIT, &size)) return complain("BYTES is a number above 0, not ", argv[2]);
    } else if (argc == 4 && strcmp(argv[0], "ping") == 0) {
        if (!tool_parse_count(argv[2], SIZE_LIMIT, &count)) return complain("COUNT is a number above 0, not ", argv[2]);
        if (!tool_parse_count(argv[3], CHUNK_BYTES, &size)) return complain("SIZE is 1 to 64K, not ", argv[3]);
    } else if (connects) {
        if (!tool_parse_count(argv[2], SIZE_LIMIT, &count)) return complain("COUNT is a number above 0, not ", argv[2]);
    } else if (!server) {
        return complain(
            "what is to be done is one of server, bulk, ping, connect and fleet, each with its own arguments", "");
    }
    int status = tool_tls_open(tls, argv[1], server);
    if (status != TOOL_OK) return status;
    if (connects)
        status = connect_run(argv[1], count, o->fleet.pid, tool_tls_secure(tls));
    else
        status = server ? serve(tls, argv[1], &o->serving) : measure(tls, argv[1], count, size);
    tool_tls_close(tls);
    return status;
}

/* An option with a number. Returns TOOL_OK, or TOOL_USAGE after complaining. */
static int take_number(bench_options *o, int option) {
    uint64_t n = 0;
    if (option == OPT_LOOPS) {
        if (!tool_parse_count(optarg, LOOPS_LIMIT, &n)) return complain("--loops takes 1 to 256, not ", optarg);
        o->serving.loops = n;
    } else if (option == OPT_PID) {
        if (!tool_parse_count(optarg, PID_LIMIT, &n)) return complain("--pid takes a number, not ", optarg);
        o->fleet.pid = (pid_t)n;
    } else {
        if (!tool_parse_count(optarg, CHUNK_BYTES, &n)) return complain("--size takes 1 to 64K, not ", optarg);
        o->fleet.size = (unsigned)n;
    }
    return TOOL_OK;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"insecure", no_argument, NULL, 'k'},
                                            {"cacert", required_argument, NULL, OPT_CACERT},
                                            {"cert", required_argument, NULL, OPT_CERT},
                                            {"key", required_argument, NULL, OPT_KEY},
                                            {"events", no_argument, NULL, OPT_EVENTS},
                                            {"loops", required_argument, NULL, OPT_LOOPS},
                                            {"no-resume", no_argument, NULL, OPT_NO_RESUME},
                                            {"pid", required_argument, NULL, OPT_PID},
                                            {"self", no_argument, NULL, OPT_SELF},
                                            {"idle", no_argument, NULL, OPT_IDLE},
                                            {"size", required_argument, NULL, OPT_SIZE},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, OPT_VERSION},
                                            {NULL, 0, NULL, 0}};
    bench_options o = {.fleet = {.size = MESSAGE_BYTES}};
    int option;
    tool_process_setup();
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":kh", options, NULL)) != -1) {
        switch (option) {
        case 'k': o.tls.options.insecure = true; break;
        case OPT_CACERT: o.tls.options.ca_file = optarg; break;
        case OPT_CERT: o.tls.options.cert_file = optarg; break;
        case OPT_KEY: o.tls.options.key_file = optarg; break;
        case OPT_NO_RESUME: o.tls.options.no_resume = true; break;
        case OPT_EVENTS: o.serving.events = true; break;
        case OPT_SELF: o.fleet.self = true; break;
        case OPT_IDLE: o.fleet.idle = true; break;
        case OPT_LOOPS:
        case OPT_PID:
        case OPT_SIZE:
            if (take_number(&o, option) != TOOL_OK) return TOOL_USAGE;
            break;
        case 'h': fputs(help, stdout); return TOOL_OK;
        case OPT_VERSION: puts("h2bench " TOOL_VERSION); return TOOL_OK;
        default: return tool_bad_option(option, argv);
        }
    }
    return run(&o, argc - optind, argv + optind);
}
