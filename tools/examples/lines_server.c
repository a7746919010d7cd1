/* SPDX-License-Identifier: MIT */
/* Every line a client writes goes to all clients, with its name in front: the smallest chat.
 * usage: lines_server http://127.0.0.1:8080
 *        lines_server https://127.0.0.1:8443 CERT KEY */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "h2conn.h"
#include "h2tls.h"

#define GUESTS     64
#define LINE_BYTES 1024
/* A guest who takes nothing for this long is shown the door, so that one cannot hold up all. */
#define PATIENCE_MS 2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static h2conn *guests[GUESTS]; /* NULL where free */

/* Give the line to everybody. Guests leave the table before their connection ends, so all in it are alive. */
static void tell_all(const char *line, size_t len) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < GUESTS; i++) {
        if (!guests[i]) continue;
        h2conn_set_write_deadline(guests[i], h2conn_now() + PATIENCE_MS);
        if (h2conn_write(guests[i], line, len, NULL) != H2CONN_OK) h2conn_close(guests[i]);
    }
    pthread_mutex_unlock(&lock);
}

static int enter(h2conn *conn) {
    int seat = -1;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < GUESTS && seat < 0; i++)
        if (!guests[i]) guests[seat = i] = conn;
    pthread_mutex_unlock(&lock);
    return seat;
}

static void leave(int seat) {
    pthread_mutex_lock(&lock);
    guests[seat] = NULL;
    pthread_mutex_unlock(&lock);
}

/* Pass on whole lines until the guest's end. A line that fills the buffer goes out as it is. */
static void listen_to(h2conn *conn) {
    char buf[LINE_BYTES];
    size_t have = 0;
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf + have, sizeof buf - have)) > 0) {
        char *end;
        have += (size_t)n;
        while ((end = memchr(buf, '\n', have)) || have == sizeof buf) {
            size_t len = end ? (size_t)(end - buf) + 1 : have;
            tell_all(buf, len);
            have -= len;
            memmove(buf, buf + len, have);
        }
    }
}

static void chat(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    int seat = enter(conn);
    if (seat < 0) return;
    listen_to(conn);
    leave(seat);
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES], why[H2TLS_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_secure secure;
    h2conn_server_options options = {.handler = chat, .threads = GUESTS};
    h2conn_server *server;
    if ((argc != 2 && argc != 4) || *argv[1] == '-')
        return fprintf(stderr, "usage: lines_server http://127.0.0.1:8080, or https://127.0.0.1:8443 CERT KEY\n"), 1;
    if (argc == 4) {
        h2tls_options own = {.cert_file = argv[2], .key_file = argv[3]};
        if (h2tls_server(&tls, &own, why) != 0) return fprintf(stderr, "%s\n", why), 1;
        secure = h2tls_secure(tls);
        options.secure = &secure;
    }
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    h2tls_free(tls);
    return error != H2CONN_OK;
}
