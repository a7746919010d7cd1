/* SPDX-License-Identifier: MIT */
/* Strings come as JSON, one value a line, and go back in capitals: what Go's json.Encoder writes and json.Decoder
 * reads. usage: json_server http://127.0.0.1:8080 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2conn_message.h"

/* The longest line accepted. */
#define LINE_BYTES 65536

/* Append to a line that is being written: json_dump_callback. */
typedef struct line {
    char bytes[LINE_BYTES];
    size_t len;
} line;

static int append(const char *bytes, size_t len, void *user) {
    line *l = user;
    if (len > sizeof l->bytes - l->len) return -1;
    memcpy(l->bytes + l->len, bytes, len);
    l->len += len;
    return 0;
}

static int send_value(h2conn *conn, const json_t *value, line *l) {
    l->len = 0;
    if (json_dump_callback(value, append, l, JSON_ENCODE_ANY) != 0 || append("\n", 1, l) != 0) return H2CONN_ETOOLONG;
    return h2conn_write(conn, l->bytes, l->len, NULL);
}

/* Letters of ASCII; others stay as they are. A string may hold NUL. */
static json_t *upper(const json_t *string) {
    const size_t len = json_string_length(string);
    const char *from = json_string_value(string);
    char *copy = malloc(len + 1);
    for (size_t i = 0; copy && i < len; i++) copy[i] = (char)toupper((unsigned char)from[i]);
    json_t *result = copy ? json_stringn(copy, len) : NULL;
    free(copy);
    return result;
}

static void converse(h2conn *conn, char *buf, line *out) {
    h2conn_reader in;
    json_error_t wrong;
    char *text;
    ptrdiff_t n = 0;
    int error = H2CONN_OK;
    h2conn_reader_of(&in, conn, buf, LINE_BYTES);
    while (error == H2CONN_OK && (n = h2conn_reader_line(&in, &text)) >= 0) {
        json_t *value = json_loadb(text, (size_t)n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &wrong);
        json_t *answer =
            json_is_string(value) ? upper(value) : json_pack("{ss}", "error", value ? "no string" : wrong.text);
        error = answer ? send_value(conn, answer, out) : H2CONN_ENOMEM;
        json_decref(value);
        json_decref(answer);
    }
    if (n != H2CONN_ETOOLONG) return;
    json_t *answer = json_pack("{ss}", "error", h2conn_strerror(H2CONN_ETOOLONG));
    if (answer) send_value(conn, answer, out);
    json_decref(answer);
}

static void handle(void *user, h2conn_request *request) {
    static const h2conn_field type = H2CONN_FIELD("content-type", "application/x-ndjson");
    h2conn *conn;
    char *buf = malloc(LINE_BYTES);
    line *out = malloc(sizeof *out);
    (void)user;
    if (buf && out && h2conn_accept(&conn, request, 200, &type, 1) == H2CONN_OK) converse(conn, buf, out);
    free(buf);
    free(out);
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.handler = handle};
    h2conn_server *server;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: json_server http://127.0.0.1:8080\n"), 1;
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    return error != H2CONN_OK;
}
