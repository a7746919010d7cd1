/* SPDX-License-Identifier: MIT */
#include "process.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MICROSECONDS 1000000

static bool read_url(process *p, FILE *from) {
    char line[512];
    while (fgets(line, sizeof line, from)) {
        char *at = strstr(line, "listening on ");
        char said[112];
        if (!at || sscanf(at, "listening on %111s", said) != 1) continue;
        snprintf(p->url, sizeof p->url, "%s%s", strstr(said, "://") ? "" : "http://", said);
        char *port = strrchr(p->url, ':');
        p->port = port ? (uint16_t)strtoul(port + 1, NULL, 10) : 0;
        return p->port != 0;
    }
    return false;
}

/* What else it says must not fill the pipe. */
static void *drop(void *user) {
    FILE *from = user;
    char line[512];
    while (fgets(line, sizeof line, from)) {
    }
    fclose(from);
    return NULL;
}

static void stay_on(int cpu) {
    cpu_set_t one;
    if (cpu < 0) return;
    CPU_ZERO(&one);
    CPU_SET((unsigned)cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

bool process_start(process *p, char **argv, int cpu) {
    int pipe_fds[2];
    if (pipe(pipe_fds) != 0) return false;
    p->pid = fork();
    if (p->pid == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        stay_on(cpu);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(pipe_fds[1]);
    FILE *from = fdopen(pipe_fds[0], "r");
    pthread_t dropper;
    if (p->pid > 0 && from && read_url(p, from) && pthread_create(&dropper, NULL, drop, from) == 0) {
        pthread_detach(dropper);
        return true;
    }
    fprintf(stderr, "attacks: %s does not say \"listening on URL\"\n", argv[0]);
    return false;
}

bool process_alive(const process *p) {
    return waitpid(p->pid, NULL, WNOHANG) == 0;
}

bool process_stop(process *p) {
    int status;
    if (!process_alive(p)) return false;
    kill(p->pid, SIGTERM);
    for (int i = 0; i < 500; i++) {
        if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
            bool told = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM; /* one that does not catch it */
            return told || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    kill(p->pid, SIGKILL);
    waitpid(p->pid, &status, 0);
    return false;
}

static long status_kib(const process *p, const char *name) {
    char path[64], line[256];
    const size_t len = strlen(name);
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    while (f && kib < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, name, len) == 0) kib = strtol(line + len, NULL, 10);
    if (f) fclose(f);
    return kib;
}

long process_rss(const process *p) {
    return status_kib(p, "VmRSS:");
}

long process_rss_most(const process *p) {
    return status_kib(p, "VmHWM:");
}

void process_forget_most(const process *p) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)p->pid);
    FILE *f = fopen(path, "w");
    if (!f) return;
    fputs("5", f);
    fclose(f);
}

/* Threads that have ended count too. */
int64_t process_cpu(const process *p) {
    struct timespec used;
    clockid_t clock;
    if (clock_getcpuclockid(p->pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
    return (int64_t)used.tv_sec * MICROSECONDS + used.tv_nsec / 1000;
}
