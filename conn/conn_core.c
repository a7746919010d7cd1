/* SPDX-License-Identifier: MIT */
#include "h2conn_core.h"
#include <string.h>

static h2conn_core_conn *find(const h2conn_core *core, uint32_t id) {
    for (uint16_t i = 0; i < core->streams; i++) {
        if (core->conns[i].id == id) return &core->conns[i];
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
            h2_stream_reset(core->link.session, id, H2_REFUSED_STREAM);
            return;
        }
        begin(core, conn, id);
    }
    if (section == H2_RESPONSE) {
        const char *digits = fields[0].value;
        conn->status = (uint16_t)((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0');
    }
    if (end) conn->peer_ended = true;
    if (core->on_headers && !conn->closing) core->on_headers(core->user, conn, section, fields, n);
}

static uint8_t *ring_of(const h2conn_core_conn *conn) {
    return conn->core->rings + (size_t)(conn - conn->core->conns) * conn->core->window;
}

/* The octets of the ring from `at` on before it wraps, `n` at most; `at` may be beyond its end by less than a round. */
static uint8_t *ring_run(const h2conn_core_conn *conn, uint32_t at, size_t *n) {
    const uint32_t window = conn->core->window;
    if (at >= window) at -= window;
    if (*n > window - at) *n = window - at;
    return ring_of(conn) + at;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL || conn->closing) {
        h2_session_consumed(core->link.session, len);
        return;
    }
    if (end) conn->peer_ended = true;
    while (len > 0) {
        size_t run = len;
        uint8_t *at = ring_run(conn, conn->start + conn->fill, &run);
        memcpy(at, bytes, run);
        conn->fill += (uint32_t)run;
        bytes += run;
        len -= run;
    }
}

static void on_sent(void *user, uint32_t id) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL) return;
    conn->lent = false;
    if (conn->closing && !conn->peer_ended) h2_stream_leave(core->link.session, id);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    h2conn_core *core = user;
    h2conn_core_conn *conn = find(core, id);
    if (conn == NULL) return;
    conn->closed = true;
    conn->lent = false;
    conn->error = (int8_t)h2conn_link_error(&core->link, why);
    if (conn->closing) conn->id = 0;
}

static void *carve(uint8_t **memory, size_t n) {
    void *part = *memory;
    *memory += n;
    return part;
}

int h2conn_core_init(h2conn_core *core, const h2conn_core_storage *storage, const h2conn_transport *transport,
                     h2conn_core_headers headers, void *user) {
    const h2_config *config = &storage->config;
    const h2_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};
    const size_t session_bytes = h2_session_size(config), streams = config->streams;
    const size_t conn_bytes = H2_ALIGNED(streams * sizeof(h2conn_core_conn));
    const size_t needed =
        session_bytes + conn_bytes + streams * config->stream_window + storage->rx_bytes + storage->tx_bytes;
    uint8_t *at = storage->memory;
    h2_session *session;
    if (session_bytes == 0 || storage->bytes < needed || storage->rx_bytes == 0 || config->stream_window == 0)
        return H2CONN_EINVAL;
    if (storage->init(&session, carve(&at, session_bytes), session_bytes, config, &handlers, core) != H2_OK)
        return H2CONN_EINVAL;
    *core = (h2conn_core){.on_headers = headers,
                          .user = user,
                          .window = config->stream_window,
                          .rx_bytes = storage->rx_bytes,
                          .tx_bytes = storage->tx_bytes,
                          .streams = config->streams};
    core->conns = memset(carve(&at, conn_bytes), 0, conn_bytes);
    core->rings = carve(&at, streams * config->stream_window);
    core->rx = carve(&at, storage->rx_bytes);
    core->tx = at;
    h2conn_link_init(&core->link, session, transport, config);
    return H2CONN_OK;
}

/* How many octets may be taken from the transport without a ring running over. A peer that has acknowledged our window
 * keeps to it; before that every octet may be DATA for the fullest ring. */
static uint32_t room(const h2conn_core *core) {
    uint32_t least = core->rx_bytes;
    if (h2_session_settled(core->link.session)) return least;
    if (core->window < least) least = core->window;
    for (uint16_t i = 0; i < core->streams; i++) {
        const h2conn_core_conn *conn = &core->conns[i];
        if (conn->id != 0 && !conn->closing && core->window - conn->fill < least) least = core->window - conn->fill;
    }
    return least;
}

bool h2conn_core_over(const h2conn_core *core) {
    return h2conn_link_over(&core->link);
}

bool h2conn_core_step(h2conn_core *core, uint64_t now_ms) {
    /* What comes after a good end, such as the transport's, is not looked at. */
    if (h2conn_core_over(core)) return false;
    core->wake_ms = h2conn_link_tick(&core->link, now_ms);
    return h2conn_link_step(&core->link, core->rx, room(core), core->tx, core->tx_bytes);
}

int h2conn_core_error(const h2conn_core *core) {
    const h2_failure *why = h2_session_failure(core->link.session);
    const bool farewell = why->culprit == H2_BY_PEER && why->code == H2_NO_ERROR;
    if (farewell && core->link.ended == H2CONN_LINK_RUNNING) return H2CONN_OK;
    return h2conn_link_error(&core->link, NULL);
}

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
    const h2_result result = h2_stream_open(core->link.session, fields, n, 0, &id);
    if (result != H2_OK) return error_of_result(result);
    begin(core, slot, id);
    *conn = slot;
    return H2CONN_OK;
}

int h2conn_core_respond(h2conn_core_conn *conn, const h2_field *fields, size_t n, unsigned flags) {
    if (conn->closed) return conn->error != H2CONN_OK ? conn->error : H2CONN_ECLOSED;
    const h2_result result = h2_stream_respond(conn->core->link.session, conn->id, fields, n, flags);
    if (result == H2_OK && flags & H2_END) conn->ended = true;
    return error_of_result(result);
}

ptrdiff_t h2conn_core_read(h2conn_core_conn *conn, void *buf, size_t len) {
    const uint32_t n = len < conn->fill ? (uint32_t)len : conn->fill;
    if (n == 0) return conn->peer_ended ? 0 : conn->closed ? conn->error : H2CONN_EAGAIN;
    for (uint32_t done = 0; done < n;) {
        size_t run = n - done;
        const uint8_t *at = ring_run(conn, conn->start, &run);
        memcpy((uint8_t *)buf + done, at, run);
        conn->start = (uint32_t)(at - ring_of(conn)) + (uint32_t)run;
        done += (uint32_t)run;
    }
    conn->fill -= n;
    h2_stream_consumed(conn->core->link.session, conn->id, n);
    return (ptrdiff_t)n;
}

int h2conn_core_write(h2conn_core_conn *conn, const void *bytes, size_t len, unsigned flags) {
    if (conn->ended) return H2CONN_ECLOSED;
    if (conn->closed) return conn->error != H2CONN_OK ? conn->error : H2CONN_ECLOSED;
    const h2_result result = h2_stream_write(conn->core->link.session, conn->id, bytes, len, flags);
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
    h2_session *session = conn->core->link.session;
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
