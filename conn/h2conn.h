/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_H
#define H2CONN_H

/*
 * h2conn: full-duplex byte connections over HTTP/2.
 *
 * A connection is one HTTP/2 stream used like a stream socket: both ends read and write at the same time, each closes
 * its half when it is done. Many connections share one HTTP/2 session, which is one TCP or TLS connection.
 *
 * A client:
 *
 *     h2conn *conn;
 *     h2conn_response response;
 *     if (h2conn_connect(&conn, "http://localhost:8080/echo", NULL, &response) != H2CONN_OK)
 *         return fprintf(stderr, "%s\n", response.why), 1;
 *     h2conn_write(conn, "hello", 5, NULL);
 *     h2conn_close_write(conn);
 *     while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) fwrite(buf, 1, (size_t)n, stdout);
 *     h2conn_free(conn);
 *
 * A server's handler, called on a thread of its own for each request:
 *
 *     void echo(void *user, h2conn_request *request) {
 *         h2conn *conn;
 *         if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
 *         while ((n = h2conn_read(conn, buf, sizeof buf)) > 0)
 *             if (h2conn_write(conn, buf, (size_t)n, NULL) != H2CONN_OK) break;
 *     }                                             // returning closes the connection
 *
 * The contract of a connection:
 *   - read gives at least one byte, 0 at the peer's end and ever after, or a negative H2CONN_E code.
 *   - write takes all or fails saying how much went; it waits for the peer's window and never drops.
 *   - Either side closes its half and goes on reading.
 *   - close is safe from any thread, twice, and while others wait in read or write: they return H2CONN_ECLOSED.
 *     What was written before a clean close arrives.
 *   - Deadlines are absolute, may be set at any time from any thread, wake calls that wait, and can be moved
 *     to revive the connection. H2CONN_ETIMEDOUT leaves it usable.
 *   - Any number of threads may read and write one connection; the bytes of one write stay together.
 *   - A peer's RST_STREAM, GOAWAY, a lost socket and a TLS failure are told apart; h2conn_code keeps the HTTP/2 code.
 *   - PING, SETTINGS and WINDOW_UPDATE are answered while the program is busy elsewhere.
 *
 * Threads are one style; callbacks on a loop are the other: h2conn_events.h.
 *
 * Every function may be called from any thread unless it says otherwise. Strings, fields and buffers passed in are
 * copied or used during the call only. Times are milliseconds of h2conn_now, lengths octets. What is called an error is
 * a negative H2CONN_E code, named without its H2CONN_ where there is no doubt; EINVAL, which any function returns for
 * NULL or a value out of its range, is named only where it can mean more.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2.h"
#include "h2conn_transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header, as in the soname and the package files. */
#define H2CONN_VERSION "0.1.0"

/* The version of the library that is linked, "major.minor.patch"; lives for ever. */
const char *h2conn_version(void);

#define H2CONN_ERRORS(X)                                                                                               \
    X(H2CONN_OK, 0, "done")                                                                                            \
    X(H2CONN_EINVAL, -1, "an argument is out of range, a field may not be sent, or https:// has no TLS set up")        \
    X(H2CONN_EURL, -2, "the URL is not http://host[:port][/path] or https://; check scheme and port")                  \
    X(H2CONN_ENOMEM, -3, "out of memory, or a limit of this process is reached; close connections or raise it")        \
    X(H2CONN_ERESOLVE, -4, "the host name has no address; check the name and the resolver")                            \
    X(H2CONN_ECONNECT, -5, "no address of the host accepts connections; check that the server runs and the port")      \
    X(H2CONN_ELISTEN, -6, "the address cannot be listened on; check that it is free and local")                        \
    X(H2CONN_ETLS, -7, "the TLS connection failed or was refused; check certificates and names")                       \
    X(H2CONN_EHTTP2, -8, "the peer does not speak HTTP/2; check the port, and http against https")                     \
    X(H2CONN_EPROTOCOL, -9, "the peer broke a rule of HTTP/2")                                                         \
    X(H2CONN_ERESET, -10, "the peer reset the stream")                                                                 \
    X(H2CONN_EGOAWAY, -11, "the peer is going away and did not take the stream; connect again")                        \
    X(H2CONN_ELOST, -12, "the connection to the peer was lost")                                                        \
    X(H2CONN_ETIMEDOUT, -13, "the deadline passed")                                                                    \
    X(H2CONN_ECLOSED, -14, "this side closed the connection, or its half of it")                                       \
    X(H2CONN_ECANCELED, -15, "the program cancelled it")                                                               \
    X(H2CONN_ELIMIT, -16, "the peer's limit of concurrent streams is reached; try again later")                        \
    X(H2CONN_ESTATE, -17, "the call does not fit the connection's state")                                              \
    X(H2CONN_EEND, -18, "the stream has ended")                                                                        \
    X(H2CONN_ECUT, -19, "the stream ended in the middle of a message")                                                 \
    X(H2CONN_ETOOLONG, -20, "a line or message is longer than the buffer given for it")                                \
    X(H2CONN_EEXTENDED, -21, "the server does not offer extended CONNECT (RFC 8441)")                                  \
    X(H2CONN_EAGAIN, -22, "nothing can be done without waiting; an event tells when it can")

typedef enum h2conn_error {
#define H2CONN_ERROR_ENUM(name, value, text) name = value,
    H2CONN_ERRORS(H2CONN_ERROR_ENUM)
#undef H2CONN_ERROR_ENUM
} h2conn_error;

/* One sentence for an error, saying what to do where something can be done; never NULL. */
const char *h2conn_strerror(int error);
/* "H2CONN_ERESET"; "H2CONN_EUNKNOWN" outside the list. */
const char *h2conn_error_name(int error);

typedef hpack_field h2conn_field;
#define H2CONN_FIELD(name, value) H2_FIELD(name, value)

/* Bytes that hold any explanation, terminator included. */
#define H2CONN_WHY_BYTES 320
/* Bytes that hold any printed address: "[v6]:port", terminator included. */
#define H2CONN_ADDRESS_BYTES 72

typedef struct h2conn h2conn;
typedef struct h2conn_client h2conn_client;
typedef struct h2conn_server h2conn_server;
typedef struct h2conn_request h2conn_request;
typedef struct h2conn_events h2conn_events; /* h2conn_events.h */

/* Milliseconds, above 0, of a clock that never runs backwards. */
int64_t h2conn_now(void);

/* Called for each frame sent or received on any session of a client or server, in the order of the session, from any
 * thread with the session locked: it must not call back. `peer` is the printed remote address. */
typedef void (*h2conn_trace)(void *user, const char *peer, bool sent, const h2_frame_header *header,
                             const uint8_t *payload, size_t n);

/* Called with the octets of each session as they go to its transport or came from it, inside TLS; `session` tells
 * sessions of one process apart, and `len` is 0 when the peer will send no more. Each direction is in order, and what
 * answers something comes after it; both may call at once, from any thread: it must not call back. */
typedef void (*h2conn_tap)(void *user, uint64_t session, bool sent, const void *bytes, size_t len);
/* Times of a session beside those of h2_config, in milliseconds; 0 is the default, negative is none. */
typedef struct h2conn_times {
    int64_t
        handshake_ms;  /* for the TLS handshake; default 10,000; ELOST beyond. The times of h2_config begin after it */
    int64_t stall_ms;  /* for a peer that takes nothing of what waits to be sent; default blocked_ms of h2_config; ELOST
                          beyond. At most 64 KiB wait; receiving stops meanwhile when it would make more answers */
    int64_t linger_ms; /* for the peer to end its side of the socket after this one has; default 1,000. Closing earlier
                          may destroy what is under way; none closes at once */
} h2conn_times;

/* ---- cancelling ---- */

/* A token that ends calls which wait, from another thread. It may be given to any number of calls, at once or one after
 * another, and once fired ends each that has it, also those to come. */
typedef struct h2conn_cancel h2conn_cancel;

/* A token that is not fired; ENOMEM, and *cancel is NULL then. */
int h2conn_cancel_new(h2conn_cancel **cancel);
/* Any number of times. Async-signal-safe. */
void h2conn_cancel_fire(h2conn_cancel *cancel);
bool h2conn_cancel_fired(const h2conn_cancel *cancel);
/* When no call has it any more. NULL is ignored. */
void h2conn_cancel_free(h2conn_cancel *cancel);

/* ---- client ---- */

/* A client that is about to try again. The strings are valid during the call. */
typedef struct h2conn_retry {
    const char *origin; /* "https://host:port" */
    unsigned failures;  /* in a row, the last included */
    int error;          /* the last: ERESOLVE, ECONNECT, ETIMEDOUT (of one attempt), ELOST, EGOAWAY */
    const char *why;    /* one sentence on it */
    int64_t wait_ms;    /* until the next attempt; 0 when its time has come already */
} h2conn_retry;

/* Called by the thread that is about to wait and dial, with nothing locked; it must not free the client. Returns
 * whether to go on; if not, the h2conn_connect that waits returns the error. */
typedef bool (*h2conn_reconnecting)(void *user, const h2conn_retry *retry);

/*
 * Trying again. With `first_ms` set, an h2conn_connect of the client whose session cannot be had - the host is not
 * resolved or not reached, or the session is lost or refuses before any of the request was sent - tries again, as long
 * as its own timeout leaves room for the next attempt; otherwise it returns the last error at once. When a session that
 * was in use is lost, its connections end with H2CONN_ELOST, and the next h2conn_connect to its origin waits likewise.
 *
 * Nothing is ever sent twice: a request that may have reached a server, and all that was written, are the program's to
 * repeat. Errors that a second try would meet again (TLS refused, no HTTP/2) are returned.
 *
 * The wait doubles with each failure in a row at an origin, less a random share, and starts anew when nothing failed
 * for `most_ms` after an attempt.
 */
typedef struct h2conn_reconnect {
    uint32_t first_ms;         /* wait after the first failure, 1 to most_ms; 0: never try again */
    uint32_t most_ms;          /* the longest wait; default 30,000 */
    int jitter_percent;        /* the largest share that chance takes off, up to 100; default 50; negative: none */
    uint32_t attempt_ms;       /* resolving and connecting, of one attempt; default 10,000 */
    h2conn_reconnecting again; /* told of each attempt after the first; may be NULL */
    void *user;
} h2conn_reconnect;

/* Zeroes are the defaults. */
typedef struct h2conn_client_options {
    const h2conn_secure *secure; /* for https:// URLs (h2tls_secure); copied, its context must outlive the client */
    const h2_config *config;     /* sizes, windows and times; default h2_config_hosted(false) */
    uint64_t window_memory;      /* octets by which the receive windows of all connections together may grow beyond
                                    h2_config.stream_window, each to at most window_most; default 256 MiB. A step takes
                                    no more than half of what is left, so that late ones find some. Memory is only used
                                    when a program stops reading what its peer had reason to think it would */
    h2conn_trace trace;
    void *trace_user;
    h2conn_times times;
    h2conn_reconnect reconnect;
    bool manual; /* no thread of its own: the program's loop calls h2conn_client_process (h2conn_events.h) */
    h2conn_tap tap;
    void *tap_user;
} h2conn_client_options;

/* A client keeps one HTTP/2 session for each origin (scheme, host, port), opened when first needed and shared by all
 * connections to it; a second one is opened when the first is full or going away. `options` may be NULL. EINVAL for a
 * configuration that is out of range, ENOMEM; *client is NULL then. */
int h2conn_client_new(h2conn_client **client, const h2conn_client_options *options);
/* Ends every session: what was written goes out first, for up to 5 seconds. The client's connections must have been
 * freed. NULL is ignored. */
void h2conn_client_free(h2conn_client *client);

/* An informational response (1xx), such as 103 with its fields; called before the final one, from any thread with the
 * session locked: it must not call back. The fields, without pseudo-fields, are valid during the call. */
typedef void (*h2conn_informational)(void *user, int status, const h2conn_field *fields, size_t n);

/* Zeroes are the defaults. */
typedef struct h2conn_options {
    h2conn_client *client;       /* where sessions are shared; NULL: this connection has a session of its own */
    const h2conn_secure *secure; /* with client NULL: as in h2conn_client_options; copied */
    const char *method;          /* default "POST" */
    const char
        *protocol; /* extended CONNECT (RFC 8441) for this protocol, such as "websocket"; the method is CONNECT then */
    const h2conn_field *fields; /* further request fields, lower-case names, no pseudo-fields */
    size_t n_fields;
    bool early;           /* return when the request is sent, without its response: see h2conn_await_response */
    bool expect_continue; /* send "expect: 100-continue" and return at 100, with status 100, or at the final response */
    h2conn_informational informational; /* may be NULL */
    void *informational_user;
    int64_t timeout_ms;    /* for resolving, connecting, TLS and the response together; 0: 30,000; negative: none */
    h2conn_cancel *cancel; /* fired at any time, it ends the connect with ECANCELED; may be NULL */
    h2conn_trace trace;    /* with client NULL */
    void *trace_user;
} h2conn_options;

/* The server's answer. */
typedef struct h2conn_response {
    int status;                 /* 100 to 599; 0 when there was none */
    const h2conn_field *fields; /* without pseudo-fields; live as long as the connection */
    size_t n_fields;
    uint32_t code;              /* the HTTP/2 code, when one ended the attempt */
    char why[H2CONN_WHY_BYTES]; /* one sentence on failure, else "" */
} h2conn_response;

/* Connect: open a stream to `url` (http:// is HTTP/2 with prior knowledge, https:// TLS with ALPN h2), send the request
 * and wait for the response's header section. Any status is a success: the caller looks at it. `options` and `response`
 * may be NULL. Tries the addresses of the host, IPv6 and IPv4 by turns, each 250 ms after the one before or when
 * that has failed, 64 at most (RFC 8305). On failure *conn is NULL and the code one of EINVAL, EURL, ENOMEM, ERESOLVE,
 * ECONNECT, ETLS, EHTTP2, EPROTOCOL, ERESET, EGOAWAY, ELOST, ETIMEDOUT, ECANCELED, ELIMIT, EEXTENDED. */
int h2conn_connect(h2conn **conn, const char *url, const h2conn_options *options, h2conn_response *response);

/* Client: wait, up to the read deadline, for the response's header section of a connection made with `early`; some
 * servers answer only when they have read all or part of the request. At once when it is there. `response` as in
 * h2conn_connect; on failure its `why` says why. ERESET, EGOAWAY, ELOST, ETLS, EPROTOCOL, ETIMEDOUT (it may be asked
 * again), ECLOSED. */
int h2conn_await_response(h2conn *conn, h2conn_response *response);

/* ---- server ---- */

/* Runs on a thread of its own for each request, up to h2conn_server_options.threads at once. The request, and the
 * connection accepted from it, live until it returns; the server frees both. A request neither accepted nor refused is
 * answered 404. */
typedef void (*h2conn_handler)(void *user, h2conn_request *request);

/* Zeroes are the defaults. */
typedef struct h2conn_server_options {
    const h2conn_secure *secure; /* for https:// listeners; copied */
    const h2_config *config;     /* default h2_config_hosted(true) */
    uint64_t window_memory;      /* as for a client; each loop has an equal share */
    h2conn_handler handler;      /* required, unless `events` is given */
    void *user;                  /* passed to the handler */
    const h2conn_events *events; /* serve by callbacks instead (h2conn_events.h), no handler and no threads for them */
    unsigned loops;              /* threads with a loop and a listening socket each (SO_REUSEPORT); default 1 */
    unsigned threads;            /* handlers at once; default 1,024 */
    unsigned waiting;            /* streams that may wait for a handler; default 1,024; REFUSED_STREAM beyond */
    unsigned sessions;           /* HTTP/2 sessions at once; default 10,000; closed at once beyond */
    h2conn_trace trace;
    void *trace_user;
    h2conn_times times;
    h2conn_tap tap;
    void *tap_user;
    /* Stack of each handler's thread, at least H2CONN_STACK_MIN besides what the handler itself needs. Default: the
     * system's, on Linux `ulimit -s`, 8 MiB as a rule, of which only what is used takes memory: to be lowered where
     * addresses are scarce, on 32 bits or under `ulimit -v`, as 1,024 of them are 8 GiB. Used by no other thread. */
    size_t stack_bytes;
} h2conn_server_options;

/* What of a handler's stack others may take, with room to spare: wolfSSL's variables of a thread are on it, 54 KB as
 * Debian builds it; the library and TLS go 4 KB deep. */
#define H2CONN_STACK_MIN 131072

/* A server that listens nowhere yet. `options` is copied, what it points to but `config` is not. H2CONN_EINVAL when it
 * has no handler or a value is out of range, H2CONN_ENOMEM; *server is NULL then. */
int h2conn_server_new(h2conn_server **server, const h2conn_server_options *options);

/* Listen on "http://host:port" or "https://host:port"; port 0 takes a free one; the path is ignored. May be called
 * again for further addresses. On success the printed address "host:port" is in `address`, on failure a sentence.
 * ELISTEN, EURL, ERESOLVE, EINVAL (https without `secure`), ENOMEM. */
int h2conn_server_listen(h2conn_server *server, const char *url, char address[H2CONN_WHY_BYTES]);

/* Serve until h2conn_server_stop or the end of a drain; H2CONN_OK then. One thread calls it, once; it runs the first
 * loop, and the others have threads of their own. ENOMEM when these cannot be started. */
int h2conn_server_run(h2conn_server *server);

/* Stop accepting, tell clients with GOAWAY (RFC 9113, 6.8), let open connections finish up to `timeout_ms` (negative:
 * as long as they take), then end run. Returns at once. */
void h2conn_server_drain(h2conn_server *server, int64_t timeout_ms);

/* End now: connections are closed with CANCEL, run returns. Async-signal-safe. */
void h2conn_server_stop(h2conn_server *server);

/* Wait for the handlers and release everything. Not while run is running. NULL is ignored. */
void h2conn_server_free(h2conn_server *server);

/* The request: what the client asked (RFC 9113, 8.3.1); the path has the query with it. Pointers live as long as the
 * request. Strings are terminated; a missing one is "". */
const char *h2conn_request_method(const h2conn_request *request);
const char *h2conn_request_path(const h2conn_request *request);
const char *h2conn_request_authority(const h2conn_request *request);
const char *h2conn_request_scheme(const h2conn_request *request);
/* Of an extended CONNECT (RFC 8441), offered when h2_config.connect_protocol is set; "" otherwise. */
const char *h2conn_request_protocol(const h2conn_request *request);
/* All fields but pseudo-fields, in order. */
const h2conn_field *h2conn_request_fields(const h2conn_request *request, size_t *n);

/* Answer with `status` (200 to 299) and further fields, and turn the request into a connection, which is the server's
 * to free. EINVAL for another status or a field that may not be sent (RFC 9113, 8.2), ESTATE when the request was
 * answered before; ERESET, ELOST when the client has gone; ENOMEM, ETIMEDOUT (the write deadline) and, in a callback,
 * EAGAIN when there is no room for the fields yet (on_writable follows): it may be answered still. A response to HEAD,
 * and 204, has no content: only reading is left then. */
int h2conn_accept(h2conn **conn, h2conn_request *request, int status, const h2conn_field *fields, size_t n);

/* Read the request's content before answering, as h2conn_read does and with its errors. A client that waits for 100
 * (Continue) is sent it first (RFC 9110, 10.1.1). */
ptrdiff_t h2conn_request_read(h2conn_request *request, void *buf, size_t len);

/* Send an informational response (RFC 9110, 15.2: 100 to 199, not 101) before the answer. ESTATE after it; otherwise as
 * h2conn_accept. */
int h2conn_inform(h2conn_request *request, int status, const h2conn_field *fields, size_t n);

/* Answer completely: a status (200 to 599), fields and a body of `len` bytes, waiting for the client to take it. A
 * content-length is added (RFC 9110, 8.6) unless `fields` has one or the status (204, 304) excludes it; the body is
 * left out with these and for HEAD. What the client still sends is discarded. As h2conn_accept, and while the body goes
 * as h2conn_write. */
int h2conn_respond(h2conn_request *request, int status, const h2conn_field *fields, size_t n, const void *body,
                   size_t len);

/* ---- connection ---- */

/* Read up to `len` bytes (at least 1) into `buf`, waiting for the first. Returns the count, 0 at the peer's end, or
 * ERESET, EGOAWAY, ELOST, ETLS, EPROTOCOL, ETIMEDOUT, ECLOSED; ENOMEM, which resets the stream. Bytes that arrived
 * before a failure are read first. */
ptrdiff_t h2conn_read(h2conn *conn, void *buf, size_t len);

/* Write all `len` bytes, which may be none, waiting for the peer's windows (RFC 9113, 5.2). Returns H2CONN_OK, or an
 * error with the bytes that went into frames in *written (may be NULL): ERESET, EGOAWAY, ELOST, ETLS, EPROTOCOL,
 * ENOMEM, which resets the stream, ETIMEDOUT (the rest may follow), ECLOSED after h2conn_close_write or _close, ESTATE
 * before h2conn_accept, or for content where a response has none: to HEAD, with 204 (RFC 9110, 6.4.1). */
int h2conn_write(h2conn *conn, const void *buf, size_t len, size_t *written);

/* End this side's half (RFC 9113, 5.1: END_STREAM); reading goes on. A write of another thread ends first, up to the
 * write deadline (ETIMEDOUT); in a callback that is EAGAIN, and on_writable follows. A second call does nothing. */
int h2conn_close_write(h2conn *conn);

/* The same with trailers after the last byte (RFC 9113, 8.1): fields without pseudo-fields. EINVAL for ones that may
 * not be sent; ESTATE before a server has accepted, and as for h2conn_write. ENOMEM leaves this half open: try again,
 * or reset. */
int h2conn_close_write_with(h2conn *conn, const h2conn_field *fields, size_t n);

/* The peer's trailers, once h2conn_read has given 0; NULL and 0 when there are none. They live as long as the
 * connection. */
const h2conn_field *h2conn_trailers(h2conn *conn, size_t *n);

/* Close both halves. This half is ended cleanly and all written before arrives. What the peer still sends is refused:
 * by a client at once (RST_STREAM with CANCEL), by a server when it is more than half a window (NO_ERROR). Safe at any
 * time, any number of times; does not wait. H2CONN_OK. */
int h2conn_close(h2conn *conn);

/* End at once with RST_STREAM (RFC 9113, 6.4) and a code: one of h2_code, or any other of 32 bits. What was written and
 * has not gone is dropped. Nothing happens when the stream has ended. H2CONN_OK. */
int h2conn_reset(h2conn *conn, uint32_t code);

/* Close, and release. No other call on this connection may be running or follow. NULL is ignored. A handler's
 * connection is freed by the server instead. With events, no callback is called for it any more; one that runs has
 * returned, unless this is called in a callback. A connection with a session of its own ends that too, as
 * h2conn_client_free does: what was written goes out first, then the server has a second to end its side, so that
 * nothing on the way is destroyed. */
void h2conn_free(h2conn *conn);

/* Absolute times of h2conn_now; 0 for none. One that has passed ends calls that wait, and those to come, with
 * ETIMEDOUT. The last sets both. */
void h2conn_set_read_deadline(h2conn *conn, int64_t at_ms);
void h2conn_set_write_deadline(h2conn *conn, int64_t at_ms);
void h2conn_set_deadline(h2conn *conn, int64_t at_ms);

/* Printed socket addresses, "127.0.0.1:8080" or "[::1]:8080". Live as long as the connection. */
const char *h2conn_local_addr(const h2conn *conn);
const char *h2conn_remote_addr(const h2conn *conn);

/* The HTTP/2 code that ended the connection, sent or received; H2_NO_ERROR while none did. */
uint32_t h2conn_code(h2conn *conn);

/* One sentence on what ended the connection, "" while nothing did: the error, its code and the rule broken. Returns
 * `out`. */
const char *h2conn_why(h2conn *conn, char out[H2CONN_WHY_BYTES]);

/* Measure the round trip with a PING (RFC 9113, 6.7), up to `timeout_ms`, above 0. The time in microseconds goes to
 * *rtt_us. ETIMEDOUT, ENOMEM, or what ended the session. */
int h2conn_ping(h2conn *conn, int64_t timeout_ms, int64_t *rtt_us);

/* Wait until the stream has ended in both directions, up to the read deadline. H2CONN_OK when it ended in good order,
 * else what ended it, ETIMEDOUT, or ENOMEM. */
int h2conn_wait_closed(h2conn *conn);

#ifdef __cplusplus
}
#endif
#endif
