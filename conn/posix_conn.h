/* SPDX-License-Identifier: MIT */
#ifndef POSIX_CONN_H
#define POSIX_CONN_H

/* A connection as threads share it: everything is under its session's lock. */

#include "conn_fields.h"
#include "conn_stream.h"
#include "posix_session.h"
#include "posix_wait.h"

/* A thread in h2conn_read that found nothing: what arrives goes straight to its buffer. */
typedef struct posix_reader {
    struct posix_reader *next, **place;
    uint8_t *buf;
    size_t len, got;
} posix_reader;

struct h2conn {
    h2conn_stream stream;
    posix_session *session; /* referenced */
    posix_wait *waits;      /* threads in a call on this connection, oldest first */
    posix_reader *readers;  /* likewise */
    int64_t read_deadline, write_deadline;
    h2conn_section head;      /* client: the response; server: the request */
    void *head_memory;        /* client: what `head` points into; a request has it within itself */
    h2conn_section *trailers; /* the peer's, with their strings; NULL when there are none */
    h2conn_informational informational;
    void *informational_user;
    h2conn_client *own; /* client of this connection alone */
    int status;         /* client: of the response, 0 before; server: sent, 0 before */
    bool continued;     /* 100 (Continue) came, or was sent */
    bool writing;       /* a thread has the turn to write */
    bool orphan;        /* nobody holds it: freed when the stream has ended */
};

/* The allocator as a source of chunks. */
extern const h2conn_chunk_source posix_chunks;

/* Tie a connection to an open stream, counted and referenced. Locked. */
void posix_conn_attach(h2conn *conn, posix_session *s, uint32_t id);

/* Give it up, once its stream is closing: it is freed now if the stream has ended, else when it does. Locked; `conn`
 * may be gone after. */
void posix_conn_orphan(h2conn *conn);

/* What ended it; H2CONN_OK while nothing did. Locked. */
int posix_conn_error(const h2conn *conn);

/* One sentence on that. Locked. */
void posix_conn_why(h2conn *conn, char out[H2CONN_WHY_BYTES]);

/* Close both halves, wake whoever waits, and send. Locked. */
void posix_conn_close(h2conn *conn);

/* Send a header section of a server's, waiting for room. Locked. */
int posix_conn_send_head(h2conn *conn, const h2_field *fields, size_t n, unsigned flags);

/* The body of h2conn_write, without its checks and lock; `flags` as for h2_stream_write. */
int posix_conn_write(h2conn *conn, const void *buf, size_t len, unsigned flags, size_t *written);

#endif
