/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2dump_state.h"

/* What frames may say, as an observer can tell. Values that the other side announced and that were not acknowledged yet
 * are allowed as well as those in force. */

static h2dump_side other(h2dump_side side) {
    return side == H2DUMP_CLIENT ? H2DUMP_SERVER : H2DUMP_CLIENT;
}

void h2dump_judge_init(h2dump_decoder *d) {
    for (int i = 0; i < 2; i++) {
        h2dump_talker *t = &d->side[i];
        for (int row = 0; row < H2_SETTING_ROWS; row++) t->settings[row] = h2_setting_defaults[row];
        t->window = H2_WINDOW_INITIAL;
        t->goaway = H2_STREAM_ID_MAX;
    }
}

/* ---- settings ---- */

/* The most that `side` allows its peer. */
static uint32_t most_allowed(const h2dump_talker *t, h2_setting_row row) {
    uint32_t most = t->settings[row];
    for (uint32_t i = 0; i < t->n_pending; i++)
        if (t->pending[i][row] > most) most = t->pending[i][row];
    return most;
}

static void check_setting(h2dump_decoder *d, h2dump_side side, h2_setting_row row, uint32_t before, uint32_t value) {
    h2dump_broke(d, side, h2_setting_check(row, value));
    /* RFC 9113, 6.5.2: a server must not enable push. RFC 8441, 3: extended CONNECT is not taken back. */
    const bool push = row == H2_SET_ENABLE_PUSH && side == H2DUMP_SERVER && value == 1;
    const bool taken_back = row == H2_SET_ENABLE_CONNECT_PROTOCOL && before == 1 && value == 0;
    if (push || taken_back) h2dump_broke(d, side, H2_RULE_SETTINGS_VALUE);
}

/* What it announced last: the peer goes by that for all that follows. */
static const uint32_t *announced(const h2dump_talker *t) {
    return t->n_pending ? t->pending[t->n_pending - 1] : t->settings;
}

/* RFC 9113, 6.9.2: the windows of all streams move along, those that `side` had opened further too. */
static void check_windows(h2dump_decoder *d, h2dump_side side, uint32_t initial) {
    for (uint32_t i = 0; d->both && i < H2DUMP_STREAMS; i++) {
        const h2dump_stream *s = &d->streams[i];
        const h2dump_half *half = &s->half[other(side)];
        if (!s->open || half->ended || half->reset) continue;
        if ((int64_t)initial - half->spent > (int64_t)H2_WINDOW_MAX) h2dump_broke(d, side, H2_RULE_SETTINGS_WINDOW);
    }
}

static void announce(h2dump_decoder *d, h2dump_side side, size_t n) {
    h2dump_talker *t = &d->side[side];
    uint32_t values[H2_SETTING_ROWS];
    memcpy(values, announced(t), sizeof values);
    const uint32_t window = values[H2_SET_INITIAL_WINDOW_SIZE];
    for (size_t at = 0; n - at >= H2_SETTING_BYTES; at += H2_SETTING_BYTES) {
        h2_setting setting;
        h2_setting_read(&setting, t->payload + at);
        int row = h2_setting_find(setting.id);
        if (row < 0) continue;
        check_setting(d, side, (h2_setting_row)row, values[row], setting.value);
        values[row] = setting.value;
    }
    const uint32_t new_window = values[H2_SET_INITIAL_WINDOW_SIZE];
    if (new_window > window && new_window <= H2_WINDOW_MAX) check_windows(d, side, new_window);
    t->unacknowledged++;
    if (t->n_pending == H2DUMP_PENDING) t->n_pending--;
    memcpy(t->pending[t->n_pending++], values, sizeof values);
}

/* `side` acknowledges what the other announced: from now on it goes by that. */
static void acknowledge(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side], *o = &d->side[other(side)];
    if (!d->both) return;
    if (o->unacknowledged == 0) {
        h2dump_broke(d, side, H2_RULE_SETTINGS_ACK);
        return;
    }
    o->unacknowledged--;
    /* The last of those kept stands for all that could not be. */
    if (o->n_pending == 1 && o->unacknowledged > 0) return;
    memcpy(o->settings, o->pending[0], sizeof o->settings);
    memmove(o->pending[0], o->pending[1], --o->n_pending * sizeof o->pending[0]);
    if (!t->block && !t->compression_lost)
        hpack_decoder_set_max_table_size(&t->hpack, o->settings[H2_SET_HEADER_TABLE_SIZE]);
}

/* ---- streams ---- */

static bool is_opened_by(uint32_t id, h2dump_side side) {
    return (id & 1) == (side == H2DUMP_CLIENT);
}

static h2dump_side opener_of(uint32_t id) {
    return id & 1 ? H2DUMP_CLIENT : H2DUMP_SERVER;
}

static h2dump_stream *find(h2dump_decoder *d, uint32_t id) {
    h2dump_stream *s = &d->streams[id % H2DUMP_STREAMS];
    return id != 0 && s->id == id ? s : NULL;
}

static void settle(h2dump_decoder *d, h2dump_stream *s) {
    const bool reset = s->half[0].reset || s->half[1].reset;
    if (!s->open || !(reset || (s->half[0].ended && s->half[1].ended))) return;
    s->open = false;
    d->side[opener_of(s->id)].open--;
}

static h2dump_stream *remember(h2dump_decoder *d, uint32_t id) {
    h2dump_stream *s = &d->streams[id % H2DUMP_STREAMS];
    if (s->id != 0) d->forgot = true;
    if (s->open) d->side[opener_of(s->id)].open--;
    *s = (h2dump_stream){.id = id};
    s->half[0].length = s->half[1].length = H2_LENGTH_UNKNOWN;
    return s;
}

static void count_open(h2dump_decoder *d, h2dump_side side, h2dump_stream *s) {
    h2dump_talker *t = &d->side[side];
    s->open = true;
    t->open++;
    if (d->both && t->open > most_allowed(&d->side[other(side)], H2_SET_MAX_CONCURRENT_STREAMS))
        h2dump_broke(d, side, H2_RULE_CONCURRENCY);
}

/* HEADERS on a stream that is not remembered. */
static void open_stream(h2dump_decoder *d, h2dump_side side, uint32_t id) {
    h2dump_talker *t = &d->side[side];
    if (!is_opened_by(id, side) || side == H2DUMP_SERVER) {
        /* An answer to a request that was not seen, or a request on the other's kind of stream. */
        if (side == H2DUMP_CLIENT)
            h2dump_broke(d, side, H2_RULE_STREAM_ID);
        else if (!d->both)
            remember(d, id);
        else if (id > d->side[opener_of(id)].highest)
            h2dump_broke(d, side, H2_RULE_IDLE);
        return;
    }
    if (id <= t->highest) {
        if (!d->forgot) h2dump_broke(d, side, H2_RULE_STREAM_ID);
        return;
    }
    t->highest = id;
    count_open(d, side, remember(d, id));
}

/* Whether a frame of a stream that must exist names one that never did. */
static bool is_idle(const h2dump_decoder *d, uint32_t id) {
    const h2dump_side opener = opener_of(id);
    return d->both && id > d->side[opener].highest;
}

static void judge_headers(h2dump_decoder *d, h2dump_side side, uint32_t id) {
    h2dump_stream *s = find(d, id);
    if (!s) {
        open_stream(d, side, id);
        return;
    }
    if (s->half[side].ended || s->half[side].reset) h2dump_broke(d, side, H2_RULE_CLOSED_STREAM);
    /* The client of a pushed stream has nothing to say on it. */
    if (s->promised && side == H2DUMP_CLIENT) h2dump_broke(d, side, H2_RULE_STREAM_ID);
    if (s->promised && side == H2DUMP_SERVER && !s->open && s->half[side].message == H2DUMP_NOTHING)
        count_open(d, side, s);
}

static void judge_reset(h2dump_decoder *d, h2dump_side side, uint32_t id) {
    h2dump_stream *s = find(d, id);
    if (is_idle(d, id)) h2dump_broke(d, side, H2_RULE_IDLE);
    if (!s) return;
    s->half[side].reset = true;
    settle(d, s);
}

static void judge_promise(h2dump_decoder *d, h2dump_side side, uint32_t id) {
    const h2dump_stream *s = find(d, id);
    const h2dump_talker *client = &d->side[H2DUMP_CLIENT];
    if (side == H2DUMP_CLIENT || (d->both && most_allowed(client, H2_SET_ENABLE_PUSH) == 0))
        h2dump_broke(d, side, H2_RULE_PUSH);
    if (is_idle(d, id)) h2dump_broke(d, side, H2_RULE_IDLE);
    if (s && s->half[side].ended) h2dump_broke(d, side, H2_RULE_CLOSED_STREAM);
}

void h2dump_judge_header(h2dump_decoder *d, h2dump_side side) {
    const h2_frame_header *h = &d->side[side].header;
    const uint32_t most = d->both ? most_allowed(&d->side[other(side)], H2_SET_MAX_FRAME_SIZE) : H2_FRAME_SIZE_MAX;
    h2_rule rule = h2_frame_check(h, most);
    h2dump_broke(d, side, rule);
    if (rule != H2_RULE_NONE && rule != H2_RULE_FRAME_TOO_LARGE) return;
    if (h->type == H2_HEADERS) judge_headers(d, side, h->stream_id);
    if (h->type == H2_RST_STREAM) judge_reset(d, side, h->stream_id);
    if (h->type == H2_PUSH_PROMISE) judge_promise(d, side, h->stream_id);
}

/* ---- content and windows ---- */

static void spend(h2dump_decoder *d, h2dump_side side, h2dump_stream *s, uint32_t length) {
    h2dump_talker *t = &d->side[side];
    const h2dump_talker *receiver = &d->side[other(side)];
    t->window -= length;
    if (t->window < 0 && d->both) {
        h2dump_broke(d, side, H2_RULE_SESSION_OVERRUN);
        t->window = 0;
    }
    if (!s) return;
    s->half[side].spent += length;
    int64_t initial = most_allowed(receiver, H2_SET_INITIAL_WINDOW_SIZE);
    if (d->both && length > 0 && s->half[side].spent > initial) {
        h2dump_broke(d, side, H2_RULE_OVERRUN);
        s->half[side].spent = initial;
    }
}

void h2dump_judge_data(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    h2dump_stream *s = find(d, t->header.stream_id);
    spend(d, side, s, t->header.length);
    if (t->header.stream_id != 0 && is_idle(d, t->header.stream_id)) h2dump_broke(d, side, H2_RULE_IDLE);
    if (!s) return;
    h2dump_half *half = &s->half[side];
    if (half->ended || half->reset)
        h2dump_broke(d, side, H2_RULE_CLOSED_STREAM);
    else if (half->message == H2DUMP_NOTHING)
        h2dump_broke(d, side, H2_RULE_MESSAGE_ORDER);
    half->got += t->prefix.content;
    if (half->length != H2_LENGTH_UNKNOWN && half->got > (uint64_t)half->length)
        h2dump_broke(d, side, H2_RULE_CONTENT_LENGTH);
}

/* `side` lets the other send more. */
static void judge_window_update(h2dump_decoder *d, h2dump_side side) {
    const h2dump_talker *t = &d->side[side];
    h2dump_talker *sender = &d->side[other(side)];
    const uint32_t id = t->header.stream_id, increment = h2_u31_read(t->payload);
    if (increment == 0) h2dump_broke(d, side, id ? H2_RULE_INCREMENT : H2_RULE_SESSION_INCREMENT);
    if (id == 0) {
        sender->window += increment;
        if (sender->window > (int64_t)H2_WINDOW_MAX) {
            if (d->both) h2dump_broke(d, side, H2_RULE_SESSION_WINDOW);
            sender->window = H2_WINDOW_MAX;
        }
        return;
    }
    if (is_idle(d, id)) h2dump_broke(d, side, H2_RULE_IDLE);
    h2dump_stream *s = find(d, id);
    if (!s) return;
    h2dump_half *half = &s->half[other(side)];
    half->spent -= increment;
    if ((int64_t)announced(t)[H2_SET_INITIAL_WINDOW_SIZE] - half->spent > (int64_t)H2_WINDOW_MAX) {
        if (d->both) h2dump_broke(d, side, H2_RULE_WINDOW);
        half->spent += increment;
    }
}

void h2dump_judge_end(h2dump_decoder *d, h2dump_side side, uint32_t id) {
    h2dump_stream *s = find(d, id);
    if (!s) return;
    h2dump_half *half = &s->half[side];
    if (!half->ended && half->length != H2_LENGTH_UNKNOWN && half->got < (uint64_t)half->length)
        h2dump_broke(d, side, H2_RULE_CONTENT_LENGTH);
    half->ended = true;
    settle(d, s);
}

/* ---- the other frames ---- */

static void judge_goaway(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    h2_goaway goaway;
    h2_goaway_read(&goaway, t->payload);
    if (goaway.last_stream_id > t->goaway) h2dump_broke(d, side, H2_RULE_GOAWAY);
    t->goaway = goaway.last_stream_id;
}

void h2dump_judge_payload(h2dump_decoder *d, h2dump_side side) {
    h2dump_talker *t = &d->side[side];
    size_t n = t->taken < H2DUMP_PAYLOAD_BYTES ? t->taken : H2DUMP_PAYLOAD_BYTES;
    if (h2_frame_check(&t->header, H2_FRAME_SIZE_MAX) != H2_RULE_NONE) return;
    h2_priority priority;
    switch (t->header.type) {
    case H2_SETTINGS:
        if (t->taken > n) t->note = "only the first 16,384 octets were looked at";
        if (t->header.flags & H2_FLAG_ACK)
            acknowledge(d, side);
        else
            announce(d, side, n);
        break;
    case H2_WINDOW_UPDATE: judge_window_update(d, side); break;
    case H2_GOAWAY: judge_goaway(d, side); break;
    case H2_PRIORITY:
        h2_priority_read(&priority, t->payload);
        if (priority.dependency == t->header.stream_id) h2dump_broke(d, side, H2_RULE_PRIORITY_SELF);
        break;
    case H2_PRIORITY_UPDATE:
        if (side == H2DUMP_SERVER || h2_u31_read(t->payload) == 0) h2dump_broke(d, side, H2_RULE_PRIORITY_UPDATE);
        break;
    default: break;
    }
}

/* ---- header sections ---- */

static bool is_final(const h2_message *m) {
    return m->status >= 200;
}

/* What a response's status says of its content (RFC 9110, 6.4.1). */
static bool has_no_content(const h2dump_stream *s, const h2_message *m) {
    return s->head || m->status == 304 || m->status == 204;
}

static h2_message_kind kind_of(h2dump_side side, const h2dump_half *half, bool promise) {
    if (promise) return H2_MESSAGE_REQUEST;
    if (half && half->message != H2DUMP_NOTHING) return H2_MESSAGE_TRAILERS;
    return side == H2DUMP_CLIENT ? H2_MESSAGE_REQUEST : H2_MESSAGE_RESPONSE;
}

static void judge_promised(h2dump_decoder *d, h2dump_side side, const h2_message *m) {
    h2dump_talker *t = &d->side[side];
    if (t->promised <= t->highest) {
        h2dump_broke(d, side, H2_RULE_STREAM_ID);
        return;
    }
    t->highest = t->promised;
    h2dump_stream *s = remember(d, t->promised);
    s->promised = true;
    s->head = m->head;
    s->half[H2DUMP_CLIENT].ended = true;
}

static void advance(h2dump_decoder *d, h2dump_side side, h2dump_stream *s, h2_message_kind kind, const h2_message *m) {
    h2dump_talker *t = &d->side[side];
    h2dump_half *half = &s->half[side];
    if (kind == H2_MESSAGE_TRAILERS) {
        if (half->message == H2DUMP_TRAILED || !t->block_ends) h2dump_broke(d, side, H2_RULE_MESSAGE_ORDER);
        half->message = H2DUMP_TRAILED;
    } else if (kind == H2_MESSAGE_RESPONSE && !is_final(m)) {
        if (t->block_ends) h2dump_broke(d, side, H2_RULE_MESSAGE_ORDER);
    } else {
        half->message = H2DUMP_HEAD;
        half->length = kind == H2_MESSAGE_RESPONSE && has_no_content(s, m) ? H2_LENGTH_UNKNOWN : m->length;
        if (kind == H2_MESSAGE_REQUEST) s->head = m->head;
    }
}

void h2dump_judge_section(h2dump_decoder *d, h2dump_side side, bool decoded) {
    h2dump_talker *t = &d->side[side];
    h2dump_stream *s = find(d, t->block);
    h2dump_half *half = s ? &s->half[side] : NULL;
    h2_message_kind kind = kind_of(side, half, t->block_is_promise);
    /* What was not decoded, or is malformed, is taken for the beginning of a message, which allows most. */
    const h2_message anything = {.length = H2_LENGTH_UNKNOWN, .status = 200};
    h2_message m = anything;
    if (decoded && (s || t->block_is_promise)) {
        bool extended = !d->both || most_allowed(&d->side[H2DUMP_SERVER], H2_SET_ENABLE_CONNECT_PROTOCOL) == 1;
        h2_rule rule = h2_message_check(&m, kind, t->fields, t->n_fields, extended);
        h2dump_broke(d, side, rule);
        if (rule) m = anything;
    }
    if (t->block_is_promise)
        judge_promised(d, side, &m);
    else if (s)
        advance(d, side, s, kind, &m);
}
