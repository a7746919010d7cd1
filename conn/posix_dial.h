/* SPDX-License-Identifier: MIT */
#ifndef POSIX_DIAL_H
#define POSIX_DIAL_H

/*
 * From a host name to a connected socket. The resolver may take its time in a thread of its own, which is left
 * behind when the deadline passes or the token is fired. Addresses of both families are tried in turn, each getting a
 * head start over the next, and the first that answers wins (RFC 8305).
 */

#include <netdb.h>
#include <stdint.h>
#include "posix_park.h"

/* Resolve a name or a literal. Returns H2CONN_OK with *list to be given to freeaddrinfo, or ERESOLVE, ETIMEDOUT,
 * ECANCELED, ENOMEM with a detail in `why`. `passive` is for listening. */
int posix_resolve(struct addrinfo **list, const char *host, uint16_t port, bool passive, const posix_until *until,
                  char why[H2CONN_WHY_BYTES]);

/* Connect. Returns H2CONN_OK with the descriptor in *fd, or the same errors and ECONNECT. */
int posix_dial(int *fd, const char *host, uint16_t port, const posix_until *until, char why[H2CONN_WHY_BYTES]);

#endif
