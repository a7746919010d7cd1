/* SPDX-License-Identifier: MIT */
#include "posix_ask.h"
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "posix_client.h"
#include "posix_time.h"

static h2_field pseudo_field(const char *name, const char *value, size_t len) {
    h2_field field = h2conn_field_of(name, "");
    field.value = value;
    field.value_len = len;
    return field;
}

/* Into room for all. Returns how many. */
static size_t make_fields(h2_field *fields, const h2conn_url *url, const h2conn_options *options) {
    const char *method = options->method != NULL ? options->method : "POST";
    const bool tunnel = options->protocol == NULL && strcmp(method, "CONNECT") == 0;
    size_t n = 0;
    fields[n++] = h2conn_field_of(":method", options->protocol != NULL ? "CONNECT" : method);
    fields[n++] = pseudo_field(":authority", url->authority, url->authority_len);
    if (!tunnel) { /* RFC 9113, 8.5 */
        fields[n++] = h2conn_field_of(":scheme", url->secure ? "https" : "http");
        fields[n++] = pseudo_field(":path", url->path, url->path_len);
    }
    if (options->protocol != NULL) fields[n++] = h2conn_field_of(":protocol", options->protocol);
    if (options->expect_continue) fields[n++] = h2conn_field_of("expect", "100-continue");
    for (size_t i = 0; i < options->n_fields; i++) fields[n++] = options->fields[i];
    return n;
}

static const char *copy_string(char **at, const char *string, size_t len) {
    char *copy = *at;
    if (len > 0) memcpy(copy, string, len);
    *at += len;
    return copy;
}

/* With their strings, in one piece of memory. */
static h2_field *copy_fields(const h2_field *fields, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += fields[i].name_len + fields[i].value_len;
    h2_field *copy = malloc(n * sizeof *copy + bytes);
    if (copy == NULL) return NULL;
    char *at = (char *)(copy + n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = fields[i];
        copy[i].name = copy_string(&at, fields[i].name, fields[i].name_len);
        copy[i].value = copy_string(&at, fields[i].value, fields[i].value_len);
    }
    return copy;
}

static bool is_valid(const h2conn_options *options, bool secure) {
    const bool secured = options->client != NULL ? posix_client_is_secured(options->client) : options->secure != NULL;
    return (options->n_fields == 0 || options->fields != NULL) &&
           h2conn_fields_are_plain(options->fields, options->n_fields) &&
           (options->method == NULL || h2conn_is_token(options->method)) && (!secure || secured);
}

int posix_ask_init(posix_ask *ask, const char *url, const h2conn_options *options) {
    *ask = (posix_ask){.extended = options->protocol != NULL,
                       .informational = options->informational,
                       .informational_user = options->informational_user};
    if (!h2conn_url_parse(&ask->url, url) || ask->url.port == 0) return H2CONN_EURL;
    if (!is_valid(options, ask->url.secure)) return H2CONN_EINVAL;
    h2_field *fields = malloc((H2CONN_PSEUDO_FIELDS + 1 + options->n_fields) * sizeof *fields);
    if (fields == NULL) return H2CONN_ENOMEM;
    ask->n_fields = make_fields(fields, &ask->url, options);
    ask->fields = copy_fields(fields, ask->n_fields);
    free(fields);
    ask->url.authority = ask->url.path = NULL;
    return ask->fields != NULL ? H2CONN_OK : H2CONN_ENOMEM;
}

void posix_ask_end(posix_ask *ask) {
    free(ask->fields);
    ask->fields = NULL;
}

int64_t posix_ask_deadline(const h2conn_options *options) {
    const int64_t timeout = options->timeout_ms == 0 ? POSIX_TIMEOUT_MS : options->timeout_ms;
    return timeout > 0 ? posix_after(h2conn_now(), timeout) : 0;
}

h2_result posix_ask_open(const posix_ask *ask, h2conn *conn, posix_session *s, bool fresh) {
    uint32_t id;
    if ((!fresh || ask->extended) && !h2_session_ready(s->link.session)) return H2_EAGAIN;
    const h2_result result = h2_stream_open(s->link.session, ask->fields, ask->n_fields, 0, &id);
    if (result != H2_OK) return result;
    posix_conn_attach(conn, s, id);
    conn->informational = ask->informational;
    conn->informational_user = ask->informational_user;
    return result;
}

int posix_ask_explain(posix_session *s, char why[H2CONN_WHY_BYTES], uint32_t *code) {
    char text[H2CONN_WHY_BYTES];
    const h2_failure *failure = h2_session_failure(s->link.session);
    int error = h2conn_link_error(&s->link, NULL);
    if (error == H2CONN_OK || error == H2CONN_ECLOSED) error = H2CONN_EGOAWAY;
    *code = failure->code;
    h2conn_explain(why, error, failure, posix_session_detail(s, text));
    return error;
}

int posix_ask_result(posix_session *s, h2_result result, char why[H2CONN_WHY_BYTES], uint32_t *code) {
    switch (result) {
    case H2_OK: return H2CONN_OK;
    case H2_ELIMIT: return H2CONN_ELIMIT;
    case H2_ENOMEM: return H2CONN_ENOMEM;
    case H2_ESTATE: return H2CONN_EEXTENDED;
    case H2_ECLOSED:
    case H2_EPROTOCOL: return posix_ask_explain(s, why, code);
    default: return H2CONN_EINVAL;
    }
}
