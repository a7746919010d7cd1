/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_CORE_H
#define H2CONN_CORE_H

/*
 * Connections without an operating system: one HTTP/2 session in memory of a fixed size, moved by the program's own
 * loop. Nothing here waits, allocates or looks at a clock.
 *
 *     H2CONN_CORE_STORAGE(uplink, false, 2, 2048, 16, 512, 256, 0, 256, 600, 600);        // a client; sizes below
 *     h2conn_core core;
 *     h2conn_core_init(&core, &uplink_storage, &transport, on_headers, NULL);
 *     h2conn_core_open(&core, fields, n, &conn);
 *     for (;;) {
 *         while (h2conn_core_step(&core, clock_ms())) {}
 *         while ((n = h2conn_core_read(conn, buf, sizeof buf)) > 0) use(buf, n);
 *         if (h2conn_core_writable(conn)) h2conn_core_write(conn, chunk, len, 0);        // lent until writable again
 *         sleep_until(core.wake_ms);                                                    // or bytes arrive, or both
 *     }
 *
 * What the program provides: a transport (h2conn_transport.h: two functions that move bytes) and the time in
 * milliseconds.
 *
 * Received bytes wait in a ring of stream_window bytes for each stream. A peer may send before it saw that our window
 * is smaller than the default (RFC 9113, 6.9.2); until it has acknowledged our SETTINGS no more is taken from the
 * transport than every ring has room for, and the rest waits in TCP. A program that meanwhile reads nothing for longer
 * than h2_config.timeout_ms loses the session.
 *
 * Bytes to send are lent: they stay the program's and are copied once, into the frame that carries them.
 */

#include "h2_storage.h"
#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct h2conn_core h2conn_core;

/* Counts of bytes in a ring or a buffer. */
#ifdef H2_SMALL
typedef uint16_t h2conn_core_size;
#define H2CONN_CORE_SIZE_MAX UINT16_MAX
#else
typedef uint32_t h2conn_core_size;
#define H2CONN_CORE_SIZE_MAX H2_WINDOW_MAX
#endif

/* A connection: one stream. `status` is the client's to read, 0 until the final response came; `user` is the program's.
 * The other members are private. */
typedef struct h2conn_core_conn {
    h2conn_core *core;
    void *user;
    uint32_t id;                  /* 0 for a free slot */
    h2conn_core_size start, fill; /* of the ring: where the received bytes begin, and how many they are */
    uint16_t status;
    int8_t error;    /* how it ended, once `closed` */
    bool peer_ended; /* END_STREAM arrived */
    bool ended;      /* END_STREAM was lent to the engine, or is in a frame */
    bool lent;       /* the engine has bytes, or the end, that it has not put in frames */
    bool closing;    /* h2conn_core_close was called */
    bool closed;     /* the stream has ended in both directions */
} h2conn_core_conn;

/* A header section arrived on `conn`: a request, on a connection that is new, a final response, an informational one,
 * or trailers. Runs within h2conn_core_step; the fields are valid during the call. It may call all functions here but
 * h2conn_core_step. */
typedef void (*h2conn_core_headers)(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields,
                                    size_t n);

/* Sizes and the memory they come to: see H2CONN_CORE_STORAGE. */
typedef struct h2conn_core_storage {
    const h2_server_part *server; /* &h2_server, or NULL for a client: the linker drops what is not named */
    h2_config config;
    void *session; /* this and the parts aligned for 64-bit numbers */
    h2_parts parts;
    void *conns;
    uint8_t *rings, *rx, *tx;
    uint32_t rx_bytes, tx_bytes;
} h2conn_core_storage;

/* Members are private but two: `wake_ms`, when h2conn_core_step should be called at the latest, and `refused`, whether
 * the transport did not take all it was given: step again when it takes more. */
struct h2conn_core {
    h2_session *session;
    const h2conn_core_storage *storage;
    h2conn_core_conn *conns;
    h2conn_core_size rx_start, rx_end, tx_start, tx_end; /* what waits for the engine and for the transport */
    h2conn_core_headers on_headers;
    void *user;
    h2conn_transport transport;
    uint64_t wake_ms;
    uint32_t refused_at; /* the time when the transport first took nothing, while it does */
    bool refused;
    int8_t lost; /* H2CONN_ELOST, ETLS or EGOAWAY once the transport has ended */
};

/* H2CONN_CORE_STORAGE(name, server, sizes...) defines `name`_storage and its memory, both static;
 * H2CONN_CORE_BYTES(sizes...) is how much that is, besides the h2conn_core. The sizes, which may come from one macro:
 *
 *   - streams: connections at once, at least 1
 *   - stream_window: bytes received and not yet read, of each
 *   - header_fields: of a received header section, pseudo-fields included
 *   - header_bytes: of its strings; at least decoder_table
 *   - decoder_table: HPACK table for receiving, a multiple of 4, 0 for none
 *   - encoder_table: HPACK table for sending, likewise
 *   - send_header_bytes: encoded header sections waiting to be sent; with H2_SMALL at least
 * H2_SEND_HEADERS_MIN(streams), as H2_ANSWER_BYTES(streams) of it are kept for acknowledgements, resets and GOAWAY
 *   - rx_bytes: taken from the transport at once; at least 1
 *   - tx_bytes: given to it at once; at least 128, frames are cut to fit
 *
 * The compiler refuses sizes out of range; a build with H2_SMALL counts windows and buffers in 16 bits. Times are the
 * H2_DEFAULT_ ones of h2_limits.h: to change them and nothing else, init with a changed copy of `name`_storage. */
#define H2CONN_CORE_BYTES(...)   H2CONN_CORE_BYTES_(__VA_ARGS__)
#define H2CONN_CORE_STORAGE(...) H2CONN_CORE_STORAGE_(__VA_ARGS__)

/* Behind the session: connections, their rings, what is received and what is to be sent. */
#define H2CONN_CORE_CONNS_AT_ H2_SESSION_BYTES
#define H2CONN_CORE_BYTES_(streams, stream_window, header_fields, header_bytes, decoder_table, encoder_table,          \
                           send_header_bytes, rx_bytes, tx_bytes)                                                      \
    (H2CONN_CORE_CONNS_AT_(streams, header_fields, header_bytes, decoder_table, encoder_table, send_header_bytes) +    \
     (streams) * (sizeof(h2conn_core_conn) + (size_t)(stream_window)) + (rx_bytes) + (tx_bytes))

#define H2CONN_CORE_STORAGE_(name, server_, streams_, stream_window_, header_fields_, header_bytes_, decoder_table_,   \
                             encoder_table_, send_header_bytes_, rx_bytes_, tx_bytes_)                                 \
    _Static_assert(H2_SESSION_FITS(streams_, header_fields_, header_bytes_, decoder_table_, encoder_table_,            \
                                   send_header_bytes_) &&                                                              \
                       (stream_window_) > 0 && (stream_window_) <= H2CONN_CORE_SIZE_MAX && (rx_bytes_) > 0 &&          \
                       (rx_bytes_) <= H2CONN_CORE_SIZE_MAX && (tx_bytes_) >= 128 &&                                    \
                       (tx_bytes_) <= H2CONN_CORE_SIZE_MAX,                                                            \
                   "a size of " #name " is out of range");                                                             \
    static union {                                                                                                     \
        uint64_t alignment;                                                                                            \
        unsigned char                                                                                                  \
            bytes[H2CONN_CORE_BYTES_(streams_, stream_window_, header_fields_, header_bytes_, decoder_table_,          \
                                     encoder_table_, send_header_bytes_, rx_bytes_, tx_bytes_)];                       \
    } name##_memory;                                                                                                   \
    static const h2conn_core_storage name##_storage = {                                                                \
        (server_) ? &h2_server : NULL,                                                                                 \
        {.server = (server_),                                                                                          \
         .streams = (streams_),                                                                                        \
         .header_fields = (header_fields_),                                                                            \
         .continuations = H2_SMALL_CONTINUATIONS,                                                                      \
         .abuse_burst = H2_DEFAULT_ABUSE_BURST,                                                                        \
         .abuse_refill = H2_DEFAULT_ABUSE_REFILL,                                                                      \
         .block_bytes = H2_SMALL_BLOCK_BYTES,                                                                          \
         .stream_window = (stream_window_),                                                                            \
         .session_window = H2_SMALL_SESSION_WINDOW,                                                                    \
         .frame_size = H2_FRAME_SIZE_MIN,                                                                              \
         .header_bytes = (header_bytes_),                                                                              \
         .decoder_table = (decoder_table_),                                                                            \
         .encoder_table = (encoder_table_),                                                                            \
         .send_header_bytes = (send_header_bytes_),                                                                    \
         .preface_ms = H2_DEFAULT_TIMEOUT_MS,                                                                          \
         .settings_ms = H2_DEFAULT_TIMEOUT_MS,                                                                         \
         .block_ms = H2_DEFAULT_TIMEOUT_MS,                                                                            \
         .keepalive_ms = H2_DEFAULT_KEEPALIVE_MS,                                                                      \
         .keepalive_timeout_ms = H2_DEFAULT_KEEPALIVE_TIMEOUT_MS,                                                      \
         .blocked_ms = H2_DEFAULT_BLOCKED_MS},                                                                         \
        name##_memory.bytes,                                                                                           \
        H2_SESSION_PARTS(name##_memory.bytes, streams_, header_fields_, header_bytes_, decoder_table_,                 \
                         encoder_table_),                                                                              \
        name##_memory.bytes + H2CONN_CORE_CONNS_AT_(streams_, header_fields_, header_bytes_, decoder_table_,           \
                                                    encoder_table_, send_header_bytes_),                               \
        name##_memory.bytes +                                                                                          \
            H2CONN_CORE_CONNS_AT_(streams_, header_fields_, header_bytes_, decoder_table_, encoder_table_,             \
                                  send_header_bytes_) +                                                                \
            (streams_) * sizeof(h2conn_core_conn),                                                                     \
        name##_memory.bytes + sizeof name##_memory.bytes - (tx_bytes_) - (rx_bytes_),                                  \
        name##_memory.bytes + sizeof name##_memory.bytes - (tx_bytes_),                                                \
        (rx_bytes_),                                                                                                   \
        (tx_bytes_)}

/* Begin a session over `transport`, which is copied. The storage must stay until the session is no longer used; there
 * is nothing to release. `on_headers` may be NULL for a client. Returns H2CONN_OK. */
int h2conn_core_init(h2conn_core *core, const h2conn_core_storage *storage, const h2conn_transport *transport,
                     h2conn_core_headers on_headers, void *user);

/* Move bytes both ways as far as the transport goes without waiting. `now_ms` counts from any fixed origin. Returns
 * whether any byte moved: call again at once then; otherwise when the transport can move, the program has read or
 * written, or at `core->wake_ms`. */
bool h2conn_core_step(h2conn_core *core, uint64_t now_ms);

/* Whether the session is over: close the transport. */
bool h2conn_core_over(const h2conn_core *core);
/* What ended the session; H2CONN_OK while nothing did and after a good end, by either side's GOAWAY. */
int h2conn_core_error(const h2conn_core *core);

/* The engine's session, for what h2.h can besides: PING, GOAWAY, draining, why it failed. */
static inline h2_session *h2conn_core_session(const h2conn_core *core) {
    return core->session;
}

/* Client: send a request of `n` fields, pseudo-fields first, all names in lower case. H2CONN_ELIMIT when all
 * connections are in use or the server takes no more; ESTATE after GOAWAY; EAGAIN when earlier requests are not sent
 * yet; EINVAL for fields that may not be sent. */
int h2conn_core_open(h2conn_core *core, const h2_field *fields, size_t n, h2conn_core_conn **conn);

/* Server: answer a request, :status first; with H2_END that is all. EINVAL for fields that may not be sent, ESTATE when
 * it was answered, EAGAIN when there is no room for the fields yet, or what ended the connection: ECLOSED after a good
 * end. The fields are not kept. */
int h2conn_core_respond(h2conn_core_conn *conn, const h2_field *fields, size_t n, unsigned flags);

/* Read up to `len` bytes. Returns a count, 0 at the peer's end, H2CONN_EAGAIN when nothing has come yet, or what ended
 * the connection. Bytes that came before that are read first. */
ptrdiff_t h2conn_core_read(h2conn_core_conn *conn, void *buf, size_t len);

/* Lend `len` bytes to be sent; with H2_END this half ends after them, and `len` may be 0. They must stay in place until
 * h2conn_core_writable. EAGAIN while others are lent, ECLOSED after this half ended, ESTATE before a server's response,
 * and for content where that has none, to HEAD (RFC 9110, 9.3.2); or what ended the connection. A build without
 * H2_SMALL refuses it with 204 and 304 too. */
int h2conn_core_write(h2conn_core_conn *conn, const void *bytes, size_t len, unsigned flags);

/* Whether all that was lent is in frames and more may be lent; or the connection has ended. */
bool h2conn_core_writable(const h2conn_core_conn *conn);

/* Close both halves, and be done with the connection: it may not be used afterwards. A half not ended yet is ended
 * cleanly, unless lent bytes have not all been taken: the stream is reset then, as the peer must not take a part for
 * the whole. NULL is ignored. */
void h2conn_core_close(h2conn_core_conn *conn);

#ifdef __cplusplus
}
#endif
#endif
