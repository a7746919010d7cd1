/* SPDX-License-Identifier: MIT */
#ifndef POSIX_START_H
#define POSIX_START_H

/*
 * Connecting by events: nobody waits. A connection that is being started moves through these states:
 *
 *     SEEKING   in the line of its origin's seeker, a thread that resolves and dials for all in line
 *     OPENING   in its session's list, until the server's limits are known
 *     ASKING    there too: its stream is open, the response is awaited
 *     AGAIN     its session went away without looking at it; the loop lets it seek another
 *     OVER      answered, failed, or ended by the program: an ordinary connection
 *
 * Before ASKING it belongs to its client's `nowhere`, a session without a socket whose roles are taken for good: what
 * fails there is told by the loop like any other event. A connection changes its session only while it is not OVER, so
 * a call that ends it makes it OVER first.
 *
 * Locks: any session's, then nowhere's, then a starting's own, then the client's `seek_lock`.
 */

#include "h2conn_events.h"
#include "posix_ask.h"
#include "posix_client.h"
#include "posix_conn.h"

typedef enum posix_start_state {
    POSIX_SEEKING,
    POSIX_OPENING,
    POSIX_ASKING,
    POSIX_AGAIN,
    POSIX_OVER
} posix_start_state;

/* A session that failed one, to be reported before another is sought. */
typedef struct posix_lost {
    posix_session *session; /* referenced */
    int error;
    char why[H2CONN_WHY_BYTES];
} posix_lost;

typedef struct posix_starting {
    pthread_mutex_t lock;
    unsigned refs;           /* lock: the connection's, and one for each list it is in */
    posix_start_state state; /* lock */
    h2conn *conn;            /* while not OVER */
    h2conn_client *client;
    posix_ask *ask; /* until it is OVER */
    posix_until until;
    struct posix_starting *next;         /* in a session's list; that session's lock */
    struct posix_starting *seeking_next; /* in its client's list of those; nowhere's lock */
    bool listed;                         /* in that list: it has an end, or a token */
    struct posix_starting *line_next;    /* in a seeker's line; `seek_lock` */
    struct posix_seeker *seeker;         /* whose line it is in; `seek_lock` */
    posix_lost *lost;                    /* while SEEKING; may be NULL */
    unsigned refusals;
    bool fresh; /* OPENING: nobody had the session before */
    bool early, expects;
    char *why; /* what ended the connection, where no stream did; its session's lock */
} posix_starting;

/* ---- posix_start.c ---- */

void posix_start_ref(posix_starting *st);
void posix_start_unref(posix_starting *st); /* NULL is ignored */

/* From one state to another; false when it was not in that. */
bool posix_start_step(posix_starting *st, posix_start_state from, posix_start_state to);

/* Whether it is `in` that state, and then whether its time has passed or its token was fired: OK, ETIMEDOUT or
 * ECANCELED. The token is looked at in no other state: it may be gone. */
int posix_start_check(posix_starting *st, posix_start_state in, int64_t now, bool *is);

/* What belongs to nowhere has failed, unless the program was quicker. The second with nowhere locked. */
void posix_start_fail(posix_starting *st, posix_start_state from, int error, uint32_t code, const char *why);

void posix_start_fail_locked(posix_starting *st, posix_start_state from, int error, uint32_t code, const char *why);

/* One that was SEEKING has found a session, which is not locked: into its list. False when the session takes no more.
 */
bool posix_start_place(posix_starting *st, posix_session *s, bool fresh);

/* With the session locked, in any thread: go on with those in its list. */
void posix_starts_turn(posix_session *s, int64_t now);

/* Its stream has ended, with the session locked. Whether it will be tried elsewhere, and nobody is to be told. */
bool posix_start_closed(h2conn *conn);

/* With its session locked: the sentence of one that failed before it had a stream, or that timed out. False when there
 * is none. */
bool posix_start_why(const h2conn *conn, char out[H2CONN_WHY_BYTES]);

/* The program closes or frees it: from here on it stays in its session. With `tell` on_close follows, and
 * when this is true nothing is left to close. Unlocked. */
bool posix_start_end(h2conn *conn, bool tell);

/* ---- posix_seek.c ---- */

/* Have it, which is SEEKING, seek: alone or with others. False when there is no memory or thread to, and it has failed.
 * May be called with sessions locked. */
bool posix_seek(posix_starting *st);
/* It seeks no more; a seeker nobody needs is stopped. */
void posix_seek_end(posix_starting *st);
/* Wait for all seekers of a client to end. Unlocked. */
void posix_seekers_end(h2conn_client *client);

/* ---- posix_heed.c ---- */

/* Have the client's loop hear the token, until that is freed. With the client locked. H2CONN_OK or ENOMEM. */
int posix_heed(h2conn_client *client, const h2conn_cancel *cancel);
/* The loop has ended. */
void posix_heed_free(h2conn_client *client);

/* ---- posix_nowhere.c ---- */

/* Make it, with the client locked. H2CONN_OK or ENOMEM. */
int posix_nowhere_make(h2conn_client *client);
/* A connection comes to it: counted, its deadline kept, its token heeded. With it locked. */
void posix_nowhere_enter(posix_starting *st);
/* It has found a session. What has no deadline would stay listed for ever: the loop is to look. */
void posix_nowhere_left(posix_starting *st);
/* As posix_starts_turn, of nowhere. */
void posix_nowhere_turn(posix_session *nowhere, int64_t now);
/* Have the loop end it; and release it when the loop has. Unlocked. */
void posix_nowhere_end(h2conn_client *client);
void posix_nowhere_free(h2conn_client *client);
/* Whether any connection is in it: one being started, or whose failure is to be told. Unlocked. */
bool posix_nowhere_used(h2conn_client *client);

#endif
