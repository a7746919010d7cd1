/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2cat_exec.h"
#include "h2cat_forward.h"
#include "h2cat_join.h"
#include "h2cat_record.h"
#include "h2cat_server.h"
#include "tool_exit.h"
#include "tool_frame.h"
#include "tool_serve.h"

/* Time for the last bytes of a joined connection to leave. */
#define LAST_BYTES_MS 3000

typedef struct server {
    const h2cat_options *options;
    h2conn_server *server;
    char *body; /* of --respond */
    size_t body_len;
    atomic_flag taken; /* --listen alone: the first connection is there */
    int joined_status;
} server;

static bool read_file(const char *name, char **out, size_t *len) {
    FILE *file = fopen(name, "rbe");
    size_t size = 0, cap = 0, n = 0;
    char *bytes = NULL;
    if (!file) return false;
    do {
        size += n;
        if (size == cap) {
            char *larger = realloc(bytes, cap = cap ? 2 * cap : H2CAT_CHUNK_BYTES);
            if (!larger) break;
            bytes = larger;
        }
        n = fread(bytes + size, 1, cap - size, file);
    } while (n > 0);
    bool good = feof(file) && !ferror(file);
    fclose(file);
    *out = bytes;
    *len = size;
    return good;
}

static void join_first(server *s, h2conn_request *request) {
    const h2cat_options *o = s->options;
    char why[H2CONN_WHY_BYTES];
    h2cat_channel channel;
    int error = H2CONN_OK;
    if (atomic_flag_test_and_set(&s->taken)) {
        h2conn_respond(request, 503, NULL, 0, NULL, 0);
        return;
    }
    if (h2cat_channel_accept(&channel, o->framing, request, &o->fields) != H2CONN_OK) {
        atomic_flag_clear(&s->taken);
        return;
    }
    switch (h2cat_join(&channel, false, NULL, NULL, &error)) {
    case H2CAT_END_STDIN: s->joined_status = TOOL_USAGE; break;
    case H2CAT_END_FAILED:
        s->joined_status = tool_fail(error, "the connection failed", h2cat_channel_why(&channel, why));
        break;
    default: break;
    }
    h2cat_channel_free(&channel, true);
    h2conn_server_drain(s->server, LAST_BYTES_MS);
}

/* Messages of a WebSocket come back as they were, in pieces. */
static void echo(const h2cat_options *o, h2conn_request *request) {
    h2conn_ws_piece piece;
    h2cat_channel channel;
    ptrdiff_t n;
    char *buf = malloc(H2CAT_CHUNK_BYTES);
    if (buf && h2cat_channel_accept(&channel, o->framing, request, &o->fields) == H2CONN_OK) {
        while ((n = h2conn_ws_read(channel.ws, buf, H2CAT_CHUNK_BYTES, &piece)) >= 0)
            if (h2conn_ws_write(channel.ws, buf, (size_t)n, piece.text, piece.end, NULL) != H2CONN_OK) break;
        h2cat_channel_free(&channel, true);
    }
    free(buf);
}

static void handle(void *user, h2conn_request *request) {
    server *s = user;
    const tool_fields *fields = &s->options->fields;
    bool head = strcmp(h2conn_request_method(request), "HEAD") == 0;
    switch (s->options->mode) {
    case H2CAT_RESPOND: h2conn_respond(request, 200, fields->list, fields->n, s->body, s->body_len); break;
    case H2CAT_EXEC:
        if (head)
            h2conn_respond(request, 200, fields->list, fields->n, NULL, 0);
        else
            h2cat_exec(request, s->options->framing, s->options->argument, fields);
        break;
    case H2CAT_JOIN:
        if (head)
            h2conn_respond(request, 200, fields->list, fields->n, NULL, 0);
        else
            join_first(s, request);
        break;
    case H2CAT_FORWARD: h2cat_forward_request(s->options, request); break;
    default: echo(s->options, request); break; /* plain bytes are echoed by events */
    }
}

int h2cat_server(h2cat_options *o) {
    server s = {.options = o, .taken = ATOMIC_FLAG_INIT};
    h2cat_recorder *recorder = NULL;
    int status = tool_tls_open(&o->tls, o->url, true);
    if (status != TOOL_OK) return status;
    if (o->record && !(recorder = h2cat_record_open(o->record, true))) {
        tool_tls_close(&o->tls);
        return TOOL_USAGE;
    }
    if (o->mode == H2CAT_RESPOND && !read_file(o->argument, &s.body, &s.body_len)) {
        tool_say("cannot read %s: %s", o->argument, strerror(errno));
        status = TOOL_USAGE;
    } else {
        h2_config config = h2_config_hosted(true);
        config.connect_protocol = o->framing != H2CAT_PLAIN;
        const h2conn_events echoing = tool_echo_events(&o->fields);
        const bool by_events = o->mode == H2CAT_ECHO && o->framing == H2CAT_PLAIN;
        h2conn_server_options options = {.secure = tool_tls_secure(&o->tls),
                                         .config = &config,
                                         .handler = by_events ? NULL : handle,
                                         .events = by_events ? &echoing : NULL,
                                         .user = &s,
                                         .trace = o->verbose ? tool_trace : NULL,
                                         .trace_user = &s,
                                         .tap = recorder ? h2cat_record : NULL,
                                         .tap_user = recorder};
        int error = h2conn_server_new(&s.server, &options);
        if (error) {
            status = tool_fail(error, "cannot make a server", NULL);
        } else {
            status = tool_serve(s.server, o->url, &o->tls, o->drain_ms);
            h2conn_server_free(s.server);
            if (status == TOOL_OK) status = s.joined_status;
        }
    }
    free(s.body);
    if (!h2cat_record_close(recorder) && status == TOOL_OK) status = TOOL_USAGE;
    tool_tls_close(&o->tls);
    return status;
}
