/* SPDX-License-Identifier: MIT */
/* A gRPC client of that method: each line of input is a note, numbered; answers are printed as they come, while more is
 * typed.
 * usage: grpc_client http://127.0.0.1:8080 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "grpc_messages.h"

/* Notes from input until its end. */
static void *send_notes(void *user) {
    note n = {.number = 0};
    while (fgets(n.text, sizeof n.text, stdin)) {
        n.text[strcspn(n.text, "\n")] = '\0';
        n.number++;
        if (note_write(user, &n) != H2CONN_OK) return NULL;
    }
    h2conn_close_write(user);
    return NULL;
}

static const h2conn_field *find(const h2conn_field *fields, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}

/* grpc-status is in the trailers, or in the response when nothing was said. */
static int status_of(h2conn *conn, const h2conn_response *response) {
    size_t n;
    const h2conn_field *trailers = h2conn_trailers(conn, &n);
    const h2conn_field *fields = n > 0 ? trailers : response->fields;
    if (n == 0) n = response->n_fields;
    const h2conn_field *status = find(fields, n, "grpc-status"), *message = find(fields, n, "grpc-message");
    if (!status) return fprintf(stderr, "no grpc-status\n"), 1;
    if (strcmp(status->value, "0") == 0) return 0;
    return fprintf(stderr, "status %s: %s\n", status->value, message ? message->value : ""), 1;
}

/* The other thread may wait for input that never comes, and the connection is that thread's too. */
static int leave(pthread_t sender, int status) {
    pthread_detach(sender);
    exit(status);
}

int main(int argc, char **argv) {
    static const h2conn_field fields[] = {H2CONN_FIELD("content-type", "application/grpc"),
                                          H2CONN_FIELD("te", "trailers")};
    const h2conn_options options = {.fields = fields, .n_fields = 2, .early = true};
    char url[512], buf[GRPC_PREFIX_BYTES + NOTE_BYTES], why[H2CONN_WHY_BYTES];
    h2conn_response response;
    h2conn_reader in;
    pthread_t sender;
    h2conn *conn;
    note n;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: grpc_client http://127.0.0.1:8080\n"), 1;
    snprintf(url, sizeof url, "%s" GRPC_PATH, argv[1]);
    if (h2conn_connect(&conn, url, &options, &response) != H2CONN_OK) return fprintf(stderr, "%s\n", response.why), 1;
    if (pthread_create(&sender, NULL, send_notes, conn) != 0) return 1;
    if (h2conn_await_response(conn, &response) != H2CONN_OK)
        return fprintf(stderr, "%s\n", response.why), leave(sender, 1);
    if (response.status != 200) return fprintf(stderr, "the server answered %d\n", response.status), leave(sender, 1);
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    int got;
    while ((got = note_read(&in, &n)) > 0) {
        printf("%lld %s\n", (long long)n.number, n.text);
        fflush(stdout);
    }
    if (got < 0) fprintf(stderr, "%s\n", *h2conn_why(conn, why) ? why : h2conn_strerror(got));
    const int status = got == 0 ? status_of(conn, &response) : 1;
    if (status) leave(sender, status);
    pthread_join(sender, NULL);
    h2conn_free(conn);
    return status;
}
