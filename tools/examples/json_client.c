/* SPDX-License-Identifier: MIT */
/* Send words as JSON strings, one a line, and print the answers.
 * usage: json_client http://127.0.0.1:8080 WORD... */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2conn_message.h"

static int send_word(h2conn *conn, const char *word) {
    json_t *value = json_string(word);
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    int error = text ? h2conn_write(conn, text, strlen(text), NULL) : H2CONN_EINVAL;
    free(text);
    json_decref(value);
    return error ? error : h2conn_write(conn, "\n", 1, NULL);
}

/* The answer to the last word; lines end values. */
static int print_answer(h2conn_reader *in) {
    char *text;
    ptrdiff_t n = h2conn_reader_line(in, &text);
    if (n < 0) return (int)n;
    json_t *value = json_loadb(text, (size_t)n, JSON_DECODE_ANY, NULL);
    if (json_is_string(value))
        puts(json_string_value(value));
    else
        printf("not a string: %.*s\n", (int)n, text);
    json_decref(value);
    return H2CONN_OK;
}

int main(int argc, char **argv) {
    char buf[65536], why[H2CONN_WHY_BYTES];
    h2conn_response response;
    h2conn_reader in;
    h2conn *conn;
    if (argc < 3) return fprintf(stderr, "usage: json_client http://127.0.0.1:8080 WORD...\n"), 1;
    int error = h2conn_connect(&conn, argv[1], NULL, &response);
    if (error) return fprintf(stderr, "%s\n", response.why), 1;
    if (response.status != 200)
        return fprintf(stderr, "the server answered %d\n", response.status), h2conn_free(conn), 1;
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    for (int i = 2; i < argc && !error; i++) {
        error = send_word(conn, argv[i]);
        if (!error) error = print_answer(&in);
    }
    if (error) fprintf(stderr, "%s\n", *h2conn_why(conn, why) ? why : h2conn_strerror(error));
    h2conn_free(conn);
    return error != H2CONN_OK;
}
