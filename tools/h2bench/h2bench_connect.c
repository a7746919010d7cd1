/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "h2bench_connect.h"
#include "h2tls.h"
#include "tool_exit.h"

static atomic_uint resumed;
static const h2conn_secure *under;

static void count_and_release(h2conn_transport *above) {
    if (h2tls_resumed(above)) atomic_fetch_add(&resumed, 1);
    under->release(above);
}

/* Of a process, to the hundredth; 0 when it cannot be read. */
static double cpu_seconds_of(pid_t pid) {
    char name[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "r");
    if (file == NULL) return 0;
    /* Behind the program's name, which may hold anything: the state, ten numbers, then the two. */
    const char *rest = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
    if (rest != NULL) sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system);
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* One connection: a request, its answer, the end. */
static int connect_once(const char *url, const h2conn_options *options) {
    h2conn_response response;
    h2conn *conn;
    char byte;
    int error = h2conn_connect(&conn, url, options, &response);
    if (error) return tool_fail(error, url, response.why);
    h2conn_close_write(conn);
    while (h2conn_read(conn, &byte, 1) > 0) {
    }
    h2conn_free(conn);
    return TOOL_OK;
}

int connect_run(const char *url, uint64_t count, pid_t server, const h2conn_secure *secure) {
    h2conn_options options = {.secure = secure};
    h2conn_secure counted;
    if (secure != NULL) {
        under = secure;
        counted = *secure;
        counted.release = count_and_release;
        options.secure = &counted;
    }
    int64_t start = h2conn_now();
    double cpu = cpu_seconds(), server_cpu = cpu_seconds_of(server);
    for (uint64_t i = 0; i < count; i++) {
        int status = connect_once(url, &options);
        if (status != TOOL_OK) return status;
    }
    int64_t ms = h2conn_now() - start;
    printf("connect %llu times %.3f s, %u resumed, %.0f us of CPU each", (unsigned long long)count, (double)ms / 1000,
           atomic_load(&resumed), (cpu_seconds() - cpu) * 1e6 / (double)count);
    if (server != 0) printf(", %.0f us of the server's", (cpu_seconds_of(server) - server_cpu) * 1e6 / (double)count);
    putchar('\n');
    return TOOL_OK;
}
