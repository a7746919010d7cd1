/* SPDX-License-Identifier: MIT */
#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Our side of the conversation. */

static const h2_field sum[] = {H2_FIELD("x-sum", "1"), H2_FIELD("x-more", "some value that is longer")};

/* Lend the whole body or, later, the rest of what it is made of: the end, trailers. */
static void lend(talk *t, uint32_t id) {
    talk_way *way = &talk_find(t, id)->way[!t->we_serve];
    const uint8_t *body = talk_body(id, !t->we_serve) + way->sent;
    size_t n = 1 + talk_random(t, 30000);
    if (n > way->length - way->sent) n = way->length - way->sent;
    bool all = way->sent + n == way->length;
    if (h2_stream_write(t->ours, id, body, n, all && !way->trailers ? H2_END : 0) != H2_OK) return;
    way->sent += n;
    talk_find(t, id)->lent = all;
}

static void answer(talk *t, uint32_t id) {
    talk_stream *stream = talk_find(t, id);
    char text[40];
    int n = snprintf(text, sizeof text, "%zu", stream->way[0].length);
    h2_field fields[] = {
        H2_FIELD(":status", "200"), {"content-length", text, 14, (size_t)n, false}, H2_FIELD("server", "ours")};
    if (talk_random(t, 4) == 0) {
        h2_field interim[] = {H2_FIELD(":status", "103"), H2_FIELD("link", "</x>; rel=preload")};
        h2_stream_respond(t->ours, id, interim, 2, 0);
    }
    if (h2_stream_respond(t->ours, id, fields, 3, 0) == H2_OK) stream->answered = true;
}

static void ask(talk *t) {
    char text[2000], length[20];
    uint32_t id;
    size_t size = talk_random(t, 3) == 0 ? talk_random(t, TALK_BODY_MAX) : talk_random(t, 3000);
    int n = snprintf(length, sizeof length, "%zu", size);
    size_t filler = talk_random(t, 10) == 0 ? sizeof text : talk_random(t, 40);
    for (size_t i = 0; i < filler; i++) text[i] = (char)('!' + talk_random(t, 90));
    h2_field fields[] = {H2_FIELD(":method", "POST"),
                         H2_FIELD(":scheme", "http"),
                         H2_FIELD(":path", "/"),
                         H2_FIELD(":authority", "a"),
                         {"content-length", length, 14, (size_t)n, false},
                         {"x-filler", text, 8, filler, talk_random(t, 2) == 0}};
    if (h2_stream_open(t->ours, fields, 6, 0, &id) != H2_OK) return;
    talk_stream *stream = talk_find(t, id);
    stream->opened = stream->answered = true;
    stream->way[1].length = size;
    stream->way[1].trailers = talk_random(t, 3) == 0;
}

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    talk *t = user;
    talk_stream *stream = talk_find(t, id);
    if (section == H2_REQUEST) {
        stream->opened = true;
        stream->way[0].length = talk_random(t, 3) == 0 ? talk_random(t, TALK_BODY_MAX) : talk_random(t, 3000);
        stream->way[0].trailers = talk_random(t, 3) == 0;
        answer(t, id);
    }
    ck_assert(n > 0 && fields[0].name_len > 0);
    if (end) talk_got(t, id, t->we_serve, NULL, 0, true);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    talk *t = user;
    talk_got(t, id, t->we_serve, bytes, len, end);
    talk_find(t, id)->unread += len;
}

static void on_sent(void *user, uint32_t id) {
    talk *t = user;
    talk_stream *stream = talk_find(t, id);
    if (stream->way[!t->we_serve].sent < stream->way[!t->we_serve].length) lend(t, id);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    talk *t = user;
    if (why->culprit == H2_BY_RULE) ck_abort_msg("seed %u: stream %u: %s", t->seed, id, h2_rule_text(why->rule));
    if (why->culprit != H2_BY_NOBODY) talk_find(t, id)->torn = true;
}

static void give_back(talk *t, uint32_t id, size_t n) {
    talk_find(t, id)->unread -= n;
    h2_stream_consumed(t->ours, id, n);
}

void ours_start(talk *t) {
    h2_config config = talk_random(t, 3) == 0 ? h2_config_small(t->we_serve) : h2_config_hosted(t->we_serve);
    h2_handlers handlers = {.on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};
    config.streams = (uint16_t)(1 + talk_random(t, 30));
    config.stream_window = 500 + talk_random(t, 100000); /* less would take for ever */
    config.session_window = 65535 + talk_random(t, 100000);
    config.frame_size = 16384 + talk_random(t, 10000);
    config.header_bytes = 8192;
    config.decoder_table =
        4096 + 4 * talk_random(t, 1000); /* below the default, what comes before the acknowledgement may be lost */
    config.send_header_bytes = 5000 + talk_random(t, 5000);
    config.credit_on_receipt = talk_random(t, 2);
    size_t size = h2_session_size(&config);
    lender_init(&t->lender);
    if (!test_lent) t->memory = malloc(size);
    ck_assert_int_eq(t->memory ? h2_session_init(&t->ours, t->memory, size, &config, &handlers, t)
                               : h2_session_new(&t->ours, &t->lender.hooks, &config, &handlers, t),
                     H2_OK);
}

/* Go on with one stream: begin its body, end it with trailers, give octets back, rarely reset it. */
static void go_on(talk *t, uint32_t id) {
    talk_stream *stream = talk_find(t, id);
    if (!stream->opened || stream->torn) return;
    if (!stream->answered)
        answer(t, id);
    else if (!stream->lent)
        lend(t, id);
    else if (stream->way[!t->we_serve].trailers)
        h2_stream_trailers(t->ours, id, sum, 2);
    if (!t->closing && talk_random(t, 60) == 0 && h2_stream_reset(t->ours, id, H2_CANCEL) == H2_OK) stream->torn = true;
}

void ours_act(talk *t) {
    uint8_t opaque[8] = {(uint8_t)talk_random(t, 256)};
    if (!t->we_serve && !t->closing && talk_random(t, 2) == 0) ask(t);
    if (!t->closing && talk_random(t, 20) == 0) h2_session_ping(t->ours, opaque);
    for (uint32_t i = 0; i < TALK_STREAMS; i++) {
        talk_stream *stream = &t->streams[i];
        if (stream->opened && !stream->torn && (t->closing || talk_random(t, 3) == 0)) go_on(t, 2 * i + 1);
        if (stream->unread > 0)
            give_back(t, 2 * i + 1, t->closing ? stream->unread : 1 + talk_random(t, (uint32_t)stream->unread));
    }
}

bool ours_busy(talk *t) {
    for (uint32_t i = 0; i < TALK_STREAMS; i++) {
        const talk_stream *stream = &t->streams[i];
        if (stream->unread > 0 || (stream->opened && !stream->torn && !stream->lent)) return true;
    }
    return false;
}

bool ours_idle(talk *t) {
    for (uint32_t i = 0; i < TALK_STREAMS; i++) {
        const talk_stream *stream = &t->streams[i];
        if (stream->opened && !stream->torn && !(stream->way[0].ended && stream->way[1].ended)) return false;
    }
    return true;
}
