/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "posix_websocket.h"

/* Every function here is called by the thread that reads. */

/* How long the peer may take to take the Close frame that tells it what it did wrong, or that answers its own. */
#define LAST_WORD_MS 1000

static int end(h2conn_ws *ws, int error) {
    pthread_mutex_lock(&ws->lock);
    if (ws->error == H2CONN_OK) ws->error = error;
    error = ws->error;
    pthread_cond_broadcast(&ws->turn);
    pthread_mutex_unlock(&ws->lock);
    return error;
}

/* The peer's Close: answer it with its own code, and end our half (5.5.1). */
static int take_close(h2conn_ws *ws, const h2conn_ws_event *event) {
    pthread_mutex_lock(&ws->lock);
    ws->peer_closed = true;
    ws->peer_code = event->code != 0 ? event->code : H2CONN_WS_NO_CODE;
    if (event->len > 0) memcpy(ws->reason, event->bytes, event->len);
    ws->reason[event->len] = '\0';
    const int error = posix_ws_send_close(ws, event->code, NULL, 0, h2conn_now() + LAST_WORD_MS);
    pthread_mutex_unlock(&ws->lock);
    /* A peer that takes nothing more would keep this thread waiting behind the one that writes. */
    if (error == H2CONN_OK)
        h2conn_close_write(ws->conn);
    else
        h2conn_reset(ws->conn, H2_CANCEL);
    return end(ws, H2CONN_EEND);
}

/* A broken rule: say so, and be done with the stream. */
static int fail(h2conn_ws *ws, h2conn_ws_rule rule) {
    pthread_mutex_lock(&ws->lock);
    ws->rule = rule;
    posix_ws_send_close(ws, h2conn_ws_rule_code(rule), NULL, 0, h2conn_now() + LAST_WORD_MS);
    pthread_mutex_unlock(&ws->lock);
    h2conn_close(ws->conn);
    return end(ws, H2CONN_EPROTOCOL);
}

static void take_ping(h2conn_ws *ws, const h2conn_ws_event *event) {
    pthread_mutex_lock(&ws->lock);
    ws->pong_n = (uint8_t)event->len;
    if (event->len > 0) memcpy(ws->pong, event->bytes, event->len);
    ws->pong_owed = true;
    posix_ws_answer(ws);
    pthread_mutex_unlock(&ws->lock);
}

/* What an event other than DATA means; H2CONN_OK to go on. */
static int act(h2conn_ws *ws, const h2conn_ws_event *event) {
    switch (event->kind) {
    case H2CONN_WS_PING: take_ping(ws, event); return H2CONN_OK;
    case H2CONN_WS_PONG:
        if (ws->options.on_pong != NULL) ws->options.on_pong(ws->options.user, event->bytes, event->len);
        return H2CONN_OK;
    case H2CONN_WS_CLOSE: return take_close(ws, event);
    case H2CONN_WS_FAILED: return fail(ws, event->rule);
    default: return H2CONN_OK;
    }
}

void posix_ws_set_conn_deadline(h2conn_ws *ws, int64_t at_ms) {
    if (ws->conn_deadline == at_ms) return;
    ws->conn_deadline = at_ms;
    h2conn_set_read_deadline(ws->conn, at_ms);
}

/* Read from the connection. A pong that still waits for room is tried again every now and then. */
static ptrdiff_t receive(h2conn_ws *ws, void *buf, size_t len) {
    for (;;) {
        pthread_mutex_lock(&ws->lock);
        posix_ws_answer(ws);
        const bool owes = ws->pong_owed || ws->unsent_n > 0;
        int64_t deadline = posix_earlier(ws->read_deadline, ws->close_by);
        if (owes) deadline = posix_earlier(deadline, h2conn_now() + POSIX_WS_RETRY_MS);
        posix_ws_set_conn_deadline(ws, deadline);
        pthread_mutex_unlock(&ws->lock);
        const ptrdiff_t n = h2conn_read(ws->conn, buf, len);
        if (n > 0) return n;
        if (n == 0) return end(ws, H2CONN_ECUT);
        if (n != H2CONN_ETIMEDOUT) return end(ws, (int)n);
        pthread_mutex_lock(&ws->lock);
        const int64_t now = h2conn_now();
        const bool given_up = posix_passed(ws->close_by, now), asked = posix_passed(ws->read_deadline, now);
        pthread_mutex_unlock(&ws->lock);
        if (given_up) {
            h2conn_reset(ws->conn, H2_CANCEL);
            return end(ws, H2CONN_ETIMEDOUT);
        }
        if (asked) return H2CONN_ETIMEDOUT;
    }
}

/* Octets at hand to the next piece of a message. H2CONN_OK with `piece` empty when more are needed. */
static int parse(h2conn_ws *ws, uint8_t *bytes, size_t len, size_t *taken) {
    h2conn_ws_event event;
    *taken = h2conn_ws_parse(&ws->parser, bytes, len, &event);
    if (event.kind != H2CONN_WS_DATA) return act(ws, &event);
    ws->piece = event;
    return H2CONN_OK;
}

/* A large piece comes straight to where it is wanted. */
static int read_straight(h2conn_ws *ws, uint8_t *buf, size_t len) {
    const uint64_t expected = h2conn_ws_expects(&ws->parser);
    size_t taken;
    const ptrdiff_t n = receive(ws, buf, len < expected ? len : (size_t)expected);
    return n < 0 ? (int)n : parse(ws, buf, (size_t)n, &taken);
}

static int read_buffered(h2conn_ws *ws) {
    size_t taken;
    if (ws->in_start == ws->in_end) {
        const ptrdiff_t n = receive(ws, ws->in, POSIX_WS_CHUNK);
        if (n < 0) return (int)n;
        ws->in_start = 0;
        ws->in_end = (size_t)n;
    }
    const int error = parse(ws, ws->in + ws->in_start, ws->in_end - ws->in_start, &taken);
    ws->in_start += taken;
    return error;
}

static ptrdiff_t read_piece(h2conn_ws *ws, uint8_t *buf, size_t len, h2conn_ws_piece *piece) {
    pthread_mutex_lock(&ws->lock);
    int error = ws->error;
    pthread_mutex_unlock(&ws->lock);
    while (error == H2CONN_OK && ws->piece.kind != H2CONN_WS_DATA) {
        const bool straight = ws->in_start == ws->in_end && h2conn_ws_expects(&ws->parser) > 0;
        error = straight ? read_straight(ws, buf, len) : read_buffered(ws);
    }
    if (error != H2CONN_OK) return error;
    h2conn_ws_event *e = &ws->piece;
    const size_t n = e->len < len ? e->len : len;
    if (n > 0 && e->bytes != buf) memmove(buf, e->bytes, n);
    *piece = (h2conn_ws_piece){.text = e->text, .end = e->end && n == e->len};
    e->bytes += n;
    e->len -= n;
    if (e->len == 0) e->kind = H2CONN_WS_NOTHING;
    return (ptrdiff_t)n;
}

/* Only one thread reads. */
static bool begin(h2conn_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    const bool free = !ws->reading;
    ws->reading = true;
    pthread_mutex_unlock(&ws->lock);
    return free;
}

static void leave(h2conn_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    ws->reading = false;
    pthread_mutex_unlock(&ws->lock);
}

ptrdiff_t h2conn_ws_read(h2conn_ws *ws, void *buf, size_t len, h2conn_ws_piece *piece) {
    if (ws == NULL || buf == NULL || len == 0 || piece == NULL) return H2CONN_EINVAL;
    if (!begin(ws)) return H2CONN_ESTATE;
    const ptrdiff_t n = read_piece(ws, buf, len, piece);
    leave(ws);
    return n;
}

static ptrdiff_t read_message(h2conn_ws *ws, uint8_t *buf, size_t len, bool *text) {
    h2conn_ws_piece piece = {.end = false};
    uint8_t beyond;
    while (!piece.end) {
        /* The part read before a deadline passed may be longer than the buffer of this call. */
        const size_t room = len > ws->message_got ? len - ws->message_got : 0;
        const ptrdiff_t n =
            room > 0 ? read_piece(ws, buf + ws->message_got, room, &piece) : read_piece(ws, &beyond, 1, &piece);
        if (n < 0) return n;
        if (room == 0 && n > 0) {
            fail(ws, H2CONN_WS_RULE_SIZE);
            return H2CONN_ETOOLONG;
        }
        ws->message_got += (size_t)n;
    }
    if (text != NULL) *text = piece.text;
    const size_t got = ws->message_got;
    ws->message_got = 0;
    return (ptrdiff_t)got;
}

ptrdiff_t h2conn_ws_read_message(h2conn_ws *ws, void *buf, size_t len, bool *text) {
    if (ws == NULL || (buf == NULL && len > 0)) return H2CONN_EINVAL;
    if (!begin(ws)) return H2CONN_ESTATE;
    const ptrdiff_t n = read_message(ws, buf, len, text);
    leave(ws);
    return n;
}

int posix_ws_drain(h2conn_ws *ws) {
    uint8_t dropped[1024];
    h2conn_ws_piece piece;
    ptrdiff_t n;
    do n = read_piece(ws, dropped, sizeof dropped, &piece);
    while (n >= 0);
    return (int)n;
}
