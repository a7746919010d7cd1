/* SPDX-License-Identifier: MIT */
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "bench_common.h"
#include "bench_session.h"

typedef struct side {
    bench_pair *pair;
    nghttp2_session *session;
    size_t fields; /* of the header section being received */
    size_t last_len;
} side;

struct bench_pair {
    side client, server;
    nghttp2_nv request[BENCH_FIELDS];
    bench_counts counts;
};

static nghttp2_nv field(const char *name, const char *value) {
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    side *s = user;
    (void)session;
    (void)frame;
    s->fields = 0;
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user) {
    side *s = user;
    (void)session;
    (void)frame;
    (void)name;
    (void)name_len;
    (void)value;
    (void)flags;
    s->fields++;
    s->last_len = value_len;
    return 0;
}

static int on_request(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    side *s = user;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    bool whole = frame->hd.flags & NGHTTP2_FLAG_END_STREAM && s->fields == BENCH_FIELDS &&
                 s->last_len == strlen(bench_request[BENCH_FIELDS - 1][1]);
    if (!whole) bench_die("nghttp2: a request arrived changed");
    s->pair->counts.requests++;
    nghttp2_nv answer = field(":status", "200");
    if (nghttp2_submit_response(session, frame->hd.stream_id, &answer, 1, NULL) != 0)
        bench_die("nghttp2: cannot answer");
    return 0;
}

static int on_answer(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    side *s = user;
    (void)session;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || s->fields != 1 || s->last_len != 3)
        bench_die("nghttp2: an answer arrived changed");
    s->pair->counts.answers++;
    return 0;
}

static void open_side(bench_pair *pair, side *s, bool server) {
    nghttp2_session_callbacks *callbacks;
    s->pair = pair;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) bench_die("out of memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, server ? on_request : on_answer);
    int error = (server ? nghttp2_session_server_new : nghttp2_session_client_new)(&s->session, callbacks, s);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry streams = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 128};
    if (error || nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, &streams, 1) != 0)
        bench_die("nghttp2: no session");
}

static bool move(const side *from, const side *to) {
    const uint8_t *bytes;
    bool moved = false;
    for (ssize_t n; (n = nghttp2_session_mem_send(from->session, &bytes)) != 0; moved = true)
        if (n < 0 || nghttp2_session_mem_recv(to->session, bytes, (size_t)n) != n)
            bench_die("nghttp2: a session failed");
    return moved;
}

static void settle(bench_pair *pair) {
    for (bool moved = true; moved;) {
        moved = move(&pair->client, &pair->server);
        moved = move(&pair->server, &pair->client) || moved;
    }
}

static bench_pair *open_theirs(void) {
    bench_pair *pair = calloc(1, sizeof *pair);
    if (!pair) bench_die("out of memory");
    for (size_t i = 0; i < BENCH_FIELDS; i++) pair->request[i] = field(bench_request[i][0], bench_request[i][1]);
    open_side(pair, &pair->client, false);
    open_side(pair, &pair->server, true);
    settle(pair);
    return pair;
}

static void exchange_theirs(bench_pair *pair, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (nghttp2_submit_request(pair->client.session, NULL, pair->request, BENCH_FIELDS, NULL, NULL) < 0)
            bench_die("nghttp2: cannot open a stream");
    settle(pair);
}

static bench_counts counts_theirs(const bench_pair *pair) {
    return pair->counts;
}

static void close_theirs(bench_pair *pair) {
    nghttp2_session_del(pair->client.session);
    nghttp2_session_del(pair->server.session);
    free(pair);
}

const bench_library bench_theirs = {"nghttp2", open_theirs, exchange_theirs, counts_theirs, close_theirs};
