/* SPDX-License-Identifier: MIT */
/*
 * Attack a server, anew for each kind, with a client that behaves beside the attack; print what that cost each of them,
 * and fail where a bound is broken. usage: attacks [-t SECONDS] [-c CONNECTIONS] [-k PART-OF-A-NAME] SERVER ARGUMENT...
 * The server echoes, and says "listening on http://HOST:PORT" on stderr.
 *
 * The server has a processor of its own. What else runs has the others, where attackers only run when nobody else
 * would: they stand for machines elsewhere and must not keep the good client from its processor. It is measured without
 * them first, just so placed. Where it is allowed, server and good client go before all other programs, which have no
 * part in what is measured.
 */
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "h2conn.h"
#include "probe.h"
#include "process.h"
#include "verdict.h"

#define ALONE_MS 1000
#define REST_MS  2500
/* A bound that is broken is looked at again: other programs may have had the processor. */
#define TRIES 3
/* Fewer octets say nothing of their price. */
#define OCTETS_MIN 1048576u
#define ENDS       500u
/* Those that only hold what they have are more. */
#define HOLDERS 64u

typedef struct plan {
    char **server;
    int64_t ms;
    unsigned connections;
    int server_cpu; /* -1 on machines with one */
    double honest;  /* CPU ms for a MiB of honest small requests, once known */
} plan;

static void rest(int64_t ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- placement ---- */

static void place(plan *p) {
    cpu_set_t all;
    p->server_cpu = -1;
    sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
    if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2) return;
    for (unsigned i = 0; p->server_cpu < 0; i++)
        if (CPU_ISSET(i, &all)) p->server_cpu = (int)i;
    CPU_CLR((unsigned)p->server_cpu, &all);
    sched_setaffinity(0, sizeof all, &all);
}

typedef struct attack {
    const plan *plan;
    const attack_kind *kind;
    const process *server;
    storm_figures figures;
} attack;

static void *run_storm(void *user) {
    attack *a = user;
    const unsigned n = a->kind->manner == ATTACK_HOLD ? HOLDERS : a->plan->connections;
    sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0}); /* this thread alone */
    a->figures = storm_run(a->kind, a->server->port, n, a->plan->ms);
    return NULL;
}

static storm_figures storm(const plan *p, const attack_kind *kind, const process *server) {
    attack a = {.plan = p, .kind = kind, .server = server};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_storm, &a) != 0) abort();
    pthread_join(thread, NULL);
    return a.figures;
}

/* ---- one kind ---- */

/* CPU in us that the server spent since, apart from what the good client's requests cost. */
static double spent(const process *server, int64_t cpu, const good_figures *g, double each) {
    return (double)(process_cpu(server) - cpu) - each * (g->done + g->failed);
}

static void measure_storm(const plan *p, const process *server, good_client *good, outcome *o) {
    const attack_kind *kind = o->kind;
    int64_t cpu = process_cpu(server);
    o->alone = (good_take(good), rest(ALONE_MS), good_take(good));
    const double each = spent(server, cpu, &o->alone, 0) / (o->alone.done ? o->alone.done : 1);
    const long rss = process_rss(server);
    const bool watch = kind->ends && !kind->bare && kind->manner == ATTACK_FLOOD;
    process_forget_most(server);
    cpu = process_cpu(server);
    probe *closing = watch ? probe_start(kind, server->port) : NULL;
    o->storm = storm(p, kind, server);
    o->good = good_take(good);
    const double used = spent(server, cpu, &o->good, each);
    const double shut = closing ? probe_stop(closing) : -1;
    if (shut >= 0) o->shut_ms = shut;
    if (o->storm.octets >= OCTETS_MIN) o->ms_per_mib = used / 1000 / ((double)o->storm.octets / 1048576);
    const double grown = (double)(process_rss_most(server) - rss);
    const unsigned peak = kind->manner == ATTACK_HOLD ? HOLDERS : p->connections;
    o->kib_per_conn = grown / peak;
    if (kind->holds_streams) o->kib_per_stream = grown / peak / kind->hold;
    rest(REST_MS);
    o->kib_kept = (double)(process_rss(server) - rss);
    good_take(good);
    if (!kind->ends || kind->manner != ATTACK_FLOOD) return;
    const uint32_t bears = probe_bears(kind, server->port, &o->allowed);
    o->bears = bears == PROBE_UNKNOWN ? (double)INFINITY : (double)bears;
    good_take(good);
    cpu = process_cpu(server);
    if (kind->bears == 0) probe_ended_at_once(kind, server->port, ENDS);
    const good_figures g = good_take(good);
    if (kind->bears == 0) o->us_per_end = spent(server, cpu, &g, each) / ENDS;
}

static outcome measure(const plan *p, const attack_kind *kind) {
    outcome o = {.kind = kind,
                 .honest = p->honest,
                 .ms_per_mib = NAN,
                 .us_per_end = NAN,
                 .kib_per_conn = NAN,
                 .kib_kept = NAN,
                 .kib_per_stream = NAN,
                 .shut_ms = NAN,
                 .bears = NAN,
                 .allowed = NAN};
    process server;
    if (!process_start(&server, p->server, p->server_cpu)) return o;
    good_client *good = good_start(server.url);
    if (!good) abort();
    rest(200);
    measure_storm(p, &server, good, &o);
    good_stop(good);
    o.alive = process_stop(&server);
    if (isnan(p->honest)) o.honest = o.ms_per_mib;
    return o;
}

/* Returns how many bounds it broke each time. */
static unsigned judge(plan *p, const attack_kind *kind) {
    outcome o;
    unsigned broken = 0;
    for (unsigned try = 1; try <= TRIES; try++) {
        o = measure(p, kind);
        verdict_print(&o);
        broken = verdict_broken(&o, try == TRIES);
        if (broken == 0) break;
    }
    if (isnan(p->honest)) p->honest = o.honest;
    return broken;
}

static const char usage[] = "usage: attacks [-t SECONDS] [-c CONNECTIONS] [-k PART-OF-A-NAME] SERVER ARGUMENT...\n";

int main(int argc, char **argv) {
    plan p = {.ms = 2000, .connections = 16, .honest = NAN};
    const char *part = "";
    unsigned broken = 0;
    int option;
    while ((option = getopt(argc, argv, "+t:c:k:")) != -1) {
        switch (option) {
        case 't': p.ms = (int64_t)(1000 * atof(optarg)); break;
        case 'c': p.connections = (unsigned)atoi(optarg); break;
        case 'k': part = optarg; break;
        default: fputs(usage, stderr); return 1;
        }
    }
    p.server = argv + optind;
    if (optind == argc || p.ms <= 0 || p.connections == 0 || p.connections > STORM_CONNECTIONS_MAX) {
        fputs(usage, stderr);
        return 1;
    }
    place(&p);
    printf("%u attackers at once, %.1f s each, %s\n", p.connections, (double)p.ms / 1000,
           p.server_cpu < 0 ? "on the one processor there is"
                            : "the server on a processor of its own, attackers where and when the good client is idle");
    verdict_headings();
    for (size_t i = 0; i < attack_kinds_count; i++)
        if (i == 0 || strstr(attack_kinds[i].name, part)) broken += judge(&p, &attack_kinds[i]);
    printf(broken ? "%u bounds are broken\n" : "all within bounds\n", broken);
    return broken > 0;
}
