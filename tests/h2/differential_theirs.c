/* SPDX-License-Identifier: MIT */
#include "differential.h"

#include <stdio.h>
#include <string.h>

/* libnghttp2's side of the conversation. */

#define NV(name, value, len)                                                                                           \
    { (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, len, NGHTTP2_NV_FLAG_NONE }

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length, uint32_t *flags,
                         nghttp2_data_source *source, void *user) {
    talk *t = user;
    talk_way *way = &talk_find(t, (uint32_t)id)->way[t->we_serve];
    size_t n = 1 + talk_random(t, (uint32_t)length);
    (void)source;
    if (n > way->length - way->sent) n = way->length - way->sent;
    memcpy(buf, talk_body((uint32_t)id, t->we_serve) + way->sent, n);
    way->sent += n;
    if (way->sent < way->length) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (way->trailers) {
        nghttp2_nv sum[] = {NV("x-sum", "2", 1)};
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, sum, 1);
    }
    return (ssize_t)n;
}

static void submit_answer(talk *t, int32_t id) {
    nghttp2_data_provider body = {.read_callback = read_body};
    talk_stream *stream = talk_find(t, (uint32_t)id);
    char length[20];
    size_t n = (size_t)snprintf(length, sizeof length, "%zu", stream->way[0].length);
    nghttp2_nv fields[] = {NV(":status", "200", 3), NV("content-length", length, n)};
    nghttp2_nv interim[] = {NV(":status", "103", 3)};
    if (talk_random(t, 4) == 0) nghttp2_submit_headers(t->theirs, NGHTTP2_FLAG_NONE, id, NULL, interim, 1, NULL);
    ck_assert_int_eq(nghttp2_submit_response(t->theirs, id, fields, 2, &body), 0);
}

static void submit_request(talk *t) {
    nghttp2_data_provider body = {.read_callback = read_body};
    char length[20], text[3000];
    size_t size = talk_random(t, 3) == 0 ? talk_random(t, TALK_BODY_MAX) : talk_random(t, 3000);
    size_t filler = talk_random(t, 10) == 0 ? sizeof text : talk_random(t, 60);
    size_t n = (size_t)snprintf(length, sizeof length, "%zu", size);
    uint32_t next = nghttp2_session_get_next_stream_id(t->theirs);
    if (next / 2 >= TALK_STREAMS) return;
    memset(text, 'x', sizeof text);
    nghttp2_nv fields[] = {NV(":method", "POST", 4), NV(":scheme", "http", 4),        NV(":path", "/", 1),
                           NV(":authority", "a", 1), NV("content-length", length, n), NV("x-filler", text, filler)};
    talk_stream *stream = talk_find(t, next);
    stream->opened = true;
    stream->way[1].length = size;
    stream->way[1].trailers = talk_random(t, 3) == 0;
    ck_assert_int_eq(nghttp2_submit_request(t->theirs, NULL, fields, 6, &body, NULL), (int)next);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    talk *t = user;
    uint32_t id = (uint32_t)frame->hd.stream_id;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code)
        ck_abort_msg("seed %u: we sent GOAWAY %u: %s", t->seed, frame->goaway.error_code,
                     h2_rule_text(h2_session_failure(t->ours)->rule));
    t->farewell = t->farewell || frame->hd.type == NGHTTP2_GOAWAY;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (!t->we_serve && frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        talk_stream *stream = talk_find(t, id);
        stream->way[0].length = talk_random(t, 3) == 0 ? talk_random(t, TALK_BODY_MAX) : talk_random(t, 3000);
        stream->way[0].trailers = talk_random(t, 3) == 0;
        submit_answer(t, frame->hd.stream_id);
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) talk_got(t, id, !t->we_serve, NULL, 0, true);
    return 0;
}

static int on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *user) {
    talk *t = user;
    (void)session;
    (void)flags;
    talk_got(t, (uint32_t)id, !t->we_serve, bytes, n, false);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    talk *t = user;
    (void)session;
    if (code != NGHTTP2_NO_ERROR && code != NGHTTP2_CANCEL && code != NGHTTP2_REFUSED_STREAM)
        ck_abort_msg("seed %u: libnghttp2 closes stream %d with %u", t->seed, id, code);
    if (code != NGHTTP2_NO_ERROR) talk_find(t, (uint32_t)id)->torn = true;
    return 0;
}

static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int error, void *user) {
    talk *t = user;
    (void)session;
    if (error == NGHTTP2_ERR_REFUSED_STREAM) return 0; /* its limit was lowered while our request was on its way */
    ck_abort_msg("seed %u: libnghttp2 finds a frame of type %d invalid: %s", t->seed, frame->hd.type,
                 nghttp2_strerror(error));
    return 0;
}

static nghttp2_settings_entry setting(talk *t) {
    switch (talk_random(t, 4)) {
    case 0: return (nghttp2_settings_entry){NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, talk_random(t, 6000)};
    case 1: return (nghttp2_settings_entry){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, talk_random(t, 100000)};
    case 2: return (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 16384 + talk_random(t, 20000)};
    default: return (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1 + talk_random(t, 50)};
    }
}

void theirs_start(talk *t) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_settings_entry first[] = {setting(t), setting(t)};
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
    if (t->we_serve)
        nghttp2_session_client_new(&t->theirs, callbacks, t);
    else
        nghttp2_session_server_new(&t->theirs, callbacks, t);
    nghttp2_session_callbacks_del(callbacks);
    ck_assert_int_eq(nghttp2_submit_settings(t->theirs, NGHTTP2_FLAG_NONE, first, 2), 0);
}

static void reset_any(talk *t) {
    int32_t id = (int32_t)(2 * talk_random(t, TALK_STREAMS) + 1);
    talk_stream *stream = talk_find(t, (uint32_t)id);
    if (!stream->opened || !nghttp2_session_find_stream(t->theirs, id)) return;
    if (nghttp2_session_get_stream_local_close(t->theirs, id) < 0) return;
    stream->torn = true;
    nghttp2_submit_rst_stream(t->theirs, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void theirs_act(talk *t) {
    nghttp2_settings_entry one = setting(t);
    if (t->closing) {
        /* windows may have been left shut: open them for what is still to come */
        one = (nghttp2_settings_entry){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 200000};
        if (talk_random(t, 400) == 0) nghttp2_submit_settings(t->theirs, NGHTTP2_FLAG_NONE, &one, 1);
        return;
    }
    if (t->we_serve && talk_random(t, 2) == 0) submit_request(t);
    if (talk_random(t, 20) == 0) nghttp2_submit_ping(t->theirs, NGHTTP2_FLAG_NONE, (const uint8_t *)"theirown");
    if (talk_random(t, 15) == 0) nghttp2_submit_settings(t->theirs, NGHTTP2_FLAG_NONE, &one, 1);
    if (talk_random(t, 15) == 0) reset_any(t);
}
