/* SPDX-License-Identifier: MIT */
#ifndef POSIX_WEBSOCKET_H
#define POSIX_WEBSOCKET_H

/*
 * A WebSocket as threads share it.
 *
 * `busy` is the turn to write to the connection: one thread has it, with `lock` let go, for a frame or the part of one
 * that went. What a deadline cut stays as state and goes first the next time: `unsent`, octets of a header or a control
 * frame, and `frame_left`, the rest of a data frame, which its writer brings again.
 *
 * A pong is owed, not queued: the last ping's (RFC 6455, 5.5.3). The thread that reads sends it, but never waits long
 * for a peer that does not read either; a thread that writes sends it after its frame.
 */

#include <pthread.h>
#include "conn_websocket.h"
#include "h2conn_websocket.h"
#include "posix_time.h"

/* Octets received, and octets of a frame masked, at a time. */
#define POSIX_WS_CHUNK 16384u
/* Masks fetched from the system at a time. */
#define POSIX_WS_MASKS 64u
/* How long the thread that reads waits for room for a pong, and how often it tries again; in milliseconds. */
#define POSIX_WS_PONG_MS  20
#define POSIX_WS_RETRY_MS 100
/* How long a server may take to end its half after the closing handshake. */
#define POSIX_WS_END_MS 1000

struct h2conn_ws {
    h2conn *conn;
    h2conn_ws_options options;
    bool server;

    /* The thread that reads. */
    h2conn_ws_parser parser;
    uint8_t *in;
    size_t in_start, in_end;
    h2conn_ws_event piece; /* DATA that is not all handed out */
    size_t message_got;    /* of h2conn_ws_read_message, across timeouts */

    pthread_mutex_t lock; /* all that follows */
    pthread_cond_t turn;
    bool busy, reading;
    bool open; /* a message is being written, by `owner` */
    bool sent_text;
    pthread_t owner;
    uint8_t *out;
    uint8_t unsent[2 * (H2CONN_WS_HEADER_MAX + H2CONN_WS_CONTROL_MAX)];
    size_t unsent_n;
    uint64_t frame_left, mask_at;
    uint8_t mask[H2CONN_WS_MASK_BYTES];
    uint8_t masks[POSIX_WS_MASKS * H2CONN_WS_MASK_BYTES];
    unsigned masks_left;
    h2conn_utf8 sent_utf8;
    uint8_t pong[H2CONN_WS_CONTROL_MAX];
    uint8_t pong_n;
    bool pong_owed;
    bool close_sent, peer_closed;
    uint16_t peer_code;
    char reason[H2CONN_WS_REASON_BYTES];
    int error; /* how it ended; H2CONN_OK while it did not */
    h2conn_ws_rule rule;
    int64_t read_deadline, write_deadline; /* the program's */
    int64_t conn_deadline;                 /* for reading, as the connection was told */
    int64_t close_by;                      /* the peer's Close must have come; 0 while ours has not gone */
};

/* ---- posix_websocket_write.c: locked, and let go of while waiting ---- */

/* The reading thread: answer a ping, if that is possible without long waiting. */
void posix_ws_answer(h2conn_ws *ws);
/* Send a Close frame unless one went; up to `deadline`. */
int posix_ws_send_close(h2conn_ws *ws, uint16_t code, const char *reason, size_t len, int64_t deadline);

/* ---- posix_websocket_read.c ---- */

/* Tell the connection the deadline for reading, if it is another. Locked. */
void posix_ws_set_conn_deadline(h2conn_ws *ws, int64_t at_ms);

/* Read up to the peer's Close, dropping data. The caller is the thread that reads. */
int posix_ws_drain(h2conn_ws *ws);

#endif
