/* SPDX-License-Identifier: MIT */
#include "h2_answer.h"
#include "h2_gauge.h"
#include "h2_storage.h"
#include <string.h>

h2_config h2_config_hosted(bool server) {
    return (h2_config){.server = server,
#ifndef H2_SMALL
                       .credit_on_receipt = true,
#endif
                       .streams = H2_DEFAULT_STREAMS,
                       .header_fields = H2_DEFAULT_HEADER_FIELDS,
                       .continuations = H2_DEFAULT_CONTINUATIONS,
                       .abuse_burst = H2_DEFAULT_ABUSE_BURST,
                       .abuse_refill = H2_DEFAULT_ABUSE_REFILL,
                       .block_bytes = H2_DEFAULT_BLOCK_BYTES,
                       .stream_window = H2_DEFAULT_STREAM_WINDOW,
                       .session_window = H2_DEFAULT_SESSION_WINDOW,
                       .window_most = H2_DEFAULT_WINDOW_MOST,
                       .frame_size = H2_FRAME_SIZE_MIN,
                       .header_bytes = H2_DEFAULT_HEADER_BYTES,
                       .decoder_table = H2_DEFAULT_TABLE_BYTES,
                       .encoder_table = H2_DEFAULT_TABLE_BYTES,
                       .send_header_bytes = H2_DEFAULT_SEND_HEADER_BYTES,
                       .preface_ms = H2_DEFAULT_TIMEOUT_MS,
                       .settings_ms = H2_DEFAULT_TIMEOUT_MS,
                       .block_ms = H2_DEFAULT_TIMEOUT_MS,
                       .keepalive_ms = H2_DEFAULT_KEEPALIVE_MS,
                       .keepalive_timeout_ms = H2_DEFAULT_KEEPALIVE_TIMEOUT_MS,
                       .blocked_ms = H2_DEFAULT_BLOCKED_MS};
}

h2_config h2_config_small(bool server) {
    h2_config c = h2_config_hosted(server);
#ifndef H2_SMALL
    c.credit_on_receipt = false; /* its memory is bounded by one window */
#endif
    c.streams = H2_SMALL_STREAMS;
    c.header_fields = H2_SMALL_HEADER_FIELDS;
    c.continuations = H2_SMALL_CONTINUATIONS;
    c.block_bytes = H2_SMALL_BLOCK_BYTES;
    c.stream_window = H2_SMALL_STREAM_WINDOW;
    c.session_window = H2_SMALL_SESSION_WINDOW;
    c.window_most = 0;
    c.header_bytes = H2_SMALL_HEADER_BYTES;
    c.decoder_table = H2_SMALL_TABLE_BYTES;
    c.encoder_table = H2_SMALL_TABLE_BYTES;
    c.send_header_bytes = H2_SMALL_SEND_HEADER_BYTES;
    return c;
}

static bool config_is_valid(const h2_config *c) {
    return H2_SESSION_FITS(c->streams, c->header_fields, c->header_bytes, c->decoder_table, c->encoder_table,
                           c->send_header_bytes) &&
           c->continuations <= UINT8_MAX && c->abuse_burst > 0 && c->block_bytes > 0 &&
           c->block_bytes <= HPACK_MAX_INTEGER && c->stream_window <= H2_WINDOW_MAX &&
           c->session_window >= H2_WINDOW_INITIAL && c->session_window <= H2_WINDOW_MAX &&
           c->window_most <= H2_WINDOW_MAX && c->frame_size >= H2_FRAME_SIZE_MIN && c->frame_size <= H2_FRAME_SIZE_MAX;
}

static size_t aligned(size_t n) {
    return H2_ALIGNED(n);
}

size_t h2_session_size(const h2_config *c) {
    if (!config_is_valid(c)) return 0;
    return aligned(sizeof(h2_session)) + aligned(h2_streams_bytes(c->streams)) +
           aligned(c->header_fields * sizeof(h2_field)) + aligned(c->decoder_table) + aligned(c->encoder_table) +
           aligned(c->header_bytes) + aligned(c->send_header_bytes);
}

static void *carve(uint8_t **memory, size_t n) {
    void *part = *memory;
    *memory += aligned(n);
    return part;
}

void h2_session_begin(h2_session *s, const h2_config *config, const h2_handlers *handlers, void *user,
                      const h2_server_part *server) {
    memset(s, 0, sizeof *s);
    s->server = server;
#ifdef H2_SMALL
    s->config = config;
    s->handlers = handlers;
#else
    *s->config = *config;
    *s->handlers = *handlers;
#endif
    s->user = user;
    memcpy(s->peer, h2_setting_defaults, sizeof s->peer);
    s->stage = config->server ? H2_STAGE_PREFACE : H2_STAGE_HEADER;
    s->preface_owed = !config->server;
    s->settings_owed = true;
    s->next_id = 1;
    s->goaway_last = s->peer_goaway_last = H2_STREAM_ID_MAX;
    s->send.size = s->recv.size = (int32_t)H2_WINDOW_INITIAL;
    s->recv.owed = config->session_window - H2_WINDOW_INITIAL;
    for (int kind = 0; kind < H2_WAITS; kind++) s->wait[kind] = H2_NO_TIME;
    h2_ledger_init(&s->ledger, config->abuse_burst);
    h2_gauge_init(s);
}

void h2_session_furnish(h2_session *s, const h2_parts *parts) {
    const h2_config *c = s->config;
    s->fields = parts->fields;
    s->arena = parts->arena;
    s->headers.bytes = parts->outbox;
    hpack_decoder_init(&s->decoder, parts->decoder_table, c->decoder_table);
    hpack_encoder_init(&s->encoder, parts->encoder_table, c->encoder_table);
    h2_streams_init(&s->streams, parts->slots, c->streams);
}

h2_result h2_session_make(h2_session **session, void *memory, size_t size, const h2_config *config,
                          const h2_handlers *handlers, void *user, const h2_server_part *server) {
    size_t needed = h2_session_size(config);
    if (needed == 0 || size < needed || (uintptr_t)memory % H2_ALIGNMENT) return H2_EINVAL;
    h2_session *s = memory;
    uint8_t *at = memory;
    h2_parts parts;
    carve(&at, sizeof *s);
    parts.slots = carve(&at, h2_streams_bytes(config->streams));
    parts.fields = carve(&at, config->header_fields * sizeof(h2_field));
    parts.arena = carve(&at, config->header_bytes);
    parts.decoder_table = carve(&at, config->decoder_table);
    parts.encoder_table = carve(&at, config->encoder_table);
    parts.outbox = carve(&at, config->send_header_bytes);
    h2_session_begin(s, config, handlers, user, server);
    h2_session_furnish(s, &parts);
    *session = s;
    return H2_OK;
}

h2_result h2_session_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                          const h2_handlers *handlers, void *user) {
    return (config->server ? h2_server_init : h2_client_init)(session, memory, size, config, handlers, user);
}

h2_result h2_client_init(h2_session **session, void *memory, size_t size, const h2_config *config,
                         const h2_handlers *handlers, void *user) {
    if (config->server) return H2_EINVAL;
    return h2_session_make(session, memory, size, config, handlers, user, NULL);
}

bool h2_session_has_slot(h2_session *s) {
    return h2_streams_may_add(&s->streams) || (h2_session_supply(s) && h2_session_supply(s)->slot(s));
}

uint32_t h2_session_recv_initial(const h2_session *s) {
    /* Until our SETTINGS are acknowledged the peer may go by the default or by ours (6.9.2, 6.5.3). */
    bool grace = !s->settings_acked && s->config->stream_window < H2_WINDOW_INITIAL;
    return grace ? H2_WINDOW_INITIAL : s->config->stream_window;
}

h2_stream *h2_session_add_stream(h2_session *s, uint32_t id, h2_state state) {
    h2_stream *stream = h2_streams_add(&s->streams, id, state);
    stream->length_left = H2_LENGTH_UNKNOWN;
    stream->send.size = (int32_t)s->peer[H2_SET_INITIAL_WINDOW_SIZE];
    stream->recv.size = (int32_t)h2_session_recv_initial(s);
    h2_gauge_open(s, stream);
    return stream;
}

h2_state h2_session_state(const h2_session *s, uint32_t id, h2_stream **stream) {
    const h2_streams *t = &s->streams;
    bool by_server = !(id & 1), ours = by_server == (s->server != NULL);
    *stream = h2_streams_find(t, id);
    if (*stream) return (h2_state)(*stream)->state;
    if (id <= (ours ? t->last_local : t->last_remote)) return h2_server_ended(s, id);
    return !ours && s->server ? H2_IDLE_PEER : H2_IDLE;
}

/* ---- the end of streams and of the session ---- */

void h2_session_report_closed(h2_session *s, const h2_parting *parting, const h2_failure *why) {
    h2_parting outer = s->parting; /* a handler may close another stream */
    if (!s->handlers->on_closed) return;
    s->parting = *parting;
    s->handlers->on_closed(s->user, parting->id, why);
    s->parting = outer;
}

void h2_session_end_stream(h2_session *s, h2_stream *stream, unsigned how, uint32_t code) {
    const h2_failure why = {H2_ENDS_WHO(how), H2_ENDS_RULE(how), code, stream->id};
    const h2_parting parting = {stream->id, stream->out_len, stream->user};
    bool tell = stream->flags & H2_STREAM_ANNOUNCED, reset = how & H2_ENDS_RESET;
    h2_stream_move(stream, reset ? H2_SEND_RST_STREAM : H2_RECV_RST_STREAM);
    h2_gauge_return(s, stream);
    stream->out = NULL;
    stream->out_len = 0;
    stream->send.size = 0;
    h2_server_remember(s, stream);
    h2_answer_end(s, stream, reset, code);
    if (tell) h2_session_report_closed(s, &parting, &why);
}

void h2_session_leave_stream(h2_session *s, h2_stream *stream) {
    h2_session_end_stream(s, stream, H2_BY_US | H2_ENDS_RESET, h2_session_leave_code(s));
}

void h2_session_settle(h2_session *s, uint32_t id) {
    h2_stream *stream = h2_streams_find(&s->streams, id);
    if (stream && stream->state == H2_CLOSED) h2_session_end_stream(s, stream, H2_BY_NOBODY, H2_NO_ERROR);
}

/* End all streams above `last`. Handlers may open or reset streams meanwhile: each round looks anew. */
static void end_streams(h2_session *s, uint32_t last, unsigned how, uint32_t code) {
    h2_stream *stream;
    for (int slot = -1; (stream = h2_streams_each(&s->streams, &slot)) != NULL;) {
        if (stream->id > last) h2_session_end_stream(s, stream, how, code);
    }
}

static void finish(h2_session *s, unsigned how, uint32_t code, uint32_t stream_id) {
    if (s->over) return;
    s->over = true;
    s->failure = (h2_failure){H2_ENDS_WHO(how), H2_ENDS_RULE(how), code, stream_id};
    end_streams(s, 0, how, code);
}

/* Streams above the last one opened by now are not processed. */
static void say_goaway(h2_session *s, uint32_t code) {
    if (s->goaway_last > s->streams.last_remote) s->goaway_last = s->streams.last_remote;
    h2_answer_goaway(s, code);
}

void h2_session_fail(h2_session *s, h2_rule rule, uint32_t stream_id) {
    if (s->over) return; /* the first cause stays, with what was said of it */
    say_goaway(s, h2_rule_code(rule));
    finish(s, H2_ENDS_BY(rule), h2_rule_code(rule), stream_id);
}

void h2_session_breach(h2_session *s, h2_rule rule, uint32_t stream_id) {
    h2_stream *stream;
    /* A stream that was never opened cannot be reset (6.4). */
    bool idle = h2_session_state(s, stream_id, &stream) <= H2_IDLE_PEER;
    bool fatal = idle || h2_rule_scope(rule) == H2_SCOPE_SESSION;
    if (!fatal && h2_session_pay(s, H2_PRICE_DEAR)) {
        rule = H2_RULE_ABUSE;
        fatal = true;
    }
    if (fatal)
        h2_session_fail(s, rule, stream_id);
    else if (stream)
        h2_session_end_stream(s, stream, H2_ENDS_BY(rule) | H2_ENDS_RESET, h2_rule_code(rule));
    else
        h2_answer_reset(s, stream_id, h2_rule_code(rule));
}

h2_rule h2_session_pay(h2_session *s, uint32_t price) {
    return h2_ledger_charge(&s->ledger, price) ? H2_RULE_NONE : H2_RULE_ABUSE;
}

bool h2_session_charge(h2_session *s, uint32_t price) {
    if (!h2_session_pay(s, price)) return true;
    h2_session_fail(s, H2_RULE_ABUSE, s->frame.stream_id);
    return false;
}

void h2_session_lost(h2_session *s, uint32_t code) {
    h2_answer_none(s);
    finish(s, H2_BY_PEER, code, 0);
}

void h2_session_goaway(h2_session *s, uint32_t code) {
    if (s->over || (code == H2_NO_ERROR && s->goaway >= H2_GOAWAY_OWED)) return;
    say_goaway(s, code);
    if (code != H2_NO_ERROR) finish(s, H2_BY_US, code, 0);
}

static void answered(h2_session *s, int kind, const uint8_t *opaque) {
    if (kind == H2_PING_USER && s->handlers->on_pong) s->handlers->on_pong(s->user, opaque);
    if (kind == H2_PING_DRAIN && s->goaway == H2_GOAWAY_NOTICE_SENT) h2_session_goaway(s, H2_NO_ERROR);
}

void h2_session_drain(h2_session *s) {
    if (s->over || s->goaway != H2_GOAWAY_NONE) return;
    s->answered = answered;
    if (!h2_answer_notice(s)) h2_session_goaway(s, H2_NO_ERROR);
}

void h2_session_refuse_above(h2_session *s, uint32_t last, uint32_t code) {
    end_streams(s, last, H2_BY_GOAWAY, code);
}

/* ---- questions ---- */

bool h2_session_finished(const h2_session *s) {
    if (h2_answers_goaway_waits(s)) return false;
    if (s->over) return true;
    bool leaving = s->goaway == H2_GOAWAY_SENT || (s->goaway_received && s->goaway == H2_GOAWAY_NONE);
    return leaving && h2_streams_taken(&s->streams) == s->streams.left && s->headers.head == s->headers.tail;
}

const h2_failure *h2_session_failure(const h2_session *s) {
    return &s->failure;
}

uint32_t h2_session_room(const h2_session *s) {
    if (s->over || s->goaway != H2_GOAWAY_NONE || s->goaway_received || s->next_id > H2_STREAM_ID_MAX) return 0;
    uint32_t used = h2_streams_taken(&s->streams);
    uint32_t limit = s->peer[H2_SET_MAX_CONCURRENT_STREAMS];
    if (limit > s->config->streams) limit = s->config->streams;
    return used < limit ? limit - used : 0;
}

bool h2_session_ready(const h2_session *s) {
    return s->peer_ready;
}

bool h2_session_settled(const h2_session *s) {
    return s->settings_acked;
}

bool h2_session_connect_protocol(const h2_session *s) {
    return s->peer[H2_SET_ENABLE_CONNECT_PROTOCOL] == 1;
}

h2_result h2_session_ping(h2_session *s, const uint8_t opaque[H2_PING_BYTES]) {
    if (s->over) return H2_ECLOSED;
    if (s->ping_state[H2_PING_USER] != H2_PING_NONE) return H2_EAGAIN;
    memcpy(s->ping, opaque, H2_PING_BYTES);
    s->answered = answered;
    return h2_ask(s, H2_PING_USER) ? H2_OK : H2_EAGAIN;
}
