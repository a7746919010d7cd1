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

/* Bytes lent to the engine that the library keeps, because the caller did not wait for them. */
typedef struct posix_kept {
    size_t len;
    uint8_t bytes[];
} posix_kept;

struct h2conn {
    h2conn_stream stream;
    posix_session *session; /* referenced */
    posix_wait *waits;      /* threads in a call on this connection, oldest first */
    posix_reader *readers;  /* likewise */
    int64_t read_deadline, write_deadline;
    h2conn_section *head;        /* client: the response; server: the request, of events only until it was looked at */
    h2conn_section *trailers;    /* the peer's; NULL when there are none */
    posix_kept *kept;            /* has the turn to write */
    const h2conn_events *events; /* NULL: nobody is called */
    /* in the session's lines of those with events due */
    struct h2conn *due_next, **due_place;
    void *user; /* the program's */
    h2conn_informational informational;
    void *informational_user;
    struct posix_starting *starting; /* client, of h2conn_connect_start; else NULL */
    h2conn_client *own;              /* client of this connection alone */
    int status;                      /* client: of the response, 0 before; server: sent, 0 before */
    bool continued;                  /* 100 (Continue) came, or was sent */
    bool writing;                    /* a thread, or `kept`, has the turn to write */
    bool orphan;                     /* nobody holds it: freed when the stream has ended */
    uint8_t due;                     /* events to be told: POSIX_DUE_ bits */
    bool in_line;                    /* in one of the session's lines */
    bool calling;                    /* a callback runs */
    bool freeing;                    /* a thread gives it up: no callback is called any more */
    bool handed;                     /* server: the program has it, so it is told of all that follows */
    bool held;                       /* server: the program frees it, and may answer later */
    bool wants_write;                /* it was told EAGAIN, or less than all was taken */
    bool read_some;                  /* something was read since its callbacks were called last */
    bool read_end;                   /* the end, or what ended it, was read */
};

/* The allocator as a source of chunks (posix_chunks.c), and whether any large one is there, in use or kept for the
 * next. */
extern const h2conn_chunk_source posix_chunks;
bool posix_chunks_present(void);
/* Give those back to the system that nobody needed since the last time, POSIX_TRIM_MS ago. */
void posix_chunks_trim(int64_t now);

/* Tie a connection to an open stream, counted and referenced. Locked. */
void posix_conn_attach(h2conn *conn, posix_session *s, uint32_t id);

/* Give it up, once its stream is closing: it is freed now if the stream has ended and no callback runs, else when that
 * is so. Locked; `conn` may be gone after. */
void posix_conn_orphan(h2conn *conn);

/* What ended it; H2CONN_OK while nothing did. Locked. */
int posix_conn_error(const h2conn *conn);

/* One sentence on that. Locked. */
void posix_conn_why(h2conn *conn, char out[H2CONN_WHY_BYTES]);

/* Close both halves, wake whoever waits, and send. Locked. */
void posix_conn_close(h2conn *conn);

/* Send a header section of a server's, waiting for room; in a callback EAGAIN instead. Locked. */
int posix_conn_send_head(h2conn *conn, const h2_field *fields, size_t n, unsigned flags);

/* A copy of a header section with its strings, in one piece of memory; NULL when there is none. */
h2conn_section *posix_section_new(const h2_field *fields, size_t n);

/* ---- posix_io.c: locked ---- */

/* What keeps this side from writing; H2CONN_OK when nothing does. */
int posix_conn_write_error(const h2conn *conn);
/* The body of h2conn_write, without its checks and lock; `flags` as for h2_stream_write. */
int posix_conn_write(h2conn *conn, const void *buf, size_t len, unsigned flags, size_t *written);
/* The turn to write is free. */
void posix_conn_pass_turn(h2conn *conn);

/* ---- posix_try.c: locked ---- */

/* With the turn: write what goes into frames at once and keep up to `most` bytes of the rest, which has the turn then.
 * H2CONN_OK, or an error; *taken bytes will be sent. ENOMEM resets the stream. */
int posix_try_write(h2conn *conn, const void *buf, size_t len, size_t most, unsigned flags, size_t *taken);
/* End this side behind what is kept. */
void posix_kept_end(h2conn *conn);
/* The engine has no need of it any more. */
void posix_kept_drop(h2conn *conn);

/* ---- posix_dispatch.c: locked ---- */

enum { POSIX_DUE_OPEN = 1, POSIX_DUE_RESPONSE = 2, POSIX_DUE_READ = 4, POSIX_DUE_WRITE = 8, POSIX_DUE_CLOSE = 16 };

/* Something happened that its callbacks are to be told; nothing for a connection without events. */
void posix_raise(h2conn *conn, unsigned due);
/* A request that nobody was told of has ended: it is forgotten, and `conn` is gone. False when it was told. */
bool posix_withdraw(h2conn *conn);
/* There was no room for a header block: in a callback it is told when there is, and this is EAGAIN; else ETIMEDOUT. */
int posix_conn_late(h2conn *conn);
/* Have no callback called any more, and wait until none runs unless this is called in one. The caller gives it up. */
void posix_silence(h2conn *conn);

#endif
