/* SPDX-License-Identifier: MIT */
#ifndef POSIX_SOCKET_H
#define POSIX_SOCKET_H

/* TCP sockets that never wait and never raise SIGPIPE, as transports; addresses; listening. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "h2conn.h"
#include "h2conn_transport.h"

/* One direction; each is used by one thread at a time. */
typedef struct posix_flow {
    int ended; /* the final code, once there is one: END or ELOST */
    int error; /* errno of ELOST; 0 while the flow is open, and for END */
    bool open;
} posix_flow;

typedef struct posix_socket {
    int fd;
    posix_flow in, out;
} posix_socket;

/* Take over a connected descriptor and make it non-blocking, close-on-exec and prompt (TCP_NODELAY). */
void posix_socket_init(posix_socket *socket, int fd);
/* A transport over it; `socket` must stay in place. */
h2conn_transport posix_socket_transport(posix_socket *socket);
void posix_socket_close(posix_socket *socket);

/* A new socket that does not wait and is closed on exec, or -1. */
int posix_socket_new(int family);

/* Print an address as "127.0.0.1:80" or "[::1]:80". */
void posix_address_print(char out[H2CONN_ADDRESS_BYTES], const struct sockaddr *address);
/* The printed local or remote address of a descriptor, "" when it has none. */
void posix_address_local(char out[H2CONN_ADDRESS_BYTES], int fd);
void posix_address_remote(char out[H2CONN_ADDRESS_BYTES], int fd);

/* Ports, in the machine's order. */
void posix_address_set_port(struct sockaddr *address, uint16_t port);
uint16_t posix_port_local(int fd);

/* Sockets may listen on one port together (SO_REUSEPORT); the first of them still finds that the port is free. */
typedef enum posix_sharing { POSIX_ALONE, POSIX_FIRST, POSIX_FURTHER } posix_sharing;

/* Listen on one address. Returns the descriptor, or -1 with errno. */
int posix_listen(const struct sockaddr *address, socklen_t len, posix_sharing sharing);

/* Accept one connection: a descriptor, or -1 with errno. */
int posix_accept(int fd);

/* The sentence of an errno in `out`, which is returned. */
const char *posix_error_text(int error, char out[H2CONN_WHY_BYTES]);

#endif
