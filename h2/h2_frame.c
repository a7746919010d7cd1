/* SPDX-License-Identifier: MIT */
#include "h2_frame.h"

static uint32_t read_u16(const uint8_t *in) {
    return (uint32_t)in[0] << 8 | in[1];
}

uint32_t h2_u32_read(const uint8_t in[H2_U32_BYTES]) {
    return read_u16(in) << 16 | read_u16(in + 2);
}

uint32_t h2_u31_read(const uint8_t in[H2_U32_BYTES]) {
    return h2_u32_read(in) & H2_STREAM_ID_MAX;
}

size_t h2_u32_write(uint8_t *out, uint32_t value) {
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
    return H2_U32_BYTES;
}

void h2_frame_header_read(h2_frame_header *header, const uint8_t in[H2_FRAME_HEADER_BYTES]) {
    header->length = (uint32_t)in[0] << 16 | read_u16(in + 1);
    header->type = in[3];
    header->flags = in[4];
    header->stream_id = h2_u31_read(in + 5);
}

uint8_t *h2_frame_begin(uint8_t *out, unsigned kind, uint32_t stream_id, uint32_t length) {
    h2_u32_write(out, length << 8 | (kind & 0xff));
    out[4] = (uint8_t)(kind >> 8);
    h2_u32_write(out + 5, stream_id);
    return out + H2_FRAME_HEADER_BYTES;
}

size_t h2_frame_header_write(uint8_t *out, const h2_frame_header *header) {
    h2_frame_begin(out, H2_FRAME_KIND(header->type, header->flags), header->stream_id, header->length);
    return H2_FRAME_HEADER_BYTES;
}

/* What a type demands of its header: section 6, one row a type. */
enum { ON_STREAM = 1, ON_CONNECTION = 2, ON_EITHER = 0, EXACTLY = 4, TIMES = 8, AT_LEAST = 0 };
typedef struct type_row {
    uint8_t demands;
    uint8_t octets; /* of payload, or of each record */
} type_row;

static const type_row types[] = {
    [H2_DATA] = {ON_STREAM, 0},
    [H2_HEADERS] = {ON_STREAM, 0},
    [H2_PRIORITY] = {ON_STREAM, H2_PRIORITY_BYTES},
    [H2_RST_STREAM] = {ON_STREAM | EXACTLY, H2_U32_BYTES},
    [H2_SETTINGS] = {ON_CONNECTION | TIMES, H2_SETTING_BYTES},
    [H2_PUSH_PROMISE] = {ON_STREAM | AT_LEAST, H2_U32_BYTES},
    [H2_PING] = {ON_CONNECTION | EXACTLY, H2_PING_BYTES},
    [H2_GOAWAY] = {ON_CONNECTION | AT_LEAST, H2_GOAWAY_FIXED_BYTES},
    [H2_WINDOW_UPDATE] = {ON_EITHER | EXACTLY, H2_U32_BYTES},
    [H2_CONTINUATION] = {ON_STREAM, 0},
    {ON_CONNECTION | AT_LEAST, H2_U32_BYTES}, /* PRIORITY_UPDATE */
};

static const type_row *row_of(uint8_t type) {
    return &types[type <= H2_CONTINUATION ? type : H2_CONTINUATION + 1];
}

uint32_t h2_frame_record_bytes(uint8_t type) {
    return row_of(type)->octets;
}

h2_rule h2_frame_check(const h2_frame_header *header, uint32_t max_frame_size) {
    const uint32_t length = header->length;
    if (length > max_frame_size) return H2_RULE_FRAME_TOO_LARGE;
    if (header->type > H2_CONTINUATION && header->type != H2_PRIORITY_UPDATE) return H2_RULE_NONE;
    const type_row *row = row_of(header->type);
    if (row->demands & ON_STREAM && header->stream_id == 0) return H2_RULE_STREAM_ZERO;
    if (row->demands & ON_CONNECTION && header->stream_id != 0) return H2_RULE_STREAM_NOT_ZERO;
    if (header->type == H2_PRIORITY && length != H2_PRIORITY_BYTES) return H2_RULE_PRIORITY_LENGTH;
    bool wrong = row->demands & TIMES ? length % row->octets : length < row->octets;
    if (row->demands & EXACTLY) wrong = length != row->octets;
    if (header->type == H2_SETTINGS && header->flags & H2_FLAG_ACK) wrong = length != 0;
    return wrong || length < h2_frame_prefix_bytes(header) ? H2_RULE_FRAME_LENGTH : H2_RULE_NONE;
}

const char *h2_frame_name(uint8_t type) {
    static const char *const names[] = {"DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
                                        "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};
    if (type <= H2_CONTINUATION) return names[type];
    return type == H2_PRIORITY_UPDATE ? "PRIORITY_UPDATE" : "UNKNOWN";
}

static bool is_promise(const h2_frame_header *header) {
#ifdef H2_SMALL /* whose engine refuses it by its header */
    (void)header;
    return false;
#else
    return header->type == H2_PUSH_PROMISE;
#endif
}

static bool is_padded(const h2_frame_header *header) {
    return (header->type <= H2_HEADERS || is_promise(header)) && header->flags & H2_FLAG_PADDED;
}

static bool has_priority(const h2_frame_header *header) {
    return header->type == H2_HEADERS && header->flags & H2_FLAG_PRIORITY;
}

size_t h2_frame_prefix_bytes(const h2_frame_header *header) {
    return (is_padded(header) ? 1u : 0u) + (has_priority(header) ? H2_PRIORITY_BYTES : 0u) +
           (is_promise(header) ? H2_U32_BYTES : 0u);
}

h2_rule h2_frame_prefix_read(h2_frame_prefix *prefix, const h2_frame_header *header, const uint8_t *in) {
    uint32_t rest = header->length - (uint32_t)h2_frame_prefix_bytes(header);
    uint8_t padding = is_padded(header) ? *in++ : 0;
    if (padding > rest) return H2_RULE_PADDING;
    h2_frame_prefix p = {.padding = padding, .content = rest - padding};
#ifndef H2_SMALL
    if (has_priority(header)) {
        p.exclusive = in[0] >> 7;
        p.weight = in[4];
        p.dependency = h2_u31_read(in);
    } else if (is_promise(header)) {
        p.promised_id = h2_u31_read(in);
        /* 5.1.1: only even identifiers are a server's to promise. */
        if (p.promised_id == 0 || p.promised_id & 1) return H2_RULE_STREAM_ID;
    }
#endif
    *prefix = p;
    return H2_RULE_NONE;
}

#ifndef H2_SMALL
size_t h2_frame_prefix_write(uint8_t *out, const h2_frame_header *header, const h2_frame_prefix *prefix) {
    uint8_t *at = out;
    if (is_padded(header)) *at++ = prefix->padding;
    if (has_priority(header)) {
        h2_priority priority = {prefix->exclusive, prefix->weight, prefix->dependency};
        at += h2_priority_write(at, &priority);
    } else if (header->type == H2_PUSH_PROMISE) {
        at += h2_u32_write(at, prefix->promised_id);
    }
    return (size_t)(at - out);
}
#endif

void h2_setting_read(h2_setting *setting, const uint8_t in[H2_SETTING_BYTES]) {
    setting->id = (uint16_t)read_u16(in);
    setting->value = h2_u32_read(in + 2);
}

size_t h2_setting_write(uint8_t *out, const h2_setting *setting) {
    out[0] = (uint8_t)(setting->id >> 8);
    out[1] = (uint8_t)setting->id;
    h2_u32_write(out + 2, setting->value);
    return H2_SETTING_BYTES;
}

void h2_priority_read(h2_priority *priority, const uint8_t in[H2_PRIORITY_BYTES]) {
    priority->exclusive = in[0] >> 7;
    priority->dependency = h2_u31_read(in);
    priority->weight = in[4];
}

size_t h2_priority_write(uint8_t *out, const h2_priority *priority) {
    h2_u32_write(out, (priority->exclusive ? ~H2_STREAM_ID_MAX : 0u) | priority->dependency);
    out[4] = priority->weight;
    return H2_PRIORITY_BYTES;
}

void h2_goaway_read(h2_goaway *goaway, const uint8_t in[H2_GOAWAY_FIXED_BYTES]) {
    goaway->last_stream_id = h2_u31_read(in);
    goaway->code = h2_u32_read(in + H2_U32_BYTES);
}

size_t h2_goaway_write(uint8_t *out, const h2_goaway *goaway) {
    h2_u32_write(out, goaway->last_stream_id);
    h2_u32_write(out + H2_U32_BYTES, goaway->code);
    return H2_GOAWAY_FIXED_BYTES;
}
