/* SPDX-License-Identifier: MIT */
/* A connection in the program's own loop, which is plain poll: stdin goes to the server, what comes back to stdout.
 * usage: own_poll http://127.0.0.1:8080 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "h2conn_events.h"

typedef struct talk {
    h2conn *conn; /* NULL when it has ended */
    char line[4096];
    size_t len; /* bytes of it that wait to be sent */
    bool ready, ended, failed;
} talk;

/* Send what there is; on_writable calls again when not all was taken. */
static void send_on(talk *t) {
    while (t->ready && t->len > 0) {
        ptrdiff_t n = h2conn_try_write(t->conn, t->line, t->len);
        if (n < 0) return;
        t->len -= (size_t)n;
        for (size_t i = 0; i < t->len; i++) t->line[i] = t->line[i + (size_t)n];
    }
    if (t->ready && t->ended) h2conn_close_write(t->conn);
}

static void on_response(void *user, h2conn *conn, const h2conn_response *response) {
    talk *t = user;
    (void)conn;
    t->ready = true;
    t->failed = response->status != 200;
    if (t->failed) fprintf(stderr, "the server answered %d\n", response->status);
    send_on(t);
}

static void on_readable(void *user, h2conn *conn) {
    char buf[4096];
    ptrdiff_t n;
    (void)user;
    while ((n = h2conn_try_read(conn, buf, sizeof buf)) > 0) fwrite(buf, 1, (size_t)n, stdout);
    fflush(stdout);
}

static void on_writable(void *user, h2conn *conn) {
    (void)conn;
    send_on(user);
}

static void on_close(void *user, h2conn *conn) {
    talk *t = user;
    char why[H2CONN_WHY_BYTES];
    if (h2conn_why(conn, why)[0] != '\0') {
        fprintf(stderr, "%s\n", why);
        t->failed = true;
    }
    h2conn_free(conn);
    t->conn = NULL;
}

int main(int argc, char **argv) {
    talk t = {.ready = false};
    const h2conn_events events = {.on_response = on_response,
                                  .on_readable = on_readable,
                                  .on_writable = on_writable,
                                  .on_close = on_close,
                                  .user = &t};
    const h2conn_client_options manual = {.manual = true};
    h2conn_options options = {.timeout_ms = 5000};
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: own_poll http://127.0.0.1:8080\n"), 1;
    if (h2conn_client_new(&options.client, &manual) != H2CONN_OK) return 1;
    int error = h2conn_connect_start(&t.conn, argv[1], &options, &events, NULL);
    if (error != H2CONN_OK) t.failed = fprintf(stderr, "%s\n", h2conn_strerror(error));
    while (t.conn != NULL) {
        /* Nothing more is read while something waits to be sent. */
        struct pollfd fds[] = {{.fd = h2conn_client_fd(options.client), .events = POLLIN},
                               {.fd = t.len == 0 && !t.ended ? STDIN_FILENO : -1, .events = POLLIN}};
        poll(fds, 2, h2conn_client_timeout(options.client));
        if (fds[1].revents != 0) {
            ssize_t n = read(STDIN_FILENO, t.line, sizeof t.line);
            if (n > 0) t.len = (size_t)n;
            t.ended = n <= 0;
            send_on(&t);
        }
        h2conn_client_process(options.client);
    }
    h2conn_client_free(options.client);
    return t.failed;
}
