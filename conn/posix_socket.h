/* SPDX-License-Identifier: MIT */
#ifndef POSIX_SOCKET_H
#define POSIX_SOCKET_H

/* TCP sockets that never wait and never raise SIGPIPE, as transports; addresses; listening. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "h2conn.h"
#include "h2conn_transport.h"

#define POSIX_MOMENT_MS 1

/* One direction; each is used by one thread at a time. */
typedef struct posix_flow {
    int ended; /* the final code, once there is one: END or ELOST */
    int error; /* errno of ELOST; 0 while the flow is open, and for END */
    bool open;
} posix_flow;

/* An address; of family AF_UNSPEC when there is none. */
typedef union posix_name {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
} posix_name;

typedef struct posix_ends {
    posix_name local, remote;
} posix_ends;

typedef struct posix_socket {
    int fd;
    posix_flow in, out;
    posix_ends ends;
    bool lingers; /* the descriptor waits where a call does not say otherwise */
} posix_socket;

/* Take over a connected descriptor that does not wait, and make it prompt (TCP_NODELAY). One that was accepted is, and
 * has its `ends` from posix_accept; NULL for another. */
void posix_socket_init(posix_socket *socket, int fd, const posix_ends *ends);
/* A transport over it; `socket` must stay in place. */
h2conn_transport posix_socket_transport(posix_socket *socket);
/* Receive, waiting for a moment: POSIX_MOMENT_MS, and what the system's timers add. As the transport's recv else. */
ptrdiff_t posix_socket_linger(posix_socket *socket, void *buf, size_t len);
void posix_socket_close(posix_socket *socket);

/* A new socket that does not wait and is closed on exec, or -1. */
int posix_socket_new(int family);

/* Print an address as "127.0.0.1:80" or "[::1]:80"; "" for none. */
void posix_address_print(char out[H2CONN_ADDRESS_BYTES], const struct sockaddr *address);
/* The local or remote address of a descriptor. */
posix_name posix_name_local(int fd);
posix_name posix_name_remote(int fd);

/* Ports, in the machine's order. */
void posix_address_set_port(struct sockaddr *address, uint16_t port);
uint16_t posix_name_port(const posix_name *name);

/* Sockets may listen on one port together (SO_REUSEPORT); the first of them still finds that the port is free. */
typedef enum posix_sharing { POSIX_ALONE, POSIX_FIRST, POSIX_FURTHER } posix_sharing;

/* Connections the kernel may complete before they are accepted; it applies its own bound. */
#define POSIX_BACKLOG 4096

/* Listen on one address; what is accepted is prompt. Returns the descriptor, or -1 with errno. */
int posix_listen(const struct sockaddr *address, socklen_t len, posix_sharing sharing);

/* Accept one connection: a descriptor that does not wait and is closed on exec, and its two ends, or -1 with errno.
 * `at` is where `fd` listens. */
int posix_accept(int fd, const posix_name *at, posix_ends *ends);

/* The sentence of an errno in `out`, which is returned. */
const char *posix_error_text(int error, char out[H2CONN_WHY_BYTES]);

#endif
