/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_SOCKET_H
#define H2CAT_SOCKET_H

/* TCP and Unix sockets by the names people type. */

#include <stdbool.h>

#define H2CAT_WHY_BYTES 512

typedef struct h2cat_target {
    const char *tcp;  /* "host:port", "[::1]:port"; NULL for none */
    const char *path; /* of a Unix socket; NULL for none */
} h2cat_target;

/* Whether it is written as one; false with a sentence in `why`. */
bool h2cat_socket_check(const h2cat_target *target, char why[H2CAT_WHY_BYTES]);

/* A blocking, connected socket; -1 with a sentence in `why`. */
int h2cat_socket_dial(const h2cat_target *target, char why[H2CAT_WHY_BYTES]);

/* A listening socket; its address, "tcp://127.0.0.1:43211" or "unix:path", goes to `address`. A socket file that nobody
 * listens on is replaced. -1 with a sentence in `why`. */
int h2cat_socket_listen(const h2cat_target *target, char address[H2CAT_WHY_BYTES], char why[H2CAT_WHY_BYTES]);

/* The next connection; -1 with errno. */
int h2cat_socket_accept(int listening);

/* Closing it is to look like a failure to the peer. */
void h2cat_socket_will_reset(int fd);

/* Remove the file of a Unix socket. */
void h2cat_socket_unlink(const h2cat_target *target);

#endif
