/* SPDX-License-Identifier: MIT */
/*
 * Attack a server that is running, with a client that behaves beside it, and print what that cost each of them.
 * usage: attacks [-t SECONDS] [-c CONNECTIONS] [-k PART-OF-A-NAME] SERVER ARGUMENT...
 * The server echoes, and says "listening on http://HOST:PORT" on stderr.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "good.h"
#include "h2_error.h"
#include "h2conn.h"
#include "process.h"
#include "storm.h"

#define REST_MS 1500

typedef struct watch {
    const process *server;
    long rss_before, rss_most;
} watch;

static void glance(void *user, bool last) {
    watch *w = user;
    long rss = process_rss(w->server);
    (void)last;
    if (rss > w->rss_most) w->rss_most = rss;
}

static void rest(int64_t ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* CPU microseconds a second that the good client alone costs. */
static double idle_cost(const process *server) {
    int64_t cpu = process_cpu(server), at = h2conn_now();
    rest(REST_MS);
    return (double)(process_cpu(server) - cpu) * 1000 / (double)(h2conn_now() - at);
}

static const char *ending(const attack_kind *kind, const storm_figures *f) {
    if (f->ended == 0) return kind->ends ? "LIVES" : "-";
    return f->code == UINT32_MAX ? "closed" : h2_code_name(f->code);
}

/* Attack once; 0 when all held that can be judged without a clock. */
static int attack(const attack_kind *kind, const process *server, good_client *good, unsigned connections, int64_t ms,
                  double idle, double *honest) {
    watch w = {server, process_rss(server), 0};
    int64_t cpu = process_cpu(server), start = h2conn_now();
    good_take(good);
    storm_figures f = storm_run(kind, server->port, connections, ms, glance, &w);
    double used = (double)(process_cpu(server) - cpu) - idle * (double)(h2conn_now() - start) / 1000;
    good_figures g = good_take(good);
    double mib = (double)f.octets / 1048576, per_mib = mib > 0 ? used / 1000 / mib : 0;
    rest(REST_MS);
    if (*honest == 0) *honest = per_mib;
    uint32_t peak = f.opened < connections ? f.opened : connections;
    printf("%-30s %7u %7u %-17.17s %6lld %6lld %9.1f %8.1f %6.0f%% %8.0f %8.0f %8ld %6u %4u %7.1f %7.1f\n", kind->name,
           f.opened, f.ended, ending(kind, &f), (long long)f.median_ms, (long long)f.worst_close_ms, mib, per_mib,
           100 * per_mib / *honest, f.opened ? used / f.opened : 0,
           (double)(w.rss_most - w.rss_before) / (peak ? peak : 1), process_rss(server) - w.rss_before, g.done,
           g.failed, (double)g.p99_us / 1000, (double)g.worst_us / 1000);
    fflush(stdout);
    bool bad = !process_alive(server) || g.failed > 0 || g.done == 0 || (kind->ends && f.ended == 0);
    if (bad)
        printf("FAILED %s: the server %s, the good client %s\n", kind->name,
               !process_alive(server)       ? "is gone"
               : kind->ends && f.ended == 0 ? "bears it"
                                            : "lives",
               g.failed || !g.done ? "suffered" : "is well");
    return bad;
}

static const char usage[] = "usage: attacks [-t SECONDS] [-c CONNECTIONS] [-k PART-OF-A-NAME] SERVER ARGUMENT...\n";

int main(int argc, char **argv) {
    double seconds = 2, honest = 0;
    unsigned connections = 8;
    const char *part = "";
    int option, bad = 0;
    while ((option = getopt(argc, argv, "+t:c:k:")) != -1) {
        switch (option) {
        case 't': seconds = atof(optarg); break;
        case 'c': connections = (unsigned)atoi(optarg); break;
        case 'k': part = optarg; break;
        default: fputs(usage, stderr); return 1;
        }
    }
    if (optind == argc || seconds <= 0 || connections == 0) {
        fputs(usage, stderr);
        return 1;
    }
    process server;
    if (!process_start(&server, argv + optind)) return 1;
    good_client *good = good_start(server.url);
    if (!good) return 1;
    rest(REST_MS);
    double idle = idle_cost(&server);
    if (nice(10) == -1) return 1; /* this thread: attackers have machines of their own */
    printf("%u attackers at once, %.1f s each; the good client alone costs %.1f ms CPU a second\n", connections,
           seconds, idle / 1000);
    printf("%-30s %7s %7s %-17s %6s %6s %9s %8s %7s %8s %8s %8s %6s %4s %7s %7s\n", "attack", "opened", "ended", "by",
           "end ms", "shut", "MiB sent", "ms/MiB", "honest", "us/conn", "KiB/conn", "KiB kept", "good", "fail",
           "p99 ms", "worst");
    for (size_t i = 0; i < attack_kinds_count; i++) {
        if (i > 0 && !strstr(attack_kinds[i].name, part)) continue;
        bad |= attack(&attack_kinds[i], &server, good, connections, (int64_t)(seconds * 1000), idle, &honest);
        if (!process_alive(&server)) break;
    }
    good_stop(good);
    if (!process_stop(&server)) {
        printf("FAILED the server did not end in good order\n");
        bad = 1;
    }
    return bad;
}
