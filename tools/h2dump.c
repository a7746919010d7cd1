/* SPDX-License-Identifier: MIT */
/* h2dump: a captured conversation in HTTP/2 as lines of text or JSON, with what was wrong in it. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "h2dump_input.h"
#include "tool_exit.h"
#include "tool_parse.h"
#include "tool_version.h"

const char tool_name[] = "h2dump";

static const char help[] = "h2dump: what a captured HTTP/2 conversation says, frame by frame\n"
                           "\n"
                           "usage: h2dump [options] [FILE]      FILE or standard input is one of\n"
                           "         a recording by h2cat --record (both directions, inside TLS)\n"
                           "         a pcap or pcapng file of cleartext TCP (tcpdump -w)\n"
                           "         the bytes of one direction, from the first on\n"
                           "\n"
                           "  -j, --json           one JSON object a line\n"
                           "  -d, --data BYTES     show so many octets of each DATA frame\n"
                           "      --from SIDE      plain bytes: sent by 'client' or 'server'\n"
                           "  -h, --help           this text\n"
                           "      --version        the version\n"
                           "\n"
                           "'>' is from the client, '<' from the server, '!' a violation with its RFC and section.\n"
                           "Exit status: 0 clean, 1 usage or a file that cannot be read, 3 violations found.\n";

enum { OPT_FROM = 256, OPT_VERSION };

static const struct option options[] = {
    {"json", no_argument, NULL, 'j'},
    {"data", required_argument, NULL, 'd'},
    {"from", required_argument, NULL, OPT_FROM},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* What has come is shown before more is waited for, as of a capture that goes on. */
static ptrdiff_t read_fd(void *ctx, uint8_t *buf, size_t len) {
    struct pollfd p = {.fd = *(const int *)ctx, .events = POLLIN};
    ssize_t n;
    if (poll(&p, 1, 0) == 0) fflush(stdout);
    do n = read(*(const int *)ctx, buf, len);
    while (n < 0 && errno == EINTR);
    return n;
}

static int dump(const char *file, h2dump_printer *p, int from) {
    int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        tool_say("cannot read %s: %s", file, strerror(errno));
        return TOOL_USAGE;
    }
    h2dump_source source = {.read = read_fd, .ctx = &fd};
    const char *wrong = h2dump_input(&source, p, from);
    if (source.failed) tool_say("cannot read %s: %s", file, strerror(errno));
    if (fd != STDIN_FILENO) close(fd);
    if (wrong) tool_say("%s", wrong);
    if (fflush(p->out) != 0 || ferror(p->out)) {
        tool_say("cannot write stdout: %s", strerror(errno));
        return TOOL_USAGE;
    }
    if (wrong || source.failed) return TOOL_USAGE;
    return p->violations > 0 ? TOOL_HTTP2 : TOOL_OK;
}

static int complain(const char *what, const char *detail) {
    tool_say("%s%s; h2dump --help lists the options", what, detail);
    return TOOL_USAGE;
}

int main(int argc, char **argv) {
    h2dump_printer p = {.out = stdout, .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    int option, from = -1;
    uint64_t count;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":jd:h", options, NULL)) != -1) {
        switch (option) {
        case 'j': p.json = true; break;
        case 'd':
            if (!tool_parse_count(optarg, H2DUMP_PAYLOAD_BYTES, &count))
                return complain("--data is 1 to 16384 octets, not ", optarg);
            p.data = (size_t)count;
            break;
        case OPT_FROM:
            from = strcmp(optarg, "client") == 0 ? H2DUMP_CLIENT : strcmp(optarg, "server") == 0 ? H2DUMP_SERVER : -1;
            if (from < 0) return complain("--from is 'client' or 'server', not ", optarg);
            break;
        case 'h': fputs(help, stdout); return TOOL_OK;
        case OPT_VERSION: puts("h2dump " TOOL_VERSION); return TOOL_OK;
        default: return tool_bad_option(option, argv);
        }
    }
    if (optind == argc && isatty(STDIN_FILENO)) return complain("no FILE given, and standard input is a terminal", "");
    const char *file = optind < argc ? argv[optind++] : "-";
    if (optind < argc) return complain("one file only, not also ", argv[optind]);
    return dump(file, &p, from);
}
