/* SPDX-License-Identifier: MIT */
#ifndef POSIX_CLIENT_H
#define POSIX_CLIENT_H

/* Clients: which session a new connection goes to. */

#include "conn_url.h"
#include "posix_session.h"

/* "https://host:port" with its terminator. */
#define POSIX_ORIGIN_BYTES (H2CONN_HOST_BYTES + 16u)

/* A client of one connection: its sessions are looked after by a loop that all such share. */
int posix_client_private(h2conn_client **client, const h2conn_options *options);

/* Whether it can open https:// URLs. */
bool posix_client_is_secured(const h2conn_client *client);

/* End the sessions of a private client at once, without care for what is under way. */
void posix_client_abandon(h2conn_client *client);

/* A session to the URL's origin that takes a new stream: one that is there, or a new one, when *fresh is set. It is
 * referenced. H2CONN_OK, or an error with a detail in `why`. */
int posix_client_session(posix_session **session, bool *fresh, h2conn_client *client, const h2conn_url *url,
                         int64_t deadline, char why[H2CONN_WHY_BYTES]);

#endif
