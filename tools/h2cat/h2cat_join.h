/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_JOIN_H
#define H2CAT_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include "h2cat_channel.h"

/* Bytes moved at a time. */
#define H2CAT_CHUNK_BYTES 65536

/* Write all to a descriptor, blocking or not. False with errno when it fails. */
bool h2cat_write_all(int fd, const char *bytes, size_t len);

/* Wait until a descriptor can be read, or `wake` (-1 for none), up to `timeout_ms` (-1 for ever). Returns 1 for `fd`, 0
 * for `wake`, -1 when the time is over. */
int h2cat_wait_readable(int fd, int wake, int timeout_ms);

typedef enum h2cat_end {
    H2CAT_END_CLEAN,
    H2CAT_END_FAILED, /* the connection failed: `error` says how */
    H2CAT_END_STDIN,  /* reading or writing here failed and was reported */
    H2CAT_END_CLOSED  /* h2conn_close was called elsewhere */
} h2cat_end;

/* Called on the thread that reads, before it does, while stdin is already being sent: to wait for a response. An error
 * ends the join like one of the connection's. NULL for nothing. */
typedef int (*h2cat_before)(void *user, h2conn *conn);

/*
 * Join descriptors 0 and 1 to a connection, both ways at once: the end of stdin ends this side's half. Returns when the
 * connection is over, and closes it.
 *
 * What "over" means when the peer has ended its half but stdin has not: with `leave`, this side goes on as long as
 * stdin has something to say and leaves after a second of silence, or at once when stdin is a terminal; without, it
 * waits for the end of stdin. A WebSocket has no halves: this side closes it when stdin has ended and nothing came for
 * a second.
 */
h2cat_end h2cat_join(h2cat_channel *channel, bool leave, h2cat_before before, void *user, int *error);

#endif
