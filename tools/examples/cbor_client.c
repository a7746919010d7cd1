/* SPDX-License-Identifier: MIT */
/* Send readings of a sensor as CBOR maps, {"name": ..., "value": ...}, and print what comes back.
 * usage: cbor_client http://127.0.0.1:8080 */
#include <stdio.h>
#include <stdlib.h>
#include "cbor_items.h"

typedef struct reading {
    const char *name;
    double value;
} reading;

static int send_reading(h2conn *conn, const reading *r) {
    cbor_item_t *map = cbor_new_definite_map(2);
    bool good = map &&
                cbor_map_add(map, (struct cbor_pair){.key = cbor_move(cbor_build_string("name")),
                                                     .value = cbor_move(cbor_build_string(r->name))}) &&
                cbor_map_add(map, (struct cbor_pair){.key = cbor_move(cbor_build_string("value")),
                                                     .value = cbor_move(cbor_build_float8(r->value))});
    int error = good ? item_write(conn, map) : H2CONN_ENOMEM;
    if (map) cbor_decref(&map);
    return error;
}

static void print_reading(const cbor_item_t *item) {
    if (!cbor_isa_map(item)) return;
    const struct cbor_pair *pairs = cbor_map_handle(item);
    for (size_t i = 0; i < cbor_map_size(item); i++) {
        if (cbor_isa_string(pairs[i].value))
            printf("%.*s: ", (int)cbor_string_length(pairs[i].value), (const char *)cbor_string_handle(pairs[i].value));
        if (cbor_is_float(pairs[i].value)) printf("%g\n", cbor_float_get_float(pairs[i].value));
    }
}

int main(int argc, char **argv) {
    static const reading readings[] = {{"temperature", 21.5}, {"humidity", 0.4}, {"pressure", 1013.25}};
    static item_reader in;
    h2conn_response response;
    cbor_item_t *item = NULL;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: cbor_client http://127.0.0.1:8080\n"), 1;
    int error = h2conn_connect(&in.conn, argv[1], NULL, &response);
    if (error) return fprintf(stderr, "%s\n", response.why), 1;
    if (response.status != 200)
        return fprintf(stderr, "the server answered %d\n", response.status), h2conn_free(in.conn), 1;
    for (size_t i = 0; i < sizeof readings / sizeof *readings && !error; i++)
        error = send_reading(in.conn, &readings[i]);
    h2conn_close_write(in.conn);
    while (!error && (item = item_read(&in, &error))) {
        print_reading(item);
        cbor_decref(&item);
    }
    if (error) fprintf(stderr, "%s\n", h2conn_strerror(error));
    h2conn_free(in.conn);
    return error != H2CONN_OK;
}
