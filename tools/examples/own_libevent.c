/* SPDX-License-Identifier: MIT */
/* Connections in a program that lives in libevent: asks the server a few times at once, and prints the answers in
 * order. usage: own_libevent http://127.0.0.1:8080 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include "h2conn_events.h"

typedef struct question {
    const char *text;
    char answer[16];
} question;

typedef struct program {
    struct event_base *base;
    struct event *event;
    h2conn_client *client;
    int asked; /* and not ended */
    int failed;
} program;

/* ---- the client's place in the loop ---- */

/* Wait for its descriptor, and for its time. */
static void wait_for_client(program *p) {
    int ms = h2conn_client_timeout(p->client);
    struct timeval time = {ms / 1000, ms % 1000 * 1000};
    event_add(p->event, ms >= 0 ? &time : NULL);
}

static void on_client(evutil_socket_t fd, short what, void *arg) {
    program *p = arg;
    (void)fd;
    (void)what;
    h2conn_client_process(p->client);
    if (p->asked == 0)
        event_base_loopbreak(p->base);
    else
        wait_for_client(p);
}

/* ---- connections: h2conn_user is the question ---- */

static void on_response(void *user, h2conn *conn, const h2conn_response *response) {
    const question *q = h2conn_user(conn);
    program *p = user;
    if (response->status != 200) p->failed = fprintf(stderr, "the server answered %d\n", response->status);
    h2conn_try_write(conn, q->text, strlen(q->text)); /* so little is always taken */
    h2conn_close_write(conn);
}

static void on_readable(void *user, h2conn *conn) {
    question *q = h2conn_user(conn);
    char buf[256];
    ptrdiff_t n;
    (void)user;
    while ((n = h2conn_try_read(conn, buf, sizeof buf - 1)) > 0) {
        size_t len = strlen(q->answer);
        buf[n] = '\0';
        snprintf(q->answer + len, sizeof q->answer - len, "%s", buf);
    }
}

static void on_close(void *user, h2conn *conn) {
    program *p = user;
    char why[H2CONN_WHY_BYTES];
    if (h2conn_why(conn, why)[0] != '\0') p->failed = fprintf(stderr, "%s\n", why);
    h2conn_free(conn);
    p->asked--;
}

int main(int argc, char **argv) {
    static question questions[] = {{.text = "one\n"}, {.text = "two\n"}, {.text = "three\n"}};
    const size_t n = sizeof questions / sizeof *questions;
    program p = {.base = event_base_new()};
    const h2conn_events events = {
        .on_response = on_response, .on_readable = on_readable, .on_close = on_close, .user = &p};
    const h2conn_client_options manual = {.manual = true};
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: own_libevent http://127.0.0.1:8080\n"), 1;
    if (p.base == NULL || h2conn_client_new(&p.client, &manual) != H2CONN_OK) return 1;
    const h2conn_options options = {.client = p.client, .timeout_ms = 5000};
    p.event = event_new(p.base, h2conn_client_fd(p.client), EV_READ, on_client, &p);
    for (size_t i = 0; i < n; i++) {
        h2conn *conn;
        int error = h2conn_connect_start(&conn, argv[1], &options, &events, &questions[i]);
        if (error != H2CONN_OK) return fprintf(stderr, "%s\n", h2conn_strerror(error)), 1;
        p.asked++;
    }
    wait_for_client(&p);
    event_base_dispatch(p.base);
    for (size_t i = 0; i < n; i++) fputs(questions[i].answer, stdout);
    event_free(p.event);
    h2conn_client_free(p.client);
    event_base_free(p.base);
    return p.failed != 0;
}
