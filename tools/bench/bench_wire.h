/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

/*
 * The same work over different wires: bare TCP, bare wolfSSL, and this library over either. A URL's scheme chooses:
 * tcp, tls, http, https. A client names a task, which the server's handler is given with the connection, on a thread of
 * its own. Errors end the program.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_TASK_BYTES 64

typedef struct bench_wire bench_wire;

typedef struct bench_wire_ops {
    /* At least one byte, 0 at the peer's end, -1 when the peer is gone. May run beside `write`. */
    ptrdiff_t (*read)(bench_wire *wire, void *buf, size_t len);
    /* All of it: 0, or -1 when the peer is gone. */
    int (*write)(bench_wire *wire, const void *buf, size_t len);
    /* End this half. The bare TLS wire does nothing: tasks over it say how long they are. */
    void (*end)(bench_wire *wire);
    /* Release; at a server's the handler's return does. */
    void (*close)(bench_wire *wire);
    /* The TLS suite, "" when there is none. */
    const char *(*suite)(bench_wire *wire);
} bench_wire_ops;

struct bench_wire {
    const bench_wire_ops *ops;
};

typedef void (*bench_wire_handler)(bench_wire *wire, const char *task);

/* Where certificates are: server.pem, server.key and ca.pem. Set before the first TLS wire. */
extern const char *bench_certs;

bench_wire *bench_wire_connect(const char *url, const char *task);

/* Listen on a free port of 127.0.0.1, print "listening PORT", and serve until the process is ended. The schemes
 * http+events and https+events echo by callbacks on one loop instead, whatever the task. */
void bench_wire_serve(const char *scheme, bench_wire_handler handler);

/* ---- for the wires themselves ---- */

/* A socket of the kind all of them use (TCP_NODELAY). */
int bench_dial(const char *url);
/* Listen; prints the port. */
int bench_listen(void);
/* Accept for ever; each connection on a thread: `serve` is given the descriptor and `user`. */
void bench_accept_all(int listener, void (*serve)(int fd, void *user), void *user);
void bench_announce(const char *port);

/* TCP and TLS wires start with a line that names the task. */
void bench_send_task(bench_wire *wire, const char *task);
bool bench_read_task(bench_wire *wire, char task[BENCH_TASK_BYTES]);

bench_wire *bench_tcp_connect(const char *url, const char *task);
void bench_tcp_serve(bench_wire_handler handler);
bench_wire *bench_tls_connect(const char *url, const char *task);
void bench_tls_serve(bench_wire_handler handler);
bench_wire *bench_h2_connect(const char *url, const char *task);
void bench_h2_serve(const char *scheme, bench_wire_handler handler);

#endif
