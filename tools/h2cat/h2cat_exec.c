/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2: no other connection's process may inherit this one's pipes */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "h2cat_exec.h"
#include "h2cat_join.h"
#include "tool_exit.h"

extern char **environ;

/* A process whose connection has failed may clean up this long after SIGTERM. */
#define MERCY_MS 2000
#define STEP_MS  10

typedef struct child {
    h2cat_channel channel;
    pid_t pid;
    int in, out; /* our ends of its stdin and stdout */
    pthread_mutex_t lock;
    bool reaped; /* its pid may be another's now */
} child;

/* "NAME=value" on the heap. */
static char *variable(const char *name, const char *value) {
    size_t len = strlen(name) + strlen(value) + 2;
    char *text = malloc(len);
    if (text) snprintf(text, len, "%s=%s", name, value);
    return text;
}

/* The environment with three more variables in front; only those three and the array are new. */
static char **environment(const h2conn_request *request, const h2conn *conn) {
    size_t n = 0;
    while (environ[n]) n++;
    char **all = calloc(n + 4, sizeof *all);
    if (!all) return NULL;
    all[0] = variable("H2CAT_METHOD", h2conn_request_method(request));
    all[1] = variable("H2CAT_PATH", h2conn_request_path(request));
    all[2] = variable("H2CAT_PEER", h2conn_remote_addr(conn));
    memcpy(all + 3, environ, n * sizeof *all);
    if (all[0] && all[1] && all[2]) return all;
    for (int i = 0; i < 3; i++) free(all[i]);
    free(all);
    return NULL;
}

/* 0 or an error number. */
static int spawn(child *c, const char *command, char **env, int in, int out) {
    char sh[] = "sh", dash_c[] = "-c";
    char *argv[] = {sh, dash_c, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    int error = posix_spawn(&c->pid, "/bin/sh", &actions, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Start the process. 0 or an error number. */
static int start(child *c, const char *command, char **env) {
    int in[2], out[2], error;
    if (pipe2(in, O_CLOEXEC) != 0) return errno;
    if (pipe2(out, O_CLOEXEC) != 0) {
        error = errno;
        close(in[0]);
        close(in[1]);
        return error;
    }
    error = spawn(c, command, env, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    c->in = in[1];
    c->out = out[0];
    if (error == 0) return 0;
    close(c->in);
    close(c->out);
    return error;
}

static bool kill_group(child *c, int signo) {
    pthread_mutex_lock(&c->lock);
    bool there = !c->reaped;
    if (there) kill(-c->pid, signo);
    pthread_mutex_unlock(&c->lock);
    return there;
}

/* Whether the process has ended; looking does not reap it. */
static bool has_ended(const child *c, int options) {
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT | options) != 0)
        if (errno != EINTR) return true;
    return info.si_pid == c->pid;
}

/* Its exit status as of waitpid. */
static int reap(child *c) {
    int status = 0;
    has_ended(c, 0);
    pthread_mutex_lock(&c->lock);
    waitpid(c->pid, &status, 0);
    c->reaped = true;
    pthread_mutex_unlock(&c->lock);
    return status;
}

/* End the process and all it started, politely at first. */
static void end_process(child *c) {
    const struct timespec step = {0, STEP_MS * 1000000L};
    if (!kill_group(c, SIGTERM)) return;
    for (int waited = 0; waited < MERCY_MS && !has_ended(c, WNOHANG); waited += STEP_MS) nanosleep(&step, NULL);
    kill_group(c, SIGKILL);
}

/* The connection to the process, and the watch over the connection: when it fails, the process is ended. What a process
 * does not read any more is discarded. */
static void *feed(void *user) {
    child *c = user;
    char *buf = malloc(H2CAT_CHUNK_BYTES);
    bool open = true;
    ptrdiff_t n = H2CONN_ENOMEM;
    while (buf && (n = h2cat_channel_read(&c->channel, buf, H2CAT_CHUNK_BYTES)) > 0) {
        if (!open || h2cat_write_all(c->in, buf, (size_t)n)) continue;
        open = false;
        close(c->in);
    }
    if (open) close(c->in);
    free(buf);
    if (n == 0) n = h2cat_channel_wait(&c->channel);
    if (n != H2CONN_OK) end_process(c);
    return NULL;
}

/* The process to the connection. False when the connection failed. */
static bool drain(child *c) {
    char *buf = malloc(H2CAT_CHUNK_BYTES);
    bool good = buf != NULL;
    while (good) {
        ssize_t n = read(c->out, buf, H2CAT_CHUNK_BYTES);
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        good = n > 0 && h2cat_channel_write(&c->channel, buf, (size_t)n) == H2CONN_OK;
    }
    free(buf);
    return good;
}

static void run(child *c, const char *command) {
    pthread_t feeder;
    bool fed = pthread_create(&feeder, NULL, feed, c) == 0;
    bool good = fed && drain(c);
    close(c->out);
    if (!fed) close(c->in);
    if (good)
        h2cat_channel_end(&c->channel);
    else
        end_process(c);
    int status = reap(c);
    if (good && WIFEXITED(status) && WEXITSTATUS(status) != 0)
        tool_say("'%s' ended with status %d", command, WEXITSTATUS(status));
    /* The process is gone, so nobody reads what the client still sends. */
    h2cat_channel_close(&c->channel);
    if (fed) pthread_join(feeder, NULL);
}

void h2cat_exec(h2conn_request *request, h2cat_framing framing, const char *command, const tool_fields *fields) {
    child c = {.pid = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (h2cat_channel_accept(&c.channel, framing, request, fields) != H2CONN_OK) return;
    char **env = environment(request, c.channel.conn);
    int error = env ? start(&c, command, env) : ENOMEM;
    if (error) {
        tool_say("cannot run '%s': %s", command, strerror(error));
        h2cat_channel_reset(&c.channel, H2_INTERNAL_ERROR);
    } else {
        run(&c, command);
    }
    for (int i = 0; env && i < 3; i++) free(env[i]);
    free(env);
    h2cat_channel_free(&c.channel, true);
}
