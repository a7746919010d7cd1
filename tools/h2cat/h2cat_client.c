/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "h2cat_client.h"
#include "h2cat_forward.h"
#include "h2cat_join.h"
#include "h2cat_record.h"
#include "h2cat_stats.h"
#include "tool_exit.h"
#include "tool_frame.h"
#include "tool_serve.h"

/* The connection that a signal closes; NULL before it is there and after it is no more. */
typedef struct closer {
    pthread_mutex_t lock;
    h2conn *conn;
    int signo;
} closer;

static closer at_signal = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};

static void *close_on_signal(void *user) {
    closer *c = user;
    int signo = tool_signal_wait();
    pthread_mutex_lock(&c->lock);
    c->signo = signo;
    if (c->conn)
        h2conn_close(c->conn);
    else
        tool_signal_end(signo);
    pthread_mutex_unlock(&c->lock);
    /* The second one does not wait for a polite end. */
    tool_signal_end(tool_signal_wait());
    return NULL;
}

/* Returns the signal that came before, or 0. */
static int set_conn(h2conn *conn) {
    pthread_mutex_lock(&at_signal.lock);
    at_signal.conn = conn;
    int signo = at_signal.signo;
    pthread_mutex_unlock(&at_signal.lock);
    return signo;
}

/* What is known of one conversation. */
typedef struct conversation {
    const h2cat_options *options;
    int64_t answer_by; /* of h2conn_now */
    h2conn_response response;
} conversation;

/* There was no response. */
static int say_no_answer(const conversation *c, int error) {
    char what[512];
    if (error == H2CONN_ETIMEDOUT) {
        tool_say("%s did not answer within %g s", c->options->url, (double)c->options->timeout_ms / 1000);
        return TOOL_TIMEOUT;
    }
    snprintf(what, sizeof what, "cannot connect to %s", c->options->url);
    return tool_fail(error, what, c->response.why);
}

/* A status that is no success ends a WebSocket's attempt. */
static int say_status(const conversation *c) {
    const char *method = c->options->framing != H2CAT_PLAIN ? "CONNECT"
                         : c->options->method               ? c->options->method
                                                            : "POST";
    tool_say("%s answered %s with status %d", c->options->url, method, c->response.status);
    return TOOL_STATUS;
}

static void print_response(const conversation *c) {
    if (!c->options->verbose) return;
    fprintf(stderr, "< :status: %d\n", c->response.status);
    tool_fields_print(c->response.fields, c->response.n_fields);
}

/* Stdin is being sent meanwhile: a server may answer only when it has read it. */
static int await_response(void *user, h2conn *conn) {
    conversation *c = user;
    if (c->response.status != 0) return H2CONN_OK;
    h2conn_set_read_deadline(conn, c->answer_by);
    int error = h2conn_await_response(conn, &c->response);
    h2conn_set_read_deadline(conn, 0);
    if (error == H2CONN_OK) print_response(c);
    return error;
}

static void print_trailers(const conversation *c, h2conn *conn) {
    size_t n;
    const h2conn_field *trailers = h2conn_trailers(conn, &n);
    if (c->options->verbose) tool_fields_print(trailers, n);
}

static int converse(conversation *c, h2cat_channel *channel) {
    char what[512], why[H2CONN_WHY_BYTES];
    int error = H2CONN_OK;
    const h2cat_end end = h2cat_join(channel, true, await_response, c, &error);
    print_trailers(c, channel->conn);
    switch (end) {
    case H2CAT_END_STDIN: return TOOL_USAGE;
    case H2CAT_END_FAILED:
        if (c->response.status == 0) return say_no_answer(c, error);
        snprintf(what, sizeof what, "the connection to %s failed", c->options->url);
        return tool_fail(error, what, h2cat_channel_why(channel, why));
    default: break;
    }
    int status = c->response.status;
    return status == 0 || (status >= 200 && status <= 299) ? TOOL_OK : say_status(c);
}

/* One connection, joined to stdin and stdout. A signal that closed it goes to `signo`. */
static int connect_one(const h2cat_options *o, const h2conn_options *options, int *signo) {
    conversation c = {.options = o, .answer_by = h2conn_now() + o->timeout_ms};
    h2cat_channel channel;
    pthread_t thread;
    if (pthread_create(&thread, NULL, close_on_signal, &at_signal) != 0) {
        tool_say("cannot start a thread");
        return TOOL_USAGE;
    }
    pthread_detach(thread);
    int error = h2cat_channel_connect(&channel, o->framing, o->url, options, &c.response);
    if (error == H2CONN_ESTATE && c.response.status != 0) return say_status(&c);
    if (error) return say_no_answer(&c, error);
    if (c.response.status != 0) print_response(&c);
    set_conn(channel.conn);
    if (!h2cat_stats_start(channel.conn, o->ping_ms, o->stats))
        tool_say("cannot start a thread for --ping and --stats");
    int status = converse(&c, &channel);
    if (!h2cat_stats_stop()) status = TOOL_TIMEOUT;
    *signo = set_conn(NULL);
    h2cat_channel_free(&channel, false);
    h2cat_stats_summary();
    return status;
}

static int run(const h2cat_options *o, h2conn_client *client, int *signo) {
    const h2conn_options options = {.client = client,
                                    .method = o->method,
                                    .fields = o->fields.list,
                                    .n_fields = o->fields.n,
                                    .early = o->mode == H2CAT_CONNECT,
                                    .timeout_ms = o->timeout_ms};
    return o->mode == H2CAT_FORWARD ? h2cat_forward_listen(o, &options) : connect_one(o, &options, signo);
}

#define FIRST_RETRY_MS 200

static bool say_retry(void *user, const h2conn_retry *retry) {
    (void)user;
    tool_say("attempt %u at %s in %.1f s: %s", retry->failures + 1, retry->origin, (double)retry->wait_ms / 1000,
             retry->why);
    return true;
}

int h2cat_client(h2cat_options *o) {
    h2conn_client *client;
    h2cat_recorder *recorder = NULL;
    int signo = 0, status = tool_tls_open(&o->tls, o->url, false);
    if (status != TOOL_OK) return status;
    if (o->record && !(recorder = h2cat_record_open(o->record, false))) {
        tool_tls_close(&o->tls);
        return TOOL_USAGE;
    }
    const h2conn_client_options options = {
        .secure = tool_tls_secure(&o->tls),
        .trace = o->verbose ? tool_trace : NULL,
        .reconnect = {.first_ms = o->reconnect ? FIRST_RETRY_MS : 0, .again = say_retry},
        .tap = recorder ? h2cat_record : NULL,
        .tap_user = recorder};
    int error = h2conn_client_new(&client, &options);
    if (error) {
        status = tool_fail(error, "cannot make a client", NULL);
    } else {
        status = run(o, client, &signo);
        h2conn_client_free(client);
    }
    if (!h2cat_record_close(recorder) && status == TOOL_OK) status = TOOL_USAGE;
    tool_tls_close(&o->tls);
    if (signo) tool_signal_end(signo);
    return status;
}
