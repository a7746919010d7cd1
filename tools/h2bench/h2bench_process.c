/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "h2bench_fleet.h"
#include "tool_exit.h"
#include "tool_serve.h"

/* Besides those of the sessions. */
#define SPARE 64u
/* Streams whose requests may meet before their server has closed the ones that ended. */
#define SPARE_STREAMS 8u

/* ---- the server's process ---- */

static void *end_on_signal(void *server) {
    tool_signal_wait();
    h2conn_server_stop(server);
    return NULL;
}

/* Say the address, or nothing, to the parent; serve until told to end. */
static int serve(int tell, unsigned sessions, unsigned streams) {
    tool_fields none = {.n = 0};
    const h2conn_events echo = tool_echo_events(&none);
    char address[H2CONN_WHY_BYTES];
    h2_config config = h2_config_hosted(true);
    if (config.streams < streams + SPARE_STREAMS) config.streams = (uint16_t)(streams + SPARE_STREAMS);
    h2conn_server_options options = {.events = &echo, .config = &config, .sessions = sessions + SPARE};
    h2conn_server *server;
    pthread_t thread;
    tool_signals_hold();
    int error = h2conn_server_new(&server, &options);
    if (error) return tool_fail(error, "cannot make a server", NULL);
    error = h2conn_server_listen(server, "http://127.0.0.1:0", address);
    if (error) return tool_fail(error, "cannot listen", address);
    if (pthread_create(&thread, NULL, end_on_signal, server) != 0) return TOOL_USAGE;
    if (write(tell, address, strlen(address)) < 0) return TOOL_CONNECT;
    close(tell);
    error = h2conn_server_run(server);
    pthread_join(thread, NULL);
    h2conn_server_free(server);
    return error ? TOOL_CONNECT : TOOL_OK;
}

pid_t server_start(char url[64], unsigned sessions, unsigned streams) {
    static const char scheme[] = "http://";
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        tool_say("cannot make a pipe");
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pipe_ends[0]);
        exit(serve(pipe_ends[1], sessions, streams));
    }
    close(pipe_ends[1]);
    memcpy(url, scheme, sizeof scheme);
    ssize_t n = pid > 0 ? read(pipe_ends[0], url + sizeof scheme - 1, 64 - sizeof scheme) : 0;
    close(pipe_ends[0]);
    if (n > 0) {
        url[sizeof scheme - 1 + (size_t)n] = '\0';
        return pid;
    }
    if (pid > 0) waitpid(pid, NULL, 0);
    tool_say("the server did not start");
    return -1;
}

bool server_end(pid_t pid) {
    int status = -1;
    kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) tool_say("the server ended with status %d", status);
    return status == 0;
}

/* ---- what the system tells and allows ---- */

uint64_t process_rss(pid_t pid) {
    char line[128];
    unsigned long long kib = 0;
    snprintf(line, sizeof line, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(line, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %llu kB", &kib) != 1) {
    }
    fclose(file);
    return kib * 1024;
}

double process_cpu(pid_t pid) {
    struct timespec spent;
    clockid_t clock;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0) return 0;
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

bool allow_descriptors(unsigned n) {
    struct rlimit limit;
    rlim_t needed = (rlim_t)n + SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return true;
    if (limit.rlim_max < needed) {
        tool_say("%llu descriptors are needed and %llu allowed: raise the hard limit (ulimit -Hn)",
                 (unsigned long long)needed, (unsigned long long)limit.rlim_max);
        return false;
    }
    limit.rlim_cur = needed;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}
