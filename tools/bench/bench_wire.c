/* SPDX-License-Identifier: MIT */
#include "bench_wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_common.h"

const char *bench_certs = ".";

static bool is(const char *url, const char *scheme) {
    size_t len = strlen(scheme);
    return strncmp(url, scheme, len) == 0 && (url[len] == '\0' || url[len] == ':' || url[len] == '+');
}

bench_wire *bench_wire_connect(const char *url, const char *task) {
    if (is(url, "tcp")) return bench_tcp_connect(url, task);
    if (is(url, "tls")) return bench_tls_connect(url, task);
    if (is(url, "http") || is(url, "https")) return bench_h2_connect(url, task);
    bench_die("%s: the scheme is tcp, tls, http or https", url);
}

void bench_wire_serve(const char *scheme, bench_wire_handler handler) {
    if (is(scheme, "tcp")) bench_tcp_serve(handler);
    if (is(scheme, "tls")) bench_tls_serve(handler);
    if (is(scheme, "http") || is(scheme, "https")) bench_h2_serve(scheme, handler);
    bench_die("%s: the scheme is tcp, tls, http or https", scheme);
}

/* ---- sockets ---- */

static void no_delay(int fd) {
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) bench_die("TCP_NODELAY: %s", strerror(errno));
}

int bench_dial(const char *url) {
    const char *port = strrchr(url, ':');
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)bench_number(port ? port + 1 : url, UINT16_MAX));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) bench_die("%s: %s", url, strerror(errno));
    no_delay(fd);
    return fd;
}

void bench_announce(const char *port) {
    printf("listening %s\n", port);
    fflush(stdout);
}

int bench_listen(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char port[8];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, SOMAXCONN) == 0 &&
                getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    if (!good) bench_die("cannot listen: %s", strerror(errno));
    snprintf(port, sizeof port, "%u", ntohs(at.sin_port));
    bench_announce(port);
    return fd;
}

typedef struct job {
    void (*serve)(int fd, void *user);
    void *user;
    int fd;
} job;

static void *run_job(void *arg) {
    job j = *(job *)arg;
    free(arg);
    j.serve(j.fd, j.user);
    return NULL;
}

void bench_accept_all(int listener, void (*serve)(int fd, void *user), void *user) {
    for (;;) {
        job *j = malloc(sizeof *j);
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 || !j) bench_die("accept: %s", strerror(errno));
        no_delay(fd);
        *j = (job){serve, user, fd};
        if (pthread_create(&thread, NULL, run_job, j) != 0) bench_die("cannot start a thread");
        pthread_detach(thread);
    }
}

void bench_send_task(bench_wire *wire, const char *task) {
    char line[BENCH_TASK_BYTES + 1];
    int len = snprintf(line, sizeof line, "%s\n", task);
    if (len >= (int)sizeof line || wire->ops->write(wire, line, (size_t)len) != 0) bench_die("cannot send the task");
}

bool bench_read_task(bench_wire *wire, char task[BENCH_TASK_BYTES]) {
    for (size_t i = 0; i < BENCH_TASK_BYTES; i++) {
        if (wire->ops->read(wire, task + i, 1) != 1) return false;
        if (task[i] != '\n') continue;
        task[i] = '\0';
        return true;
    }
    return false;
}

/* ---- TCP ---- */

typedef struct tcp {
    bench_wire wire;
    int fd;
} tcp;

static ptrdiff_t tcp_read(bench_wire *wire, void *buf, size_t len) {
    return recv(((tcp *)wire)->fd, buf, len, 0);
}

static int tcp_write(bench_wire *wire, const void *buf, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t n = send(((tcp *)wire)->fd, (const char *)buf + done, len - done, MSG_NOSIGNAL);
        if (n < 0) return -1;
        done += (size_t)n;
    }
    return 0;
}

static void tcp_end(bench_wire *wire) {
    shutdown(((tcp *)wire)->fd, SHUT_WR);
}

static void tcp_close(bench_wire *wire) {
    close(((tcp *)wire)->fd);
    free(wire);
}

static const char *tcp_suite(bench_wire *wire) {
    (void)wire;
    return "";
}

static bench_wire *tcp_new(int fd) {
    static const bench_wire_ops ops = {tcp_read, tcp_write, tcp_end, tcp_close, tcp_suite};
    tcp *t = malloc(sizeof *t);
    if (!t) bench_die("out of memory");
    *t = (tcp){{&ops}, fd};
    return &t->wire;
}

bench_wire *bench_tcp_connect(const char *url, const char *task) {
    bench_wire *wire = tcp_new(bench_dial(url));
    bench_send_task(wire, task);
    return wire;
}

static void tcp_job(int fd, void *user) {
    bench_wire *wire = tcp_new(fd);
    char task[BENCH_TASK_BYTES];
    bench_wire_handler *handler = user;
    if (bench_read_task(wire, task)) (*handler)(wire, task);
    tcp_close(wire);
}

void bench_tcp_serve(bench_wire_handler handler) {
    bench_accept_all(bench_listen(), tcp_job, &handler);
}
