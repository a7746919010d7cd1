/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "h2bench_fleet.h"
#include "h2bench_pattern.h"
#include "h2conn.h"
#include "tool_exit.h"
#include "tool_parse.h"

/* Connects under way at once: fewer than any listener's backlog. */
#define CONNECTING_MAX 100u
#define EVENTS_MAX     256
/* How long a step may make no progress. */
#define PATIENCE_MS 20000
/* A server may tidy up when it has nothing to do. */
#define SETTLE_NS 300000000

/* ---- the URL ---- */

static bool parse_url(fleet *f, const char *url) {
    f->https = tool_is_https(url);
    const char *at = strstr(url, "://");
    if (!at) return false;
    f->authority = at += 3;
    f->authority_len = strcspn(at, "/");
    f->path = at[f->authority_len] ? at + f->authority_len : "/";
    f->path_len = strlen(f->path);
    const char *end = at + f->authority_len, *host_end;
    if (*at == '[') {
        at++;
        host_end = memchr(at, ']', (size_t)(end - at));
        if (!host_end) return false;
    } else {
        host_end = at + strcspn(at, ":/");
    }
    if (host_end == at || (size_t)(host_end - at) >= sizeof f->host) return false;
    memcpy(f->host, at, (size_t)(host_end - at));
    const char *colon = memchr(host_end, ':', (size_t)(end - host_end));
    snprintf(f->port, sizeof f->port, "%.*s", colon ? (int)(end - colon - 1) : 3,
             colon      ? colon + 1
             : f->https ? "443"
                        : "80");
    return true;
}

/* ---- steps ---- */

/* Turn until `done`, or nothing has happened for long. Returns whether it is done. */
static bool turn_until(fleet *f, bool (*done)(const fleet *f), int64_t until) {
    struct epoll_event events[EVENTS_MAX];
    int64_t moved = h2conn_now();
    while (!done(f)) {
        const int64_t now = h2conn_now();
        if (now - moved > PATIENCE_MS || (until && now >= until)) return done(f);
        while (f->begun < f->options->sessions && f->connecting < CONNECTING_MAX)
            session_begin(f, &f->sessions[f->begun]);
        int n = epoll_wait(f->epoll, events, EVENTS_MAX, until ? (int)(until - now) : 1000);
        for (int i = 0; i < n; i++) session_ready(events[i].data.ptr, events[i].events);
        if (n > 0) moved = now;
    }
    return true;
}

static unsigned all_conns(const fleet *f) {
    return f->options->sessions * f->target;
}

static bool answered(const fleet *f) {
    return f->begun == f->options->sessions && f->open + f->failed >= all_conns(f);
}

static bool ponged(const fleet *f) {
    return f->pongs + f->failed >= f->options->sessions;
}

static bool greeted(const fleet *f) {
    return f->begun == f->options->sessions && (f->ready >= f->begun || f->failed > 0);
}

static bool never(const fleet *f) {
    (void)f;
    return false;
}

static bool quiet(const fleet *f) {
    return f->waiting == 0;
}

static bool closed(const fleet *f) {
    return f->closed + f->failed >= all_conns(f);
}

/* Every session has answered a ping, so the server has seen all that was sent; then it gets a little rest. */
static void settle(fleet *f) {
    const struct timespec rest = {0, SETTLE_NS};
    f->pongs = 0;
    for (unsigned i = 0; i < f->begun; i++) session_ping(&f->sessions[i]);
    turn_until(f, ponged, 0);
    nanosleep(&rest, NULL);
}

/* Open streams up to `target` on each session. Returns whether all are there. */
static bool open_up_to(fleet *f, unsigned target) {
    f->target = target;
    for (unsigned i = 0; i < f->begun; i++) session_open_streams(&f->sessions[i]);
    turn_until(f, f->options->idle ? greeted : answered, 0);
    settle(f);
    if (f->options->idle) {
        f->open = 0;
        for (unsigned i = 0; i < f->begun; i++) f->open += f->sessions[i].over ? 0 : f->sessions[i].opened;
    }
    return f->failed == 0 && f->open == all_conns(f);
}

/* ---- what was measured ---- */

static void say_memory(const fleet *f, const uint64_t rss[4]) {
    const unsigned sessions = f->options->sessions, extra = sessions * (f->options->streams - 1);
    if (rss[0] == 0) return;
    printf("server memory in RAM: %.1f MiB before, %.1f with a conn on each session, %.1f with all, %.1f after\n",
           (double)rss[0] / 1048576, (double)rss[1] / 1048576, (double)rss[2] / 1048576, (double)rss[3] / 1048576);
    printf("an idle session with its conn %.0f B", ((double)rss[1] - (double)rss[0]) / sessions);
    if (extra > 0) printf(", a further conn %.0f B", ((double)rss[2] - (double)rss[1]) / extra);
    printf(", a conn once it has echoed %.0f B\n", ((double)rss[3] - (double)rss[0]) / (sessions + extra));
}

static void echo(fleet *f, pid_t pid) {
    const int64_t start = h2conn_now();
    const double cpu = process_cpu(pid);
    f->echoing = true;
    for (unsigned i = 0; i < f->begun; i++) session_echo(&f->sessions[i]);
    turn_until(f, never, start + (int64_t)f->options->seconds * 1000);
    const double seconds = (double)(h2conn_now() - start) / 1000;
    const uint64_t messages = f->latency.count;
    const double spent = process_cpu(pid) - cpu;
    f->echoing = false;
    turn_until(f, quiet, 0);
    printf("echo %u B for %.1f s: %.0f messages/s, latency p50 %.2f ms, p99 %.2f ms, most %.2f ms\n", f->options->size,
           seconds, (double)messages / seconds, (double)latency_at(&f->latency, 0.5) / 1000,
           (double)latency_at(&f->latency, 0.99) / 1000, (double)latency_at(&f->latency, 1) / 1000);
    if (spent > 0 && messages > 0) printf("server CPU %.3f us a message\n", spent * 1e6 / (double)messages);
}

static int measure(fleet *f, pid_t pid) {
    uint64_t rss[4] = {process_rss(pid)};
    unsigned lost = 0;
    const int64_t start = h2conn_now();
    bool good = open_up_to(f, 1);
    rss[1] = process_rss(pid);
    if (good && f->options->streams > 1) good = open_up_to(f, f->options->streams);
    rss[2] = rss[3] = process_rss(pid);
    printf("%u sessions x %u conns: %u open in %.1f s, %u failed\n", f->options->sessions, f->options->streams, f->open,
           (double)(h2conn_now() - start) / 1000, f->options->sessions * f->options->streams - f->open);
    if (good && !f->options->idle && f->options->seconds > 0) {
        echo(f, pid);
        lost = f->waiting;
        settle(f);
        rss[3] = process_rss(pid);
    }
    if (pid) say_memory(f, rss);
    if (good && !f->options->idle) {
        for (unsigned i = 0; i < f->begun; i++) session_end_streams(&f->sessions[i]);
        good = turn_until(f, closed, 0) && f->failed == 0;
        printf("%u conns ended in good order, %u messages lost, %u bytes wrong\n", f->closed - f->failed, lost,
               f->wrong);
    }
    if (f->failed > 0 || !good) tool_say("%u conns failed: %s", f->failed, f->why[0] ? f->why : "the server is silent");
    if (lost > 0 || f->wrong > 0) return BENCH_DIFFERS;
    if (good) return TOOL_OK;
    return f->open == 0 ? TOOL_CONNECT : TOOL_HTTP2;
}

/* ---- the whole ---- */

static int prepare(fleet *f, const char *url) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (!parse_url(f, url) || getaddrinfo(f->host, f->port, &hints, &f->address) != 0) {
        tool_say("cannot find %s", url);
        return TOOL_CONNECT;
    }
    f->config = h2_config_hosted(false);
    f->config.streams = (uint16_t)f->options->streams;
    f->config.preface_ms = f->config.settings_ms = f->config.block_ms = 0;
    f->config.keepalive_ms = f->config.blocked_ms = 0;
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    f->sessions = calloc(f->options->sessions, sizeof *f->sessions);
    if (f->epoll >= 0 && f->sessions) return TOOL_OK;
    tool_say("no memory for so many sessions");
    return TOOL_USAGE;
}

int fleet_run(const fleet_options *options) {
    static fleet f;
    char url[64];
    pid_t pid = options->pid;
    if (!allow_descriptors(options->sessions)) return TOOL_USAGE;
    if (options->self && (pid = server_start(url, options->sessions, options->streams)) < 0) return TOOL_CONNECT;
    bench_pattern_fill();
    f = (fleet){.options = options, .epoll = -1};
    int status = prepare(&f, options->self ? url : options->url);
    if (status == TOOL_OK) status = measure(&f, pid);
    for (unsigned i = 0; i < f.begun; i++) session_free(&f.sessions[i]);
    free(f.sessions);
    if (f.address) freeaddrinfo(f.address);
    if (f.epoll >= 0) close(f.epoll);
    if (options->self && !server_end(pid) && status == TOOL_OK) status = TOOL_HTTP2;
    return status;
}
