/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_server.h"
#include "posix_time.h"

#define DEFAULT_THREADS  1024u
#define DEFAULT_WAITING  1024u
#define DEFAULT_SESSIONS 10000u

/* ---- requests ---- */

static void handle(posix_owner *owner, posix_session *s, uint32_t id, const h2_field *fields, size_t n, bool end) {
    posix_server_loop *loop = (posix_server_loop *)owner;
    posix_handlers *handlers = &loop->server->handlers;
    h2conn_request *request = posix_request_new(sizeof(posix_job), s, id, fields, n, end);
    if (request != NULL && posix_handlers_offer(handlers, (posix_job *)request)) {
        if (posix_loop_is_running(&loop->loop))
            loop->calls = true;
        else
            posix_handlers_call(handlers);
        return;
    }
    if (request != NULL) request->conn.orphan = true;
    h2_stream_reset(s->link.session, id, H2_REFUSED_STREAM);
}

static void call_handlers(posix_owner *owner) {
    posix_server_loop *loop = (posix_server_loop *)owner;
    if (!loop->calls) return;
    loop->calls = false;
    posix_handlers_call(&loop->server->handlers);
}

static void withdraw(posix_owner *owner, h2conn *conn) {
    h2conn_server *server = ((posix_server_loop *)owner)->server;
    if (posix_handlers_withdraw(&server->handlers, (posix_job *)conn)) posix_conn_orphan(conn);
}

static void announce(posix_owner *owner, posix_session *s, uint32_t id, const h2_field *fields, size_t n, bool end) {
    h2conn_server *server = ((posix_server_loop *)owner)->server;
    h2conn_request *request = posix_request_new(sizeof *request, s, id, fields, n, end);
    if (request == NULL) {
        h2_stream_reset(s->link.session, id, H2_REFUSED_STREAM);
        return;
    }
    request->conn.events = server->events;
    posix_raise(&request->conn, end ? POSIX_DUE_OPEN | POSIX_DUE_READ : POSIX_DUE_OPEN);
}

static void session_forgotten(posix_owner *owner) {
    atomic_fetch_sub(&((posix_server_loop *)owner)->server->n_sessions, 1);
}

/* ---- drain and stop ---- */

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
    posix_server_loop *loop = ctx;
    const int64_t until = atomic_load(&loop->server->drain_until);
    int asked = atomic_load(&loop->server->asked);
    if (asked == POSIX_DRAIN && posix_passed(until, now)) asked = POSIX_STOP;
    if (asked > loop->done) {
        if (asked == POSIX_DRAIN) posix_accept_waiting(loop);
        posix_close_listeners(loop);
        posix_loop_each(&loop->loop, asked == POSIX_STOP ? stop_session : drain_session);
        posix_loop_quit(&loop->loop);
        loop->done = asked;
    }
    if (posix_passed(loop->accept_at, now)) posix_resume_accepting(loop);
    call_handlers(&loop->owner); /* sending for a session that drains may take in what waited behind an answer */
    return posix_earlier(loop->accept_at, loop->done == POSIX_DRAIN ? until : 0);
}

static void ask(h2conn_server *server, int what) {
    int before = atomic_load(&server->asked);
    while (before < what && !atomic_compare_exchange_weak(&server->asked, &before, what)) {
    }
    for (unsigned i = 0; i < server->n_loops; i++) posix_loop_wake(&server->loops[i].loop);
}

void h2conn_server_drain(h2conn_server *server, int64_t timeout_ms) {
    if (server == NULL) return;
    atomic_store(&server->drain_until, timeout_ms >= 0 ? posix_after(h2conn_now(), timeout_ms) : 0);
    ask(server, POSIX_DRAIN);
}

void h2conn_server_stop(h2conn_server *server) {
    if (server != NULL) ask(server, POSIX_STOP);
}

/* ---- life ---- */

static int make_loop(h2conn_server *server, const h2conn_server_options *options, const h2_config *config) {
    const int64_t shares = options->loops > 0 ? options->loops : 1;
    posix_server_loop *loop = &server->loops[server->n_loops];
    const bool calls = server->events != NULL;
    if (posix_loop_init(&loop->loop) != H2CONN_OK) return H2CONN_ENOMEM;
    server->n_loops++;
    loop->server = server;
    loop->loop.turn = take_turn;
    loop->loop.turn_ctx = loop;
    loop->owner = (posix_owner){.loop = &loop->loop,
                                .config = *config,
                                .has_secure = options->secure != NULL,
                                .trace = options->trace,
                                .window_memory = posix_window_memory(options->window_memory) / shares,
                                .trace_user = options->trace_user,
                                .tap = options->tap,
                                .tap_user = options->tap_user,
                                .times = posix_times_of(&options->times, config),
                                .request = calls ? announce : handle,
                                .gone = calls ? NULL : withdraw,
                                .after = calls ? NULL : call_handlers,
                                .forgotten = session_forgotten};
    if (options->secure != NULL) loop->owner.secure = *options->secure;
    return H2CONN_OK;
}

static void free_loops(h2conn_server *server) {
    for (unsigned i = 0; i < server->n_loops; i++) {
        posix_close_listeners(&server->loops[i]);
        posix_loop_free(&server->loops[i].loop);
    }
    free(server->loops);
}

static int make_loops(h2conn_server *server, const h2conn_server_options *options, const h2_config *config) {
    const unsigned n = options->loops != 0 ? options->loops : 1;
    server->loops = calloc(n, sizeof *server->loops);
    int result = server->loops != NULL ? H2CONN_OK : H2CONN_ENOMEM;
    for (unsigned i = 0; i < n && result == H2CONN_OK; i++) result = make_loop(server, options, config);
    if (result != H2CONN_OK) free_loops(server);
    return result;
}

static int make_handlers(h2conn_server *server, const h2conn_server_options *options) {
    const unsigned threads = options->threads != 0 ? options->threads : DEFAULT_THREADS;
    const unsigned waiting = options->waiting != 0 ? options->waiting : DEFAULT_WAITING;
    return posix_handlers_init(&server->handlers, options->handler, options->user, threads, waiting,
                               options->stack_bytes);
}

int h2conn_server_new(h2conn_server **server, const h2conn_server_options *options) {
    if (server == NULL) return H2CONN_EINVAL;
    *server = NULL;
    if (options == NULL || (options->handler == NULL) == (options->events == NULL)) return H2CONN_EINVAL;
    h2_config config = options->config != NULL ? *options->config : h2_config_hosted(true);
    config.server = true;
    if (h2_session_size(&config) == 0) return H2CONN_EINVAL;
    h2conn_server *s = calloc(1, sizeof *s);
    if (s == NULL) return H2CONN_ENOMEM;
    s->events = options->events;
    s->max_sessions = options->sessions != 0 ? options->sessions : DEFAULT_SESSIONS;
    pthread_mutex_init(&s->lock, NULL);
    int result = make_loops(s, options, &config);
    if (result == H2CONN_OK && s->events == NULL) {
        result = make_handlers(s, options);
        if (result != H2CONN_OK) free_loops(s);
    }
    if (result != H2CONN_OK) {
        pthread_mutex_destroy(&s->lock);
        free(s);
        return result;
    }
    *server = s;
    return H2CONN_OK;
}

int h2conn_server_run(h2conn_server *server) {
    int result = H2CONN_OK;
    if (server == NULL) return H2CONN_EINVAL;
    for (unsigned i = 1; i < server->n_loops && result == H2CONN_OK; i++)
        result = posix_loop_start(&server->loops[i].loop);
    if (result == H2CONN_OK)
        posix_loop_run(&server->loops[0].loop);
    else
        h2conn_server_stop(server);
    for (unsigned i = 1; i < server->n_loops; i++) posix_loop_join(&server->loops[i].loop);
    return result;
}

void h2conn_server_free(h2conn_server *server) {
    if (server == NULL) return;
    if (server->events == NULL) posix_handlers_free(&server->handlers);
    free_loops(server);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
