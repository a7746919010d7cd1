/* SPDX-License-Identifier: MIT */
/* A gRPC server with one method, a stream of notes both ways: each note comes back in capitals, its number doubled, as
 * soon as it has come. The status travels in the trailers.
 * usage: grpc_server http://127.0.0.1:8080 */
#include <ctype.h>
#include <stdio.h>
#include "grpc_messages.h"

static const h2conn_field content_type = H2CONN_FIELD("content-type", "application/grpc");

static void finish(h2conn *conn, int status, const char *message) {
    char code[4];
    const size_t len = (size_t)snprintf(code, sizeof code, "%d", status);
    const h2conn_field trailers[] = {{"grpc-status", code, 11, len, false},
                                     {"grpc-message", message, 12, strlen(message), false}};
    h2conn_close_write_with(conn, trailers, *message ? 2 : 1);
}

static void talk(h2conn *conn) {
    char buf[GRPC_PREFIX_BYTES + NOTE_BYTES];
    h2conn_reader in;
    note n;
    int got;
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    while ((got = note_read(&in, &n)) > 0) {
        for (char *c = n.text; *c; c++) *c = (char)toupper((unsigned char)*c);
        n.number *= 2;
        if (note_write(conn, &n) != H2CONN_OK) return; /* the client has gone */
    }
    if (got == 0)
        finish(conn, GRPC_OK, "");
    else
        finish(conn, GRPC_INVALID_ARGUMENT, h2conn_strerror(got));
}

static void handle(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, &content_type, 1) != H2CONN_OK) return;
    if (strcmp(h2conn_request_path(request), GRPC_PATH) == 0)
        talk(conn);
    else
        finish(conn, GRPC_UNIMPLEMENTED, "there is only " GRPC_PATH);
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.handler = handle};
    h2conn_server *server;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: grpc_server http://127.0.0.1:8080\n"), 1;
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    return error != H2CONN_OK;
}
