/* SPDX-License-Identifier: MIT */
#include "h2conn_core.h"
#include "conn_error.h"
#include <string.h>

static h2conn_core_conn *find(const h2conn_core *core, uint32_t id) {
    h2conn_core_conn *conn = core->conns;
    for (unsigned left = core->storage->config.streams; left > 0; left--, conn++) {
        if (conn->id == id) return conn;
    }
    return NULL;
}

static void begin(h2conn_core *core, h2conn_core_conn *conn, uint32_t id) {
    *conn = (h2conn_core_conn){.core = core, .id = id};
}

/* Handlers may close the connection, so each looks it up again after calling one. */
static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL) {
        conn = find(core, 0);
        if (section != H2_REQUEST || conn == NULL) {
            h2_stream_reset(core->session, id, H2_REFUSED_STREAM);
            return;
        }
        begin(core, conn, id);
    }
    if (section == H2_RESPONSE) {
        const char *digits = fields[0].value;
        for (int i = 0; i < 3; i++) conn->status = (uint16_t)(conn->status * 10 + digits[i] - '0');
    }
    if (end) conn->peer_ended = true;
    if (core->on_headers && !conn->closing) core->on_headers(core->user, conn, section, fields, n);
}

/* Copy `n` octets between `bytes` and the connection's ring, `at` octets on from where the received ones begin. */
static void copy(const h2conn_core_conn *conn, uint32_t at, uint8_t *bytes, uint32_t n, bool in) {
    const h2conn_core *core = conn->core;
    const uint32_t window = core->storage->config.stream_window;
    uint8_t *ring = core->storage->rings + (size_t)(conn - core->conns) * window;
    at += conn->start;
    if (at >= window) at -= window;
    const uint32_t whole = window - at, run = n < whole ? n : whole;
    memcpy(in ? ring + at : bytes, in ? bytes : ring + at, run);
    if (n > run) memcpy(in ? ring : bytes + run, in ? bytes + run : ring, n - run);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL || conn->closing) {
        h2_session_consumed(core->session, len);
        return;
    }
    if (end) conn->peer_ended = true;
    if (len > 0) copy(conn, conn->fill, (uint8_t *)(uintptr_t)bytes, (uint32_t)len, true);
    conn->fill = (h2conn_core_size)(conn->fill + len);
}

static void on_sent(void *user, uint32_t id) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL) return;
    conn->lent = false;
    if (conn->closing && !conn->peer_ended) h2_stream_leave(core->session, id);
}

static int error_of(const h2conn_core *core, const h2_failure *why) {
    return h2conn_error_of(why, core->storage->config.server, h2_session_ready(core->session));
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL) return;
    conn->closed = true;
    conn->lent = false;
    conn->error = (int8_t)(core->lost ? core->lost : error_of(core, why));
    if (conn->closing) conn->id = 0;
}

static const h2_handlers handlers = {
    .on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};

int h2conn_core_init(h2conn_core *core, const h2conn_core_storage *storage, const h2conn_transport *transport,
                     h2conn_core_headers headers, void *user) {
    h2_session_begin(storage->session, &storage->config, &handlers, core, storage->server);
    h2_session_furnish(storage->session, &storage->parts);
    memset(core, 0, sizeof *core);
    core->session = storage->session;
    core->storage = storage;
    core->transport = *transport;
    core->on_headers = headers;
    core->user = user;
    core->conns = memset(storage->conns, 0, storage->config.streams * sizeof(h2conn_core_conn));
    return H2CONN_OK;
}

/* ---- the transport ---- */

/* How many octets may be taken from the transport without a ring running over. A peer that has acknowledged our window
 * keeps to it; before that every octet may be DATA for the fullest ring. */
static uint32_t room(const h2conn_core *core) {
    const uint32_t window = core->storage->config.stream_window;
    uint32_t least = core->storage->rx_bytes;
    if (h2_session_settled(core->session)) return least;
    if (window < least) least = window;
    for (uint16_t i = 0; i < core->storage->config.streams; i++) {
        const uint32_t left = window - core->conns[i].fill;
        if (left < least) least = left;
    }
    return least;
}

/* The transport ended with `code`, unless it only wants to be called again. */
static void end(h2conn_core *core, ptrdiff_t code) {
    if (code == H2CONN_TRANSPORT_WANT_READ || code == H2CONN_TRANSPORT_WANT_WRITE) return;
    const h2_failure *why = h2_session_failure(core->session);
    const uint32_t goaway = why->culprit == H2_BY_PEER ? why->code : H2_NO_ERROR;
    core->lost = code == H2CONN_TRANSPORT_ETLS ? H2CONN_ETLS : goaway != H2_NO_ERROR ? H2CONN_EGOAWAY : H2CONN_ELOST;
    h2_session_lost(core->session, goaway);
}

/* Offer the engine what came, which may pause it. */
static bool receive(h2conn_core *core) {
    const uint32_t cap = room(core);
    uint8_t *rx = core->storage->rx;
    bool moved = false;
    if (core->rx_start == core->rx_end && cap > 0) {
        const ptrdiff_t n = core->transport.recv(core->transport.ctx, rx, cap);
        core->rx_start = core->rx_end = 0;
        moved = n > 0;
        if (moved)
            core->rx_end = (h2conn_core_size)n;
        else
            end(core, n);
    }
    while (core->rx_start != core->rx_end) {
        const ptrdiff_t n = h2_session_receive(core->session, rx + core->rx_start, core->rx_end - core->rx_start);
        if (n == 0) break;
        /* A session that failed hears no more. */
        core->rx_start = n < 0 ? core->rx_end : (h2conn_core_size)(core->rx_start + n);
    }
    return moved;
}

static bool transmit(h2conn_core *core, uint64_t now_ms) {
    uint8_t *tx = core->storage->tx;
    for (bool moved = false;; moved = true) {
        if (core->tx_start == core->tx_end) {
            core->tx_start = 0;
            core->tx_end = (h2conn_core_size)h2_session_transmit(core->session, tx, core->storage->tx_bytes);
            if (core->tx_end == 0) return moved;
        }
        const ptrdiff_t n =
            core->transport.send(core->transport.ctx, tx + core->tx_start, (size_t)core->tx_end - core->tx_start);
        if (n <= 0) {
            if (!core->refused) core->refused_at = (uint32_t)now_ms;
            core->refused = true;
            end(core, n);
            return moved;
        }
        core->refused = false;
        core->tx_start = (h2conn_core_size)(core->tx_start + n);
    }
}

/* A peer that does not read what it made us answer is given up, as it would be for keeping a window shut. */
static void mind_refusal(h2conn_core *core, uint64_t now_ms) {
    const uint32_t patience = core->storage->config.blocked_ms, passed = (uint32_t)now_ms - core->refused_at;
    if (!core->refused || patience == 0) return;
    if (passed >= patience)
        end(core, H2CONN_TRANSPORT_ELOST);
    else if (core->wake_ms > now_ms + (patience - passed))
        core->wake_ms = now_ms + (patience - passed);
}

bool h2conn_core_over(const h2conn_core *core) {
    return core->lost || (h2_session_finished(core->session) && core->tx_start == core->tx_end);
}

bool h2conn_core_step(h2conn_core *core, uint64_t now_ms) {
    /* What comes after a good end, such as the transport's, is not looked at. */
    if (h2conn_core_over(core)) return false;
    core->wake_ms = h2_session_tick(core->session, now_ms);
    mind_refusal(core, now_ms);
    if (core->lost) return false;
    const bool received = receive(core);
    return !core->lost && (transmit(core, now_ms) | received);
}

int h2conn_core_error(const h2conn_core *core) {
    const h2_failure *why = h2_session_failure(core->session);
    if (why->culprit == H2_BY_RULE || why->culprit == H2_BY_US) return error_of(core, why);
    if (core->lost) return core->lost;
    return why->culprit == H2_BY_PEER && why->code != H2_NO_ERROR ? H2CONN_EGOAWAY : H2CONN_OK;
}

/* ---- what the program does ---- */

static int error_of_result(h2_result result) {
    switch (result) {
    case H2_OK: return H2CONN_OK;
    case H2_EINVAL: return H2CONN_EINVAL;
    case H2_EAGAIN: return H2CONN_EAGAIN;
    case H2_ELIMIT: return H2CONN_ELIMIT;
    default: return H2CONN_ESTATE;
    }
}

int h2conn_core_open(h2conn_core *core, const h2_field *fields, size_t n, h2conn_core_conn **conn) {
    h2conn_core_conn *slot = find(core, 0);
    uint32_t id;
    *conn = NULL;
    if (slot == NULL) return H2CONN_ELIMIT;
    const h2_result result = h2_stream_open(core->session, fields, n, 0, &id);
    if (result != H2_OK) return error_of_result(result);
    begin(core, slot, id);
    *conn = slot;
    return H2CONN_OK;
}

int h2conn_core_respond(h2conn_core_conn *conn, const h2_field *fields, size_t n, unsigned flags) {
    if (conn->closed) return conn->error != H2CONN_OK ? conn->error : H2CONN_ECLOSED;
    const h2_result result = h2_stream_respond(conn->core->session, conn->id, fields, n, flags);
    if (result == H2_OK && flags & H2_END) conn->ended = true;
    return error_of_result(result);
}

ptrdiff_t h2conn_core_read(h2conn_core_conn *conn, void *buf, size_t len) {
    const uint32_t n = len < conn->fill ? (uint32_t)len : conn->fill;
    if (n == 0) return conn->peer_ended ? 0 : conn->closed ? conn->error : H2CONN_EAGAIN;
    copy(conn, 0, buf, n, false);
    const uint32_t window = conn->core->storage->config.stream_window, start = conn->start + n;
    conn->start = (h2conn_core_size)(start < window ? start : start - window);
    conn->fill = (h2conn_core_size)(conn->fill - n);
    h2_stream_consumed(conn->core->session, conn->id, n);
    return (ptrdiff_t)n;
}

int h2conn_core_write(h2conn_core_conn *conn, const void *bytes, size_t len, unsigned flags) {
    if (conn->ended) return H2CONN_ECLOSED;
    if (conn->closed) return conn->error != H2CONN_OK ? conn->error : H2CONN_ECLOSED;
    const h2_result result = h2_stream_write(conn->core->session, conn->id, bytes, len, flags);
    if (result != H2_OK) return error_of_result(result);
    conn->lent = len > 0 || flags & H2_END;
    conn->ended = (flags & H2_END) != 0;
    return H2CONN_OK;
}

bool h2conn_core_writable(const h2conn_core_conn *conn) {
    return !conn->lent;
}

void h2conn_core_close(h2conn_core_conn *conn) {
    if (conn == NULL || conn->closing) return;
    h2_session *session = conn->core->session;
    const uint32_t id = conn->id;
    if (!conn->closed && !conn->ended && !conn->lent) h2conn_core_write(conn, NULL, 0, H2_END);
    conn->closing = true;
    h2_session_consumed(session, conn->fill);
    conn->fill = 0;
    if (conn->closed)
        conn->id = 0;
    else if (!conn->ended)
        h2_stream_reset(session, id, H2_CANCEL);
    else if (!conn->lent && !conn->peer_ended)
        h2_stream_leave(session, id);
}
