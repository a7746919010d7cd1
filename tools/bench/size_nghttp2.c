/* SPDX-License-Identifier: MIT */
#include <nghttp2/nghttp2.h>
#include <string.h>

/* What tools/firmware/size/both.c does with the core: a client that sends what it reads back, and a server that gives
 * every stream its bytes back, with nowhere to send to. */

#define STREAMS 2

typedef struct echo {
    int32_t stream;
    uint8_t chunk[64];
    size_t len;
    int ended;
} echo;

static echo echoes[STREAMS + 1];

static ssize_t give(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t len, uint32_t *flags,
                    nghttp2_data_source *source, void *user) {
    echo *e = source->ptr;
    size_t n = e->len < len ? e->len : len;
    (void)session;
    (void)stream;
    (void)user;
    if (n == 0 && !e->ended) return NGHTTP2_ERR_DEFERRED;
    memcpy(buf, e->chunk, n);
    e->len -= n;
    memmove(e->chunk, e->chunk + n, e->len);
    if (e->ended && e->len == 0) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len,
                   void *user) {
    echo *e = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags;
    (void)user;
    if (e == NULL || len > sizeof e->chunk - e->len) return 0;
    memcpy(e->chunk + e->len, bytes, len);
    e->len += len;
    nghttp2_session_consume(session, stream, len);
    return nghttp2_session_resume_data(session, stream);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    static nghttp2_nv answer = {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE};
    echo *e = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)user;
    if (e != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        e->ended = 1;
        nghttp2_session_resume_data(session, frame->hd.stream_id);
    }
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    for (int i = 0; i < STREAMS; i++) {
        if (echoes[i].stream != 0) continue;
        nghttp2_data_provider back = {{.ptr = &echoes[i]}, give};
        echoes[i].stream = frame->hd.stream_id;
        nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, &echoes[i]);
        return nghttp2_submit_response(session, frame->hd.stream_id, &answer, 1, &back);
    }
    return nghttp2_submit_rst_stream(session, 0, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user) {
    (void)session, (void)frame, (void)name, (void)name_len, (void)value, (void)value_len, (void)flags, (void)user;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    echo *e = nghttp2_session_get_stream_user_data(session, stream);
    (void)code;
    (void)user;
    if (e != NULL) memset(e, 0, sizeof *e);
    return 0;
}

static nghttp2_session *open_session(int server) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session = NULL;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2048}};
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return NULL;
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (server)
        nghttp2_session_server_new(&session, callbacks, NULL);
    else
        nghttp2_session_client_new(&session, callbacks, NULL);
    nghttp2_session_callbacks_del(callbacks);
    if (session) nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2);
    return session;
}

static int run(nghttp2_session *session) {
    static volatile size_t arrived;
    static uint8_t bytes[512];
    const uint8_t *out;
    while (nghttp2_session_want_read(session) || nghttp2_session_want_write(session)) {
        if (nghttp2_session_mem_recv(session, bytes, arrived) < 0 || nghttp2_session_mem_send(session, &out) < 0)
            return 1;
    }
    nghttp2_session_del(session);
    return 0;
}

#define FIELD(name, value)                                                                                             \
    { (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE }

int main(void) {
    static const nghttp2_nv request[] = {FIELD(":method", "POST"), FIELD(":scheme", "https"),
                                         FIELD(":authority", "device.example"), FIELD(":path", "/uplink")};
    nghttp2_session *client = open_session(0), *server = open_session(1);
    nghttp2_data_provider back = {{.ptr = &echoes[STREAMS]}, give};
    if (client == NULL || server == NULL) return 1;
    nghttp2_submit_request(client, NULL, request, 4, &back, &echoes[STREAMS]);
    return run(client) | run(server);
}
