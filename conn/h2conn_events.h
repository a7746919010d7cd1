/* SPDX-License-Identifier: MIT */
#ifndef H2CONN_EVENTS_H
#define H2CONN_EVENTS_H

/*
 * Connections by events: callbacks on a loop instead of threads that wait.
 *
 *     static void pump(void *user, h2conn *conn) {                  // an echo; both on_readable and on_writable
 *         const void *bytes;
 *         ptrdiff_t n, taken;
 *         while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
 *             h2conn_skip(conn, (size_t)taken);
 *         if (n == 0) h2conn_close(conn);                           // the peer has ended, and has everything back
 *     }
 *     static void on_open(void *user, h2conn_request *request) {
 *         h2conn *conn;
 *         h2conn_accept(&conn, request, 200, NULL, 0);
 *     }
 *     static const h2conn_events echo = {.on_open = on_open, .on_readable = pump, .on_writable = pump};
 *     h2conn_server_options options = {.events = &echo, .loops = 2};
 *
 * Callbacks run on the thread of the loop that looks after the session, one at a time for each session, with no lock
 * held. They may call every function of the library, for this connection and others, and must not wait: while one runs,
 * the other connections of its loop stand still. Inside of them h2conn_accept, _respond, _inform, _close, _close_write,
 * _close_write_with, _reset and _free do not wait either. What is written in a callback is sent when those that are due
 * have run. Other threads may use a connection at the same time, in either style; a server's is held for that.
 *
 * The events of a connection, in this order; a server's connection has them once it was accepted or held:
 *   on_open      server: a request came. Accept it, respond, or hold it to do so later; else it is answered 404.
 *   on_response  client: the final response came.
 *   on_readable  bytes came, or the peer's end. It is called again as long as callbacks read some and leave some; when
 *                they read nothing, when more comes. So reading a part is safe, and not reading stops the peer.
 *   on_writable  after h2conn_try_write took less than all, or a function gave EAGAIN: there is room again.
 *   on_close     once, the last: the stream has ended, h2conn_why tells why. What came before can still be read.
 */

#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Members may be NULL. The struct must outlive the server, or the connection. */
struct h2conn_events {
    /* The request's strings and fields live until it returns, unless held. */
    void (*on_open)(void *user, h2conn_request *request);
    void (*on_response)(void *user, h2conn *conn, const h2conn_response *response);
    void (*on_readable)(void *user, h2conn *conn);
    void (*on_writable)(void *user, h2conn *conn);
    /* A server's connection that is not held is freed when it returns. */
    void (*on_close)(void *user, h2conn *conn);
    void *user; /* passed to each */
};

/* In on_open: keep the request, which may be answered later, by any callback or thread. Returns its connection, on
 * which content can be read before the answer. Both are the program's from then on, and live until it calls
 * h2conn_free: in on_close, or later, but before h2conn_server_free. So what other threads use is held first. */
h2conn *h2conn_request_hold(h2conn_request *request);

/* Read up to `len` bytes (at least 1) without waiting: the count, 0 at the peer's end, EAGAIN when there is nothing yet
 * (on_readable will tell), or an error of h2conn_read. */
ptrdiff_t h2conn_try_read(h2conn *conn, void *buf, size_t len);

/* Look at received bytes where they are: the count, and where in *bytes; otherwise as h2conn_try_read. They stay there
 * until the next h2conn_skip, _read, _try_read, _close, _reset or _free of this connection, in any thread. There may be
 * more than are shown at once. */
ptrdiff_t h2conn_peek(h2conn *conn, const void **bytes);
/* Be done with the first `n` of the bytes last looked at: the peer may send as many more. */
void h2conn_skip(h2conn *conn, size_t n);

/* Write what can be written without waiting. Returns how many bytes were taken, up to about 1 KiB of them copied to
 * wait for the peer's window; EAGAIN when none were. on_writable follows when that is less than `len`. Errors as
 * h2conn_write: ERESET, EGOAWAY, ELOST, ETLS, EPROTOCOL, ECLOSED; ESTATE as h2conn_write; ENOMEM, which resets the
 * stream. */
ptrdiff_t h2conn_try_write(h2conn *conn, const void *buf, size_t len);

/* A pointer of the program's kept with the connection, NULL at first. It is a plain variable: threads that share a
 * connection agree on who sets it, and when. */
void h2conn_set_user(h2conn *conn, void *user);
void *h2conn_user(const h2conn *conn);

/*
 * Client: connect without waiting. *conn is there at once, and on_response or on_close follows, from a callback,
 * possibly before this returns; `user` is what h2conn_user gives from the beginning. Names are resolved and sockets
 * connected by a thread that ends when it has; the rest is the loop's.
 *
 * Until on_response (with `early` or `expect_continue` on_writable, which says that the request was sent, or that 100
 * came) only h2conn_close, _free, _set_user and _user may be called for it; h2conn_close and h2conn_free end the
 * attempt at any time. `timeout_ms` is of the attempt, as for h2conn_connect. A client with `reconnect` tries again.
 *
 * `options` must name a client. Its `cancel`, fired before on_response (or that on_writable), ends the attempt:
 * on_close tells of ECANCELED. The token is freed after those, or after h2conn_free. EINVAL, EURL, ENOMEM; all else is
 * told by on_close.
 */
int h2conn_connect_start(h2conn **conn, const char *url, const h2conn_options *options, const h2conn_events *events,
                         void *user);

/* ---- a client in the program's own loop ---- */

/*
 * A client made with `manual` has no thread. One thread of the program, in a loop such as poll or libevent, does its
 * work:
 *
 *     for (;;) {
 *         struct pollfd fds[] = {{.fd = h2conn_client_fd(client), .events = POLLIN}, ... the program's own ...};
 *         poll(fds, n, h2conn_client_timeout(client));
 *         h2conn_client_process(client);                            // callbacks run in here
 *         ...
 *     }
 *
 * Other threads may use the client and its connections meanwhile, and calls that wait may be made too, in the loop's
 * thread as well: they do the session's work themselves, but the callbacks wait.
 */

/* The descriptor that is readable when there is something to do: one for all sessions, and for reading alone, whether a
 * session wants to receive or to send. It stays the same, lives as long as the client, and is not for reading. EINVAL
 * for a client that is not manual. */
int h2conn_client_fd(const h2conn_client *client);

/* Whether there is anything to wait for: a session, or a connect under way. A loop with nothing else to do may end when
 * there is not. */
bool h2conn_client_wants(h2conn_client *client);

/* Milliseconds after which to call h2conn_client_process though the descriptor is not readable: 0 for now, -1 for
 * never. Ask before each wait. */
int h2conn_client_timeout(h2conn_client *client);

/* Do what can be done now, without waiting: receive, send, keep time, call back. One thread at a time. EINVAL for a
 * client that is not manual, and in a callback. */
int h2conn_client_process(h2conn_client *client);

#ifdef __cplusplus
}
#endif
#endif
