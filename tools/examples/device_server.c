/* SPDX-License-Identifier: MIT */
/* Hear a device's measurements and command it on the same connection: each line of stdin goes to every device there is,
 * and what they say is printed.
 * usage: device_server http://127.0.0.1:8080 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "h2conn_message.h"

#define DEVICES 64
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static h2conn *devices[DEVICES];

/* Returns its place, -1 when there is none. */
static int join(h2conn *conn) {
    int place = -1;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < DEVICES && place < 0; i++)
        if (!devices[i]) devices[place = i] = conn;
    pthread_mutex_unlock(&lock);
    return place;
}

static void leave(int place) {
    pthread_mutex_lock(&lock);
    devices[place] = NULL;
    pthread_mutex_unlock(&lock);
}

static void listen_to(void *user, h2conn_request *request) {
    char buf[256], *line;
    ptrdiff_t n;
    h2conn_reader in;
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    const int place = join(conn);
    if (place < 0) return;
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    while ((n = h2conn_reader_line(&in, &line)) >= 0) {
        printf("%.*s\n", (int)n, line);
        fflush(stdout);
    }
    leave(place);
}

static void *command(void *user) {
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        const int64_t until = h2conn_now() + 1000;
        pthread_mutex_lock(&lock);
        for (int i = 0; i < DEVICES; i++) {
            if (!devices[i]) continue;
            h2conn_set_write_deadline(devices[i], until);
            h2conn_write(devices[i], line, strlen(line), NULL);
        }
        pthread_mutex_unlock(&lock);
    }
    return user;
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.handler = listen_to, .threads = DEVICES};
    h2conn_server *server;
    pthread_t thread;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: device_server http://127.0.0.1:8080\n"), 1;
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    if (pthread_create(&thread, NULL, command, NULL) != 0) return 1;
    fprintf(stderr, "listening on %s\n", address);
    return h2conn_server_run(server) != H2CONN_OK;
}
