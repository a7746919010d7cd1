/* SPDX-License-Identifier: MIT */
#ifndef H2_H
#define H2_H

/*
 * An HTTP/2 session without I/O (RFC 9113), client or server.
 *
 * The engine is given the bytes that arrived and is asked for the bytes to send. It does not allocate, wait, or look at
 * a clock; the caller brings the memory and tells the time. What it owes the peer (an acknowledgement, a window, a
 * reset) is state, turned into a frame when h2_session_transmit has room for it, so nothing a peer does makes
 * memory grow.
 *
 *     h2_config config = h2_config_hosted(false);                       // a client
 *     h2_session *s;
 *     h2_session_init(&s, memory, h2_session_size(&config), &config, &handlers, user);
 *     h2_stream_open(s, fields, n, 0, &id);                               // a request
 *     h2_stream_write(s, id, "hello", 5, H2_END);                         // lent until taken
 *     while ((n = h2_session_transmit(s, out, sizeof out)) > 0) send(out, n);
 *     n = recv(in); h2_session_receive(s, in, n);                         // handlers run in here
 *
 * Order of a caller's loop: receive what came, tick, transmit until it gives 0. h2_session_receive may take less
 * than it was given when answers wait for room: transmit, then give it the rest.
 *
 * Threads: a session is used by one thread at a time. Handlers run inside the call that caused them, after the
 * session's state is complete, and may call any function here except h2_session_receive and h2_session_transmit.
 *
 * Flow control: h2_stream_write lends bytes to the engine, which takes what the peer's windows allow. Bytes received
 * are the handler's to keep, at most as many as the windows of h2_config promise; each must be given back once with
 * h2_stream_consumed, which opens the windows again.
 *
 * Memory: h2_session_init takes one block that never changes, for firmware. h2_session_new borrows parts as they are
 * needed, so that an idle session holds little: some 1 KiB, and 80 bytes for a stream.
 *
 * Streams are named by their identifier. A function called with one that has ended returns H2_ENOSTREAM; nothing
 * dangles.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2_error.h"
#include "h2_frame.h"
#include "h2_limits.h"
#include "hpack.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct h2_session h2_session;
typedef hpack_field h2_field;
typedef hpack_lender h2_lender;

/* A field from string literals. */
#define H2_FIELD(name, value)                                                                                          \
    { (name), (value), sizeof(name) - 1, sizeof(value) - 1, false }

/* Sizes and times. Start from h2_config_hosted or h2_config_small and change what differs. */
typedef struct h2_config {
    bool server;
    bool connect_protocol; /* server: offer extended CONNECT (RFC 8441) */
#ifndef H2_SMALL
    bool credit_on_receipt; /* open the connection's window when DATA arrives, not when it is consumed: a stream nobody
                               reads then holds up only itself, and the caller keeps up to the sum of the stream
                               windows. So it is in h2_config_hosted; in h2_config_small it is not */
#endif
    uint16_t streams;        /* 1 to H2_STREAMS_LIMIT: open at once; a server announces it */
    uint16_t header_fields;  /* of a received header section, pseudo-fields included */
    uint16_t continuations;  /* CONTINUATION frames a header block may have */
    uint16_t abuse_burst;    /* points the ledger of abuse holds, at least 1: H2_PRICE_ in h2_limits.h (10.5) */
    uint16_t abuse_refill;   /* points a second it gets back */
    uint32_t block_bytes;    /* octets of a received header block, all its frames' payloads together */
    uint32_t stream_window;  /* octets of DATA received and not consumed, each stream; up to H2_WINDOW_MAX */
    uint32_t session_window; /* the same, all streams together; the protocol's floor is H2_WINDOW_INITIAL */
    uint32_t window_most; /* up to which windows grow with the bandwidth-delay product, measured by PINGs beside DATA in
                             bulk; they need h2_session_tick, and fall back after blocked_ms without DATA; 0 or less
                             than the windows: never. Octets are only held when the program stops reading: then a peer
                             that had it read this fast until now can fill what its window had grown to, so bound the
                             sum by on_grow. A build with H2_SMALL has none of this */
    uint32_t frame_size;  /* largest payload received, H2_FRAME_SIZE_MIN to H2_FRAME_SIZE_MAX */
    uint32_t header_bytes;      /* of the strings of a received header section, at least decoder_table */
    uint32_t decoder_table;     /* HPACK storage for receiving, a multiple of HPACK_TABLE_ALIGN, 0 allowed */
    uint32_t encoder_table;     /* HPACK storage for sending, likewise */
    uint32_t send_header_bytes; /* encoded header blocks waiting to be sent; at a build with H2_SMALL its answers too:
                                   H2_SEND_HEADERS_MIN(streams) or more, of which H2_ANSWER_BYTES(streams) are theirs */
    uint32_t preface_ms;   /* for the peer's preface, its SETTINGS included; this and the next two 0 for any time */
    uint32_t settings_ms;  /* then, for its acknowledgement of ours */
    uint32_t block_ms;     /* for each header block, from HEADERS to END_HEADERS */
    uint32_t keepalive_ms; /* silence after which a PING is sent; 0 for never */
    uint32_t keepalive_timeout_ms; /* and its answer awaited; 0 for ever */
    uint32_t blocked_ms;           /* how long a stream with data may wait for the peer's window; 0 for ever */
} h2_config;

/* The defaults of H2_DEFAULT_ and H2_SMALL_ in h2_limits.h. */
h2_config h2_config_hosted(bool server);
h2_config h2_config_small(bool server);

typedef enum h2_section {
    H2_REQUEST,       /* at a server: opens the stream */
    H2_RESPONSE,      /* at a client: final status */
    H2_INFORMATIONAL, /* at a client: a 1xx response, more follow */
    H2_TRAILERS       /* ends the peer's side */
} h2_section;

/* What happens, as it happens. Any member may be NULL. `user` is the pointer given at init. */
typedef struct h2_handlers {
    /* A complete, well-formed header section. The fields, pseudo-fields first, are valid during the call. With `end`
     * the peer's side has ended. */
    void (*on_headers)(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end);
    /* DATA in order, padding removed; `bytes` is valid during the call; `len` may be 0 only with `end`. Every octet
     * must be consumed once with h2_stream_consumed, now or later, also after the stream has ended. */
    void (*on_data)(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end);
    /* All lent bytes were taken into frames, or the END_STREAM lent without bytes: the buffer is the caller's again. */
    void (*on_sent)(void *user, uint32_t id);
    /* The stream has ended in both directions, or at once because of `why`; lent bytes are the caller's again. The last
     * event of a stream. During the call h2_stream_user and h2_stream_withdraw still answer for it. */
    void (*on_closed)(void *user, uint32_t id, const h2_failure *why);
    /* The peer's SETTINGS are in force: stream limits may have changed. */
    void (*on_settings)(void *user);
    /* The answer to h2_session_ping. */
    void (*on_pong)(void *user, const uint8_t opaque[H2_PING_BYTES]);
    /* The peer sent GOAWAY. Streams it will not process have been closed with H2_BY_GOAWAY. */
    void (*on_goaway)(void *user, uint32_t last_stream_id, uint32_t code);
#ifndef H2_SMALL
    /* Each frame sent (whole) or received: `n` octets of its payload are at hand, possibly fewer than header->length;
     * those of a frame sent only until the handler sends a header section. */
    void (*on_frame)(void *user, bool sent, const h2_frame_header *header, const uint8_t *payload, size_t n);
    /* A stream's receive window is about to grow by `octets`: whether that much memory may be promised. Below zero, it
     * shrank: the promise is over, the answer does not matter. NULL allows all up to window_most. */
    bool (*on_grow)(void *user, int64_t octets);
#endif
} h2_handlers;

/* ---- the session ---- */

/* Bytes of memory for a session of this configuration; 0 when a value is out of range. H2_SESSION_BYTES of h2_storage.h
 * is the same as a constant. */
size_t h2_session_size(const h2_config *config);

/* Make a session in `memory` (`size` bytes, aligned as for max_align_t, kept until the session is no longer used; there
 * is nothing to release). `config` and `handlers` are copied; a build with H2_SMALL keeps the pointers, and both must
 * stay. H2_EINVAL when a value is out of range or `size` too small. */
h2_result h2_session_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                          const h2_handlers *handlers, void *user);

/* The same for one role, which `config` must name. A program that only uses one of them is linked without the code of
 * the other. */
h2_result h2_client_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                         const h2_handlers *handlers, void *user);
h2_result h2_server_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                         const h2_handlers *handlers, void *user);

#ifndef H2_SMALL
/* Make a session that borrows its memory: for good its own struct, HPACK tables and streams as they come into use, and
 * briefly what a header section needs on its way in and out, to the same bounds as above. `lender` is kept
 * until h2_session_free. A refused loan refuses the stream, or the call with H2_ENOMEM; where neither can be, it ends
 * the session with H2_RULE_MEMORY. H2_EINVAL, or H2_ENOMEM at once. Not in a build with H2_SMALL. */
h2_result h2_session_new(h2_session **session, const h2_lender *lender, const h2_config *config,
                         const h2_handlers *handlers, void *user);

/* Give back all of it. Only for a session of h2_session_new, and not from a handler. */
void h2_session_free(h2_session *s);
#endif

/* Take received bytes. Returns how many were taken: fewer than `len` only when answers wait for room, then transmit and
 * give the rest. H2_EPROTOCOL once the session has failed: transmit what is left to say, then close the transport. */
ptrdiff_t h2_session_receive(h2_session *s, const uint8_t *bytes, size_t len);

/* Write owed frames to `out`. Returns the bytes written, 0 when nothing is owed or the next frame does not fit. `cap`
 * should be at least H2_FRAME_HEADER_BYTES plus 64; DATA is cut to fit. */
size_t h2_session_transmit(h2_session *s, uint8_t *out, size_t cap);

/* Tell the time in milliseconds from any fixed origin; an earlier one than before counts as no time passed. Returns the
 * time of the next call needed, UINT64_MAX for none. Timeouts are noticed only in here. */
uint64_t h2_session_tick(h2_session *s, uint64_t now_ms);

/* The transport ended: close all streams with `code`, culprit H2_BY_PEER, and take nothing more. */
void h2_session_lost(h2_session *s, uint32_t code);

/* Whether transmit has something to write, windows permitting. */
bool h2_session_wants_transmit(const h2_session *s);

/* Whether the session is over: it failed, or GOAWAY was exchanged and no stream is left. When transmit gives 0 then,
 * close the transport. */
bool h2_session_finished(const h2_session *s);

/* Why the session failed or was told to go; culprit H2_BY_NOBODY while neither. */
const h2_failure *h2_session_failure(const h2_session *s);

/* Ask the peer for an answer to eight octets; h2_handlers.on_pong gives it. H2_EAGAIN while one is under way,
 * H2_ECLOSED when the session is over (6.7). */
h2_result h2_session_ping(h2_session *s, const uint8_t opaque[H2_PING_BYTES]);

/* End: no new streams in either direction, GOAWAY with `code` and the last stream processed (6.8). With H2_NO_ERROR
 * open streams go on; with any other code the session is over at once. */
void h2_session_goaway(h2_session *s, uint32_t code);

/* Server: end gracefully in two GOAWAYs (6.8): the first names no last stream, the second follows a round trip later.
 */
void h2_session_drain(h2_session *s);

/* Streams the program may still open now: the peer's limit and ours, less those open; 0 after GOAWAY. */
uint32_t h2_session_room(const h2_session *s);

/* Whether the peer's first SETTINGS have arrived. */
bool h2_session_ready(const h2_session *s);

/* Whether the peer has acknowledged our SETTINGS. Before that it may go by the default window, so that up to
 * H2_WINDOW_INITIAL octets may come on a stream whose window is configured smaller (6.9.2). */
bool h2_session_settled(const h2_session *s);

/* Whether the server offers extended CONNECT (RFC 8441, 3). */
bool h2_session_connect_protocol(const h2_session *s);

/* ---- streams ---- */

enum {
    H2_END = 1 /* nothing follows in this direction */
};

/* Client: send a request header section (8.3.1) and name its new stream. The fields are checked as the peer's would be
 * and not kept. H2_EINVAL malformed, or larger than send_header_bytes; H2_ESTATE :protocol the server does not offer;
 * H2_ELIMIT; H2_ECLOSED; H2_EAGAIN no room for the block yet; H2_ENOMEM. A build with H2_SMALL leaves to the server
 * what the pseudo-fields say together, and of their characters only refuses those that are not visible. */
h2_result h2_stream_open(h2_session *s, const h2_field *fields, size_t n, unsigned flags, uint32_t *id);

/* Server: send a response header section (8.3.2), checked likewise; a status of 1xx is informational and may be
 * followed by others. H2_EINVAL malformed, too large, or informational with H2_END; H2_ESTATE when a final one was sent
 * already; H2_EAGAIN no room; H2_ENOMEM. */
h2_result h2_stream_respond(h2_session *s, uint32_t id, const h2_field *fields, size_t n, unsigned flags);

/* Send trailers (8.1), which end this side; lent bytes must have been taken (H2_EAGAIN otherwise, or without room).
 * H2_EINVAL malformed or too large; H2_ESTATE as for h2_stream_write, and on a stream of CONNECT (8.5); H2_ENOMEM. */
h2_result h2_stream_trailers(h2_session *s, uint32_t id, const h2_field *fields, size_t n);

/* Lend `len` bytes to be sent; they must stay in place until on_sent, on_closed or h2_stream_withdraw. With H2_END the
 * stream's side ends after them; `len` may be 0 then. H2_EAGAIN while others are lent; H2_ESTATE before the headers or
 * after the end, and for content of a response that has none: to HEAD, 204, 304 (RFC 9110, 6.4.1; a build with H2_SMALL
 * looks at HEAD alone). */
h2_result h2_stream_write(h2_session *s, uint32_t id, const void *bytes, size_t len, unsigned flags);

/* Take back lent bytes. Returns how many of the last were not taken into frames; a pending H2_END is forgotten with
 * them. */
size_t h2_stream_withdraw(h2_session *s, uint32_t id);

/* How many octets of DATA the peer's windows would take now. */
uint32_t h2_stream_allowance(const h2_session *s, uint32_t id);

/* Give back received octets: the windows open again. A stream that has ended still returns its share of the
 * connection's window. */
void h2_stream_consumed(h2_session *s, uint32_t id, size_t n);

/* Give back received octets of a stream that wants no more: the connection's window opens again, the stream's does not.
 */
void h2_session_consumed(h2_session *s, size_t n);

/* End a stream at once in both directions with RST_STREAM `code`; on_closed is called. A server's REFUSED_STREAM is
 * charged to the client, as the engine's own are (10.5): the session may fail of it, with a last on_closed for each
 * other stream. */
h2_result h2_stream_reset(h2_session *s, uint32_t id, uint32_t code);

/* Be done with a stream: on_closed is called now, as its last event. A client, and a server whose own side has not
 * ended, reset the stream at once (CANCEL, NO_ERROR). A server that has answered completely hears the client out (8.1):
 * what still comes is judged and dropped, and the stream is reset with NO_ERROR when that is more than half a window or
 * its end stays out for long; at once when so much has come and was not consumed. Octets that were delivered must still
 * be consumed. */
h2_result h2_stream_leave(h2_session *s, uint32_t id);

#ifndef H2_SMALL
/* Say how the stream's DATA ranks: `urgency` 0 to 7, least first, and whether it is of use in part, so that equals
 * share (RFC 9218, 4). It orders what is sent here; a client's server is told with PRIORITY_UPDATE to rank its answer
 * likewise. A server starts from the request's `priority` field. A stream that nobody ranked has urgency 3 and shares.
 * H2_EINVAL for an urgency beyond 7. Not in a build with H2_SMALL, where all share. */
h2_result h2_stream_prioritize(h2_session *s, uint32_t id, unsigned urgency, bool incremental);
#endif

/* A pointer of the caller's kept with the stream; NULL at first and for an unknown stream. */
void h2_stream_set_user(h2_session *s, uint32_t id, void *user);
void *h2_stream_user(const h2_session *s, uint32_t id);

#ifdef __cplusplus
}
#endif
#endif
