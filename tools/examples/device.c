/* SPDX-License-Identifier: MIT */
/* Send a measurement every so often and obey commands that come on the same connection meanwhile: "every MS" sets the
 * pace, "off" ends the program. When the server goes away, come back to it.
 * usage: device NAME http://127.0.0.1:8080 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "h2conn_message.h"

/* Waits before coming back: the first, and the longest. */
#define FIRST_MS 50
#define MOST_MS  5000

typedef struct device {
    const char *name;
    long every_ms;
    unsigned count;
    bool off;
    int64_t wait_ms;
} device;

static bool say_retry(void *user, const h2conn_retry *retry) {
    (void)user;
    fprintf(stderr, "attempt %u in %d ms: %s\n", retry->failures + 1, (int)retry->wait_ms, retry->why);
    return true;
}

static int measure(device *d, h2conn *conn) {
    char text[128];
    d->count++;
    const int len = snprintf(text, sizeof text, "%s %u %.1f\n", d->name, d->count, 20 + d->count % 10 / 10.0);
    return h2conn_write(conn, text, len < (int)sizeof text ? (size_t)len : sizeof text - 1, NULL);
}

static void obey(device *d, const char *line, size_t len) {
    char text[32];
    snprintf(text, sizeof text, "%.*s", (int)len, line);
    if (strncmp(text, "every ", 6) == 0) d->every_ms = strtol(text + 6, NULL, 10);
    if (d->every_ms < 1) d->every_ms = 1;
    d->off = strcmp(text, "off") == 0;
}

/* Until the connection ends; returns why. One thread is enough: it waits for a command until the next measurement. */
static int work(device *d, h2conn *conn) {
    char buf[128], *line;
    h2conn_reader in;
    int error = H2CONN_OK;
    int64_t next = h2conn_now();
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    while (!d->off && error == H2CONN_OK) {
        h2conn_set_read_deadline(conn, next);
        const ptrdiff_t n = h2conn_reader_line(&in, &line);
        if (n >= 0) obey(d, line, (size_t)n);
        if (n < 0 && n != H2CONN_ETIMEDOUT) error = (int)n;
        if (n >= 0 || h2conn_now() < next) continue;
        error = measure(d, conn);
        next = h2conn_now() + d->every_ms;
    }
    return error;
}

/* Wait before the next connection, twice as long each time one ended soon: a server that takes devices and ends them at
 * once is not to be asked for ever without a pause. The client waits likewise for one that cannot be reached. */
static void pause_after(device *d, int64_t lasted_ms) {
    d->wait_ms = lasted_ms >= MOST_MS || d->wait_ms == 0 ? FIRST_MS : d->wait_ms * 2;
    if (d->wait_ms > MOST_MS) d->wait_ms = MOST_MS;
    fprintf(stderr, "coming back in %d ms\n", (int)d->wait_ms);
    const struct timespec wait = {.tv_sec = d->wait_ms / 1000, .tv_nsec = d->wait_ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

int main(int argc, char **argv) {
    const h2conn_client_options options = {.reconnect = {.first_ms = FIRST_MS, .most_ms = MOST_MS, .again = say_retry}};
    h2conn_options connect = {.timeout_ms = -1}; /* try for ever */
    h2conn_response response = {0};
    h2conn *conn;
    if (argc != 3) return fprintf(stderr, "usage: device NAME http://127.0.0.1:8080\n"), 1;
    device d = {.name = argv[1], .every_ms = 1000};
    if (h2conn_client_new(&connect.client, &options) != H2CONN_OK) return 1;
    while (!d.off && h2conn_connect(&conn, argv[2], &connect, &response) == H2CONN_OK) {
        const int64_t since = h2conn_now();
        const int error = response.status == 200 ? work(&d, conn) : H2CONN_EEND;
        if (error) fprintf(stderr, "%s\n", h2conn_strerror(error));
        h2conn_free(conn);
        if (response.status != 200) return fprintf(stderr, "the server answered %d\n", response.status), 1;
        if (!d.off) pause_after(&d, h2conn_now() - since);
    }
    if (!d.off) fprintf(stderr, "%s\n", response.why);
    h2conn_client_free(connect.client);
    return !d.off;
}
