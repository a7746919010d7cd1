/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool_exit.h"
#include "tool_parse.h"
#include "tool_serve.h"

#define ECHO_BYTES 65536

static void ending_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void tool_process_setup(void) {
    /* A socket must not become stdin or stdout by taking a free descriptor. What would go to a closed stdout is not
     * swallowed: writing fails. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) != fd) _exit(TOOL_USAGE);
    signal(SIGPIPE, SIG_IGN);
}

void tool_signals_hold(void) {
    sigset_t set;
    ending_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int tool_signal_wait(void) {
    sigset_t set;
    int signo = 0;
    ending_signals(&set);
    while (sigwait(&set, &signo) != 0) {
    }
    return signo;
}

void tool_signal_end(int signo) {
    sigset_t set;
    signal(signo, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(signo);
}

typedef struct ender {
    h2conn_server *server;
    tool_tls *tls;
    int64_t drain_ms;
    atomic_bool over;
} ender;

/* Returns at the next signal to end; reloads at others. */
static void await_end(ender *e) {
    sigset_t set;
    int signo = 0;
    ending_signals(&set);
    if (e->tls->context != NULL) sigaddset(&set, SIGHUP);
    while (sigwait(&set, &signo) != 0 || signo == SIGHUP) {
        if (signo == SIGHUP) tool_tls_reload(e->tls);
        signo = 0;
    }
}

static void *end_on_signals(void *user) {
    ender *e = user;
    await_end(e);
    if (atomic_load(&e->over)) return NULL;
    h2conn_server_drain(e->server, e->drain_ms);
    await_end(e);
    if (!atomic_load(&e->over)) h2conn_server_stop(e->server);
    return NULL;
}

int tool_serve(h2conn_server *server, const char *url, tool_tls *tls, int64_t drain_ms) {
    char address[H2CONN_WHY_BYTES];
    ender e = {.server = server, .tls = tls, .drain_ms = drain_ms};
    pthread_t thread;
    int error = h2conn_server_listen(server, url, address);
    if (error) {
        tool_say("cannot listen on %s: %s", url, address);
        return tool_exit_status(error);
    }
    if (pthread_create(&thread, NULL, end_on_signals, &e) != 0) {
        tool_say("cannot start a thread");
        return TOOL_USAGE;
    }
    fprintf(stderr, "listening on %s://%s\n", tool_is_https(url) ? "https" : "http", address);
    error = h2conn_server_run(server);
    atomic_store(&e.over, true);
    pthread_kill(thread, SIGTERM);
    pthread_join(thread, NULL);
    if (error) return tool_fail(error, "the server ended", NULL);
    return TOOL_OK;
}

void tool_echo(h2conn_request *request, const h2conn_field *fields, size_t n) {
    h2conn *conn;
    if (strcmp(h2conn_request_method(request), "HEAD") == 0) {
        h2conn_respond(request, 200, fields, n, NULL, 0);
        return;
    }
    char *buf = malloc(ECHO_BYTES);
    if (!buf) {
        h2conn_respond(request, 503, NULL, 0, NULL, 0);
        return;
    }
    if (h2conn_accept(&conn, request, 200, fields, n) == H2CONN_OK) {
        ptrdiff_t got;
        while ((got = h2conn_read(conn, buf, ECHO_BYTES)) > 0)
            if (h2conn_write(conn, buf, (size_t)got, NULL) != H2CONN_OK) break;
    }
    free(buf);
}

static void open_echo(void *user, h2conn_request *request) {
    const tool_fields *fields = user;
    h2conn *conn;
    if (strcmp(h2conn_request_method(request), "HEAD") == 0)
        h2conn_respond(request, 200, fields->list, fields->n, NULL, 0);
    else
        h2conn_accept(&conn, request, 200, fields->list, fields->n);
}

/* What the client does not take yet stays unread. */
static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

h2conn_events tool_echo_events(tool_fields *fields) {
    return (h2conn_events){.on_open = open_echo, .on_readable = give_back, .on_writable = give_back, .user = fields};
}
