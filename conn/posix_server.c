/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_text.h"
#include "conn_url.h"
#include "posix_dial.h"
#include "posix_handlers.h"
#include "posix_time.h"

#define DEFAULT_THREADS  1024u
#define DEFAULT_WAITING  1024u
#define DEFAULT_SESSIONS 10000u
/* Connections accepted in one turn. */
#define ACCEPTS_MAX 64u
/* With no descriptor left, accepting pauses: asking again at once would only spin. */
#define ACCEPT_PAUSE_MS 100
/* For the name of an address to listen on. */
#define RESOLVE_MS 30000

typedef struct listener {
    posix_source source; /* first */
    struct h2conn_server *server;
    struct listener *next;
    int fd;
    bool secure, watched;
} listener;

typedef enum command { SERVE, DRAIN, STOP } command;

/* The members without a comment are set before the first session comes. */
struct h2conn_server {
    posix_owner owner; /* first */
    posix_loop loop;
    posix_handlers handlers;
    unsigned max_sessions;
    pthread_mutex_t lock;
    listener *listeners;         /* the lock */
    _Atomic int asked;           /* command */
    _Atomic int64_t drain_until; /* 0 for as long as it takes */
    int done;                    /* command carried out; the loop's thread */
    int64_t accept_at;           /* when to accept again; likewise */
};

/* ---- requests ---- */

static void request_came(posix_owner *owner, posix_session *s, uint32_t id, const h2_field *fields, size_t n,
                         bool end) {
    h2conn_server *server = (h2conn_server *)owner;
    h2conn_request *request = posix_request_new(s, id, fields, n, end);
    if (request != NULL && posix_handlers_offer(&server->handlers, request)) return;
    if (request != NULL) request->conn.orphan = true;
    h2_stream_reset(s->link.session, id, H2_REFUSED_STREAM);
}

static void request_gone(posix_owner *owner, h2conn *conn) {
    h2conn_server *server = (h2conn_server *)owner;
    if (posix_handlers_withdraw(&server->handlers, (h2conn_request *)conn)) posix_conn_orphan(conn);
}

/* ---- accepting ---- */

static void add_session(listener *l, int fd) {
    h2conn_server *server = l->server;
    posix_session *s;
    if (posix_session_new(&s, &server->owner, fd, l->secure, NULL) != H2CONN_OK) return;
    if (posix_loop_add(&server->loop, s) == H2CONN_OK) s->source.ready(&s->source);
    posix_session_unref(s);
}

static void pause_accepting(h2conn_server *server) {
    server->accept_at = h2conn_now() + ACCEPT_PAUSE_MS;
    pthread_mutex_lock(&server->lock);
    for (listener *l = server->listeners; l != NULL; l = l->next) {
        if (l->watched) posix_loop_unwatch(&server->loop, l->fd);
        l->watched = false;
    }
    pthread_mutex_unlock(&server->lock);
}

static void resume_accepting(h2conn_server *server) {
    bool all = true;
    pthread_mutex_lock(&server->lock);
    for (listener *l = server->listeners; l != NULL; l = l->next) {
        if (!l->watched) l->watched = posix_loop_watch(&server->loop, l->fd, &l->source) == H2CONN_OK;
        all = all && l->watched;
    }
    pthread_mutex_unlock(&server->lock);
    server->accept_at = all ? 0 : h2conn_now() + ACCEPT_PAUSE_MS;
}

static void accept_ready(posix_source *source) {
    listener *l = (listener *)source;
    h2conn_server *server = l->server;
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        const int fd = posix_accept(l->fd);
        if (fd >= 0) {
            if (posix_loop_count(&server->loop) < server->max_sessions)
                add_session(l, fd);
            else
                close(fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(server);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

/* ---- listening ---- */

static int explain_listen(char out[H2CONN_WHY_BYTES], const struct addrinfo *at, int error) {
    char printed[H2CONN_ADDRESS_BYTES], text[H2CONN_WHY_BYTES], where[H2CONN_WHY_BYTES];
    posix_address_print(printed, at->ai_addr);
    h2conn_text_join(where, sizeof where, h2conn_strerror(H2CONN_ELISTEN), ": ", printed);
    h2conn_text_join(out, H2CONN_WHY_BYTES, where, ": ", posix_error_text(error, text));
    return H2CONN_ELISTEN;
}

static int add_listener(h2conn_server *server, int fd, bool secure) {
    listener *l = calloc(1, sizeof *l);
    if (l == NULL) return H2CONN_ENOMEM;
    *l = (listener){.source = {accept_ready}, .server = server, .fd = fd, .secure = secure};
    pthread_mutex_lock(&server->lock);
    l->watched = posix_loop_watch(&server->loop, fd, &l->source) == H2CONN_OK;
    const bool watched = l->watched;
    if (watched) {
        l->next = server->listeners;
        server->listeners = l;
    }
    pthread_mutex_unlock(&server->lock);
    if (!watched) free(l);
    return watched ? H2CONN_OK : H2CONN_ENOMEM;
}

/* *port is the one to take, 0 for any; it becomes the one taken. */
static int listen_on(h2conn_server *server, const struct addrinfo *at, bool secure, uint16_t *port,
                     char out[H2CONN_WHY_BYTES]) {
    if (*port != 0) posix_address_set_port(at->ai_addr, *port);
    const int fd = posix_listen(at->ai_addr, at->ai_addrlen);
    if (fd < 0) return explain_listen(out, at, errno);
    const int result = add_listener(server, fd, secure);
    if (result != H2CONN_OK) {
        close(fd);
        return result;
    }
    posix_address_local(out, fd);
    *port = posix_port_local(fd);
    return H2CONN_OK;
}

/* All addresses of the name, on one port; one that works is enough, and the first that does is printed. */
static int listen_on_all(h2conn_server *server, const struct addrinfo *list, bool secure, char out[H2CONN_WHY_BYTES]) {
    uint16_t port = 0;
    int result = listen_on(server, list, secure, &port, out);
    for (const struct addrinfo *at = list->ai_next; at != NULL; at = at->ai_next) {
        char text[H2CONN_WHY_BYTES];
        if (listen_on(server, at, secure, &port, text) != H2CONN_OK || result == H2CONN_OK) continue;
        result = H2CONN_OK;
        memcpy(out, text, sizeof text);
    }
    return result;
}

int h2conn_server_listen(h2conn_server *server, const char *url, char address[H2CONN_WHY_BYTES]) {
    char detail[H2CONN_WHY_BYTES] = "";
    h2conn_url parsed;
    struct addrinfo *list = NULL;
    int result = H2CONN_OK;
    if (address == NULL) return H2CONN_EINVAL;
    address[0] = '\0';
    if (server == NULL || url == NULL)
        result = H2CONN_EINVAL;
    else if (!h2conn_url_parse(&parsed, url))
        result = H2CONN_EURL;
    else if (parsed.secure && !server->owner.has_secure)
        result = H2CONN_EINVAL;
    else
        result = posix_resolve(&list, parsed.host, parsed.port, true, h2conn_now() + RESOLVE_MS, detail);
    if (result == H2CONN_OK) {
        result = listen_on_all(server, list, parsed.secure, address);
        freeaddrinfo(list);
    }
    if (result != H2CONN_OK && address[0] == '\0')
        h2conn_text_join(address, H2CONN_WHY_BYTES, h2conn_strerror(result), detail[0] != '\0' ? ": " : "", detail);
    return result;
}

/* ---- drain and stop ---- */

static void close_listeners(h2conn_server *server) {
    pthread_mutex_lock(&server->lock);
    while (server->listeners != NULL) {
        listener *l = server->listeners;
        server->listeners = l->next;
        if (l->watched) posix_loop_unwatch(&server->loop, l->fd);
        close(l->fd);
        free(l);
    }
    pthread_mutex_unlock(&server->lock);
}

static void drain_session(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    if (!posix_session_is_closing(s)) h2_session_drain(s->link.session);
    posix_session_push(s);
    pthread_mutex_unlock(&s->lock);
}

static void stop_session(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    posix_session_finish(s, H2_CANCEL, POSIX_STOP_MS);
    pthread_mutex_unlock(&s->lock);
}

/* The loop's turn for the server itself. */
static int64_t take_turn(void *ctx, int64_t now) {
    h2conn_server *server = ctx;
    const int64_t until = atomic_load(&server->drain_until);
    int asked = atomic_load(&server->asked);
    if (asked == DRAIN && posix_passed(until, now)) asked = STOP;
    if (asked > server->done) {
        close_listeners(server);
        posix_loop_each(&server->loop, asked == STOP ? stop_session : drain_session);
        posix_loop_quit(&server->loop);
        server->done = asked;
    }
    if (posix_passed(server->accept_at, now)) resume_accepting(server);
    return posix_earlier(server->accept_at, server->done == DRAIN ? until : 0);
}

static void ask(h2conn_server *server, int what) {
    int before = atomic_load(&server->asked);
    while (before < what && !atomic_compare_exchange_weak(&server->asked, &before, what)) {
    }
    posix_loop_wake(&server->loop);
}

void h2conn_server_drain(h2conn_server *server, int64_t timeout_ms) {
    if (server == NULL) return;
    atomic_store(&server->drain_until, timeout_ms >= 0 ? h2conn_now() + timeout_ms : 0);
    ask(server, DRAIN);
}

void h2conn_server_stop(h2conn_server *server) {
    if (server != NULL) ask(server, STOP);
}

/* ---- life ---- */

int h2conn_server_new(h2conn_server **server, const h2conn_server_options *options) {
    if (server == NULL) return H2CONN_EINVAL;
    *server = NULL;
    if (options == NULL || options->handler == NULL) return H2CONN_EINVAL;
    h2_config config = options->config != NULL ? *options->config : h2_config_hosted(true);
    config.server = true;
    if (options->config == NULL) config.credit_on_receipt = true;
    if (h2_session_size(&config) == 0) return H2CONN_EINVAL;
    h2conn_server *s = calloc(1, sizeof *s);
    if (s == NULL) return H2CONN_ENOMEM;
    const unsigned threads = options->threads != 0 ? options->threads : DEFAULT_THREADS;
    const unsigned waiting = options->waiting != 0 ? options->waiting : DEFAULT_WAITING;
    if (posix_loop_init(&s->loop) != H2CONN_OK) {
        free(s);
        return H2CONN_ENOMEM;
    }
    if (posix_handlers_init(&s->handlers, options->handler, options->user, threads, waiting) != H2CONN_OK) {
        posix_loop_free(&s->loop);
        free(s);
        return H2CONN_ENOMEM;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->loop.turn = take_turn;
    s->loop.turn_ctx = s;
    s->max_sessions = options->sessions != 0 ? options->sessions : DEFAULT_SESSIONS;
    s->owner = (posix_owner){.loop = &s->loop,
                             .config = config,
                             .has_secure = options->secure != NULL,
                             .trace = options->trace,
                             .trace_user = options->trace_user,
                             .tap = options->tap,
                             .tap_user = options->tap_user,
                             .request = request_came,
                             .gone = request_gone};
    if (options->secure != NULL) s->owner.secure = *options->secure;
    *server = s;
    return H2CONN_OK;
}

int h2conn_server_run(h2conn_server *server) {
    if (server == NULL) return H2CONN_EINVAL;
    posix_loop_run(&server->loop);
    return H2CONN_OK;
}

void h2conn_server_free(h2conn_server *server) {
    if (server == NULL) return;
    posix_handlers_free(&server->handlers);
    close_listeners(server);
    posix_loop_free(&server->loop);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
