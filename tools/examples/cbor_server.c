/* SPDX-License-Identifier: MIT */
/* Values of any shape come in CBOR and go back as they were understood: the same bytes to any language.
 * usage: cbor_server http://127.0.0.1:8080 */
#include <stdio.h>
#include <stdlib.h>
#include "cbor_items.h"

static void converse(item_reader *in) {
    int error = H2CONN_OK;
    cbor_item_t *item;
    while (error == H2CONN_OK && (item = item_read(in, &error))) {
        error = item_write(in->conn, item);
        cbor_decref(&item);
    }
    if (error == H2CONN_EPROTOCOL) h2conn_reset(in->conn, H2_CANCEL);
}

static void handle(void *user, h2conn_request *request) {
    static const h2conn_field type = H2CONN_FIELD("content-type", "application/cbor-seq");
    item_reader *in = malloc(sizeof *in);
    (void)user;
    if (in && h2conn_accept(&in->conn, request, 200, &type, 1) == H2CONN_OK) {
        in->len = 0;
        converse(in);
    }
    free(in);
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.handler = handle};
    h2conn_server *server;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: cbor_server http://127.0.0.1:8080\n"), 1;
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    return error != H2CONN_OK;
}
