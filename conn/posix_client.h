/* SPDX-License-Identifier: MIT */
#ifndef POSIX_CLIENT_H
#define POSIX_CLIENT_H

/* Clients: which session a new connection goes to, and when to try again for one. */

#include "conn_backoff.h"
#include "conn_url.h"
#include "posix_park.h"
#include "posix_session.h"

/* "https://host:port" with its terminator. */
#define POSIX_ORIGIN_BYTES (H2CONN_HOST_BYTES + 16u)

struct posix_dialing;
struct posix_trouble;

struct h2conn_client {
    posix_owner owner; /* first */
    posix_loop *loop;
    bool shares_loop;
    h2conn_reconnect reconnect;
    h2conn_backoff backoff;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a session was forgotten */
    posix_session *sessions;
    struct posix_dialing *dialings;
    struct posix_trouble *troubles;
    size_t n_sessions; /* not yet forgotten by the loop */
    /* Connecting by events: posix_start.h. */
    posix_owner limbo;
    posix_session *nowhere;         /* made when first needed, then it stays */
    struct posix_starting *seeking; /* nowhere's lock */
    struct posix_seeker *seekers;   /* seek_lock */
    pthread_mutex_t seek_lock;
    pthread_cond_t sought;   /* the last seeker has ended */
    struct posix_heed *heed; /* the tokens of those; made when first needed */
};

/* A client of one connection: its sessions are looked after by a loop that all such share. */
int posix_client_private(h2conn_client **client, const h2conn_options *options);

/* Whether it can open https:// URLs. */
bool posix_client_is_secured(const h2conn_client *client);

/* End the sessions of a private client at once, without care for what is under way. */
void posix_client_abandon(h2conn_client *client);

/* ---- posix_origin.c ---- */

/* A session to the URL's origin that takes a new stream: one that is there, or a new one, when *fresh is set. It is
 * referenced. H2CONN_OK, or an error with a detail in `why`. */
int posix_client_session(posix_session **session, bool *fresh, h2conn_client *client, const h2conn_url *url,
                         const posix_until *until, char why[H2CONN_WHY_BYTES]);

/* One that is there, or NULL. */
posix_session *posix_client_find(h2conn_client *client, const h2conn_url *url);

/* How many threads wait for another's dial. */
unsigned posix_client_waiting(h2conn_client *client);

/* The loop's word that a session has ended. */
void posix_client_session_ended(posix_owner *owner, posix_session *s);

/* ---- posix_reconnect.c: with the client locked but for the first two ---- */

/* A session failed before anything of a request was sent. Whether the client is one that tries again: it waits, then,
 * in its next dial. */
bool posix_client_tries_again(h2conn_client *client, posix_session *s, int error, const char *why);
void posix_client_forget_troubles(h2conn_client *client);

/* An attempt at an origin failed, or its session was lost. Returns whether to try again. */
bool posix_client_trouble(h2conn_client *client, const char *origin, int error, const char *why);

/* Tell the program of the trouble an origin is in, and wait as long as that asks; the lock is let go of meanwhile.
 * H2CONN_OK when it is time to dial. Else the trouble's error, with *own set when it is only this thread's time that is
 * too short, or ECANCELED. */
int posix_client_wait_out(h2conn_client *client, const char *origin, const posix_until *until, bool *own,
                          char why[H2CONN_WHY_BYTES]);

#endif
