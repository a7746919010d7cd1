/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>
#include "posix_websocket.h"

/* ---- the turn ---- */

/* Whether this thread may begin a frame of data, or, with `control`, any frame between frames. */
static bool is_mine(const h2conn_ws *ws, bool control) {
    if (ws->busy) return false;
    if (control) return ws->frame_left == 0;
    return !ws->open || pthread_equal(ws->owner, pthread_self());
}

/* What a write gets that comes when one side has closed, or the stream is no more; H2CONN_OK before that. */
static int over(const h2conn_ws *ws) {
    if (ws->error == H2CONN_OK) return ws->close_sent ? H2CONN_ECLOSED : H2CONN_OK;
    return ws->error == H2CONN_EEND ? H2CONN_ECLOSED : ws->error;
}

/* The deadline may be moved meanwhile. Nobody waits for the end of a message that will not be finished. */
static bool take_turn(h2conn_ws *ws, bool control, const int64_t *deadline) {
    while (!is_mine(ws, control) && (ws->busy || over(ws) == H2CONN_OK)) {
        if (posix_passed(*deadline, h2conn_now())) return false;
        posix_cond_wait(&ws->turn, &ws->lock, *deadline);
    }
    ws->busy = true;
    return true;
}

static void pass_turn(h2conn_ws *ws) {
    ws->busy = false;
    pthread_cond_broadcast(&ws->turn);
}

/* With the turn: the lock is let go of meanwhile. */
static int put(h2conn_ws *ws, const void *bytes, size_t len, size_t *written) {
    pthread_mutex_unlock(&ws->lock);
    const int error = h2conn_write(ws->conn, bytes, len, written);
    pthread_mutex_lock(&ws->lock);
    return error;
}

static int put_unsent(h2conn_ws *ws) {
    size_t written = 0;
    if (ws->unsent_n == 0) return H2CONN_OK;
    const int error = put(ws, ws->unsent, ws->unsent_n, &written);
    ws->unsent_n -= written;
    memmove(ws->unsent, ws->unsent + written, ws->unsent_n);
    return error;
}

/* ---- masks ---- */

/* A mask nobody can foresee (RFC 6455, 5.3); at a server none is needed, and NULL says so. False when the system has no
 * randomness. */
static bool new_mask(h2conn_ws *ws, const uint8_t **mask) {
    *mask = NULL;
    ws->mask_at = 0;
    if (ws->server) return true;
    if (ws->masks_left == 0) {
        if (getentropy(ws->masks, sizeof ws->masks) != 0) return false;
        ws->masks_left = POSIX_WS_MASKS;
    }
    memcpy(ws->mask, ws->masks + --ws->masks_left * H2CONN_WS_MASK_BYTES, H2CONN_WS_MASK_BYTES);
    *mask = ws->mask;
    return true;
}

/* ---- control frames ---- */

/* What is left of earlier frames, then a control frame. */
static int put_control(h2conn_ws *ws, h2conn_ws_opcode opcode, const void *bytes, size_t len) {
    const uint8_t *mask;
    int error = put_unsent(ws);
    if (error != H2CONN_OK) return error;
    if (!new_mask(ws, &mask)) return H2CONN_ENOMEM;
    const size_t n = h2conn_ws_header(ws->unsent, opcode, true, len, mask);
    if (len > 0) memcpy(ws->unsent + n, bytes, len);
    if (mask != NULL) h2conn_ws_mask(ws->unsent + n, len, mask, 0);
    ws->unsent_n = n + len;
    return put_unsent(ws);
}

/* With the turn, between frames. */
static int put_pong(h2conn_ws *ws) {
    uint8_t bytes[H2CONN_WS_CONTROL_MAX];
    if (!ws->pong_owed || ws->close_sent || ws->frame_left > 0) return H2CONN_OK;
    ws->pong_owed = false;
    const size_t n = ws->pong_n;
    memcpy(bytes, ws->pong, n);
    return put_control(ws, H2CONN_WS_OP_PONG, bytes, n);
}

void posix_ws_answer(h2conn_ws *ws) {
    if (!ws->pong_owed && ws->unsent_n == 0) return;
    if (!is_mine(ws, true)) return; /* whoever writes will see to it */
    ws->busy = true;
    h2conn_set_write_deadline(ws->conn, posix_earlier(ws->write_deadline, h2conn_now() + POSIX_WS_PONG_MS));
    if (put_unsent(ws) == H2CONN_OK) put_pong(ws);
    h2conn_set_write_deadline(ws->conn, ws->write_deadline);
    pass_turn(ws);
}

int posix_ws_send_close(h2conn_ws *ws, uint16_t code, const char *reason, size_t len, int64_t deadline) {
    uint8_t bytes[H2CONN_WS_CONTROL_MAX];
    if (ws->close_sent) return H2CONN_OK;
    /* A frame that this thread left unfinished will not be finished. */
    const bool stuck = !ws->busy && ws->frame_left > 0 && pthread_equal(ws->owner, pthread_self());
    if (stuck || !take_turn(ws, true, &deadline)) return H2CONN_ETIMEDOUT;
    int error = ws->error;
    if (error == H2CONN_OK && !ws->close_sent) {
        const size_t n = code != 0 ? 2 : 0;
        bytes[0] = (uint8_t)(code >> 8);
        bytes[1] = (uint8_t)code;
        if (len > 0) memcpy(bytes + n, reason, len);
        ws->close_sent = true;
        h2conn_set_write_deadline(ws->conn, deadline);
        error = put_control(ws, H2CONN_WS_OP_CLOSE, bytes, n + len);
        h2conn_set_write_deadline(ws->conn, ws->write_deadline);
    }
    pass_turn(ws);
    return error;
}

int h2conn_ws_ping(h2conn_ws *ws, const void *bytes, size_t len) {
    if (ws == NULL || len > H2CONN_WS_PING_MAX || (len > 0 && bytes == NULL)) return H2CONN_EINVAL;
    int error = H2CONN_ETIMEDOUT;
    pthread_mutex_lock(&ws->lock);
    if (take_turn(ws, true, &ws->write_deadline)) {
        error = over(ws);
        if (error == H2CONN_OK) error = put_control(ws, H2CONN_WS_OP_PING, bytes, len);
        pass_turn(ws);
    }
    pthread_mutex_unlock(&ws->lock);
    return error;
}

/* ---- data frames ---- */

/* The next part of a frame, `head` octets of header in front of it in `out`. */
static int put_part(h2conn_ws *ws, const uint8_t *bytes, size_t len, size_t head, size_t *taken) {
    size_t n = len < POSIX_WS_CHUNK ? len : POSIX_WS_CHUNK, written = 0;
    int error;
    if (ws->server && head == 0) {
        n = len; /* nothing to mask: as it is */
        error = put(ws, bytes, n, &written);
    } else {
        if (n > 0) memcpy(ws->out + head, bytes, n);
        if (!ws->server) h2conn_ws_mask(ws->out + head, n, ws->mask, ws->mask_at);
        error = put(ws, ws->out, head + n, &written);
    }
    if (written < head) {
        ws->unsent_n = head - written;
        memcpy(ws->unsent, ws->out + written, ws->unsent_n);
        written = head;
    }
    *taken = written - head;
    ws->mask_at += *taken;
    ws->frame_left -= *taken;
    return error;
}

static int put_frame(h2conn_ws *ws, const uint8_t *bytes, size_t len, size_t head, size_t *written) {
    int error = put_unsent(ws);
    if (error != H2CONN_OK && head > 0) { /* not begun: the header waits behind the rest */
        memcpy(ws->unsent + ws->unsent_n, ws->out, head);
        ws->unsent_n += head;
    }
    while (error == H2CONN_OK && (head > 0 || ws->frame_left > 0)) {
        size_t taken;
        error = put_part(ws, bytes + *written, len - *written, head, &taken);
        *written += taken;
        head = 0;
    }
    return error;
}

/* Judge a piece before any of it is sent. */
static bool text_fits(h2conn_ws *ws, const uint8_t *bytes, size_t len, bool end) {
    h2conn_utf8 utf8 = ws->open ? ws->sent_utf8 : (h2conn_utf8){0};
    if (!h2conn_utf8_take(&utf8, bytes, len) || (end && utf8.left > 0)) return false;
    ws->sent_utf8 = utf8;
    return true;
}

/* With the turn. */
static int write_piece(h2conn_ws *ws, const uint8_t *bytes, size_t len, bool text, bool end, size_t *written) {
    const uint8_t *mask;
    size_t head = 0;
    if (over(ws) != H2CONN_OK) return over(ws);
    if (ws->open && text != ws->sent_text) return H2CONN_ESTATE;
    if (ws->frame_left > 0) {
        if (len != ws->frame_left) return H2CONN_ESTATE;
    } else {
        if (text && !text_fits(ws, bytes, len, end)) return H2CONN_EINVAL;
        if (!new_mask(ws, &mask)) return H2CONN_ENOMEM;
        const h2conn_ws_opcode opcode = ws->open ? H2CONN_WS_OP_CONTINUATION
                                        : text   ? H2CONN_WS_OP_TEXT
                                                 : H2CONN_WS_OP_BINARY;
        head = h2conn_ws_header(ws->out, opcode, end, len, mask);
        ws->frame_left = len;
        ws->open = true;
        ws->owner = pthread_self();
        ws->sent_text = text;
    }
    const int error = put_frame(ws, bytes, len, head, written);
    if (error != H2CONN_OK && error != H2CONN_ETIMEDOUT) {
        /* The message is given up: who waits for its end meets the same. */
        ws->frame_left = 0;
        ws->open = false;
        return error;
    }
    if (ws->frame_left == 0) {
        /* An empty frame's header that waits in `unsent` is as good as sent. */
        if (end) ws->open = false;
        if (error == H2CONN_OK) put_pong(ws);
    }
    return ws->frame_left == 0 && error == H2CONN_ETIMEDOUT ? H2CONN_OK : error;
}

int h2conn_ws_write(h2conn_ws *ws, const void *bytes, size_t len, bool text, bool end, size_t *written) {
    size_t unseen;
    if (written == NULL) written = &unseen;
    *written = 0;
    if (ws == NULL || (len > 0 && bytes == NULL)) return H2CONN_EINVAL;
    int error = H2CONN_ETIMEDOUT;
    pthread_mutex_lock(&ws->lock);
    if (take_turn(ws, false, &ws->write_deadline)) {
        error = write_piece(ws, bytes, len, text, end, written);
        pass_turn(ws);
    }
    pthread_mutex_unlock(&ws->lock);
    return error;
}

int h2conn_ws_send(h2conn_ws *ws, const void *bytes, size_t len, bool text) {
    return h2conn_ws_write(ws, bytes, len, text, true, NULL);
}
