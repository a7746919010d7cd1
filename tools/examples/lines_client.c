/* SPDX-License-Identifier: MIT */
/* Lines from stdin go to all clients of lines_server while the others' lines come in. The end of stdin says goodbye.
 * usage: lines_client NAME http://127.0.0.1:8080
 *        lines_client NAME https://localhost:8443 CA */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2conn.h"
#include "h2tls.h"

typedef struct guest {
    const char *name;
    h2conn *conn;
    atomic_bool silent; /* input has ended */
} guest;

/* A thread of its own: each line of stdin, with the name in front. */
static void *speak(void *user) {
    guest *me = user;
    char line[512], text[1024];
    int error = H2CONN_OK;
    while (!error && fgets(line, sizeof line, stdin)) {
        const int len = snprintf(text, sizeof text, "%s: %s", me->name, line);
        if (len > 0 && (size_t)len < sizeof text) error = h2conn_write(me->conn, text, (size_t)len, NULL);
    }
    atomic_store(&me->silent, true);
    h2conn_close_write(me->conn);
    return NULL;
}

/* What all say, until the server's end: 0, or an error. */
static int print_all(h2conn *conn) {
    char buf[1024];
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        fwrite(buf, 1, (size_t)n, stdout);
        fflush(stdout);
    }
    return (int)n;
}

int main(int argc, char **argv) {
    char why[H2CONN_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_secure secure;
    h2conn_options options = {.timeout_ms = 5000};
    h2conn_response response;
    guest me = {.name = argv[1]};
    pthread_t speaker;
    if (argc != 3 && argc != 4)
        return fprintf(stderr, "usage: lines_client NAME http://127.0.0.1:8080, or https://localhost:8443 CA\n"), 1;
    if (argc == 4) {
        h2tls_options trust = {.ca_file = argv[3]};
        if (h2tls_client(&tls, &trust, why) != 0) return fprintf(stderr, "%s\n", why), 1;
        secure = h2tls_secure(tls);
        options.secure = &secure;
    }
    if (h2conn_connect(&me.conn, argv[2], &options, &response) != H2CONN_OK)
        return fprintf(stderr, "%s\n", response.why), 1;
    if (response.status != 200)
        return fprintf(stderr, "the server answered %d\n", response.status), h2conn_free(me.conn), 1;
    if (pthread_create(&speaker, NULL, speak, &me) != 0) return 1;
    const int error = print_all(me.conn);
    if (error) fprintf(stderr, "%s\n", h2conn_why(me.conn, why));
    if (!atomic_load(&me.silent)) exit(error != H2CONN_OK); /* the other thread waits for input that may never come */
    pthread_join(speaker, NULL);
    h2conn_free(me.conn);
    h2tls_free(tls);
    return error != H2CONN_OK;
}
