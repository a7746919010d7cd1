/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "h2cat_client.h"
#include "h2cat_join.h"
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

/* End as the signal would have ended us, so that a shell's loop ends too. */
static void end_by(int signo) {
    sigset_t set;
    signal(signo, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(signo);
}

static void *close_on_signal(void *user) {
    closer *c = user;
    int signo = tool_signal_wait();
    pthread_mutex_lock(&c->lock);
    c->signo = signo;
    if (c->conn)
        h2conn_close(c->conn);
    else
        end_by(signo);
    pthread_mutex_unlock(&c->lock);
    /* The second one does not wait for a polite end. */
    end_by(tool_signal_wait());
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

/* Stdin is being sent meanwhile: a server may answer only when it has read it. */
static int await_response(void *user, h2conn *conn) {
    conversation *c = user;
    h2conn_set_read_deadline(conn, c->answer_by);
    int error = h2conn_await_response(conn, &c->response);
    h2conn_set_read_deadline(conn, 0);
    return error;
}

static int converse(conversation *c, h2conn *conn) {
    char what[512], why[H2CONN_WHY_BYTES];
    int error = H2CONN_OK;
    switch (h2cat_join(conn, true, await_response, c, &error)) {
    case H2CAT_END_STDIN: return TOOL_USAGE;
    case H2CAT_END_FAILED:
        if (c->response.status == 0) return say_no_answer(c, error);
        snprintf(what, sizeof what, "the connection to %s failed", c->options->url);
        return tool_fail(error, what, h2conn_why(conn, why));
    default: break;
    }
    int status = c->response.status;
    if (status == 0 || (status >= 200 && status <= 299)) return TOOL_OK;
    tool_say("%s answered %s with status %d", c->options->url, c->options->method ? c->options->method : "POST",
             status);
    return TOOL_STATUS;
}

int h2cat_client(h2cat_options *o) {
    h2conn *conn;
    pthread_t thread;
    int status = tool_tls_open(&o->tls, o->url, false);
    if (status != TOOL_OK) return status;
    if (pthread_create(&thread, NULL, close_on_signal, &at_signal) != 0) {
        tool_say("cannot start a thread");
        return TOOL_USAGE;
    }
    pthread_detach(thread);

    conversation c = {.options = o, .answer_by = h2conn_now() + o->timeout_ms};
    h2conn_options options = {.secure = tool_tls_secure(&o->tls),
                              .method = o->method,
                              .fields = o->fields.list,
                              .n_fields = o->fields.n,
                              .early = true,
                              .timeout_ms = o->timeout_ms,
                              .trace = o->verbose ? tool_trace : NULL};
    int error = h2conn_connect(&conn, o->url, &options, &c.response);
    if (error) {
        status = say_no_answer(&c, error);
    } else {
        set_conn(conn);
        status = converse(&c, conn);
        int signo = set_conn(NULL);
        h2conn_free(conn);
        if (signo) end_by(signo);
    }
    tool_tls_close(&o->tls);
    return status;
}
