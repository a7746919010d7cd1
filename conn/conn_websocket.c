/* SPDX-License-Identifier: MIT */
#include "conn_websocket.h"
#include <string.h>

/* 5.2 */
enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASK = 0x80, LENGTH = 0x7f, IS_CONTROL = 0x08 };
#define LENGTH_16 126u
#define LENGTH_64 127u

static const struct {
    uint16_t code;
    const char *text;
} rules[] = {
#define RULE(name, code, text) {code, text},
    H2CONN_WS_RULES(RULE)
#undef RULE
};

uint16_t h2conn_ws_rule_code(h2conn_ws_rule rule) {
    return rules[rule].code;
}

const char *h2conn_ws_rule_text(h2conn_ws_rule rule) {
    return rules[rule].text;
}

/* 7.4.1 and the registry; 1004 to 1006 and 1015 are never sent; 3000 to 4999 are the programs' (7.4.2). */
bool h2conn_ws_code_is_valid(uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* ---- UTF-8 ---- */

/* The first octet of a character of several: how many follow, and which may be next (RFC 3629, 4). */
static bool begin_character(h2conn_utf8 *u, uint8_t first) {
    u->low = 0x80;
    u->high = 0xbf;
    if (first < 0xc2 || first > 0xf4) return false;
    u->left = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first == 0xe0) u->low = 0xa0;  /* else shorter forms exist */
    if (first == 0xed) u->high = 0x9f; /* surrogates */
    if (first == 0xf0) u->low = 0x90;
    if (first == 0xf4) u->high = 0x8f; /* above U+10FFFF */
    return true;
}

bool h2conn_utf8_take(h2conn_utf8 *u, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (u->left > 0) {
            if (bytes[i] < u->low || bytes[i] > u->high) return false;
            u->left--;
            u->low = 0x80;
            u->high = 0xbf;
        } else if (bytes[i] >= 0x80 && !begin_character(u, bytes[i])) {
            return false;
        }
    }
    return true;
}

/* ---- receiving ---- */

void h2conn_ws_parser_init(h2conn_ws_parser *p, bool server, uint64_t most) {
    *p = (h2conn_ws_parser){.server = server, .most = most};
}

static bool is_control(const h2conn_ws_parser *p) {
    return (p->opcode & IS_CONTROL) != 0;
}

/* Octets of the whole header, as far as its first two tell. */
static size_t header_bytes(const h2conn_ws_parser *p) {
    const uint8_t length = p->head[1] & LENGTH;
    return 2u +
           (length == LENGTH_16   ? 2u
            : length == LENGTH_64 ? 8u
                                  : 0u) +
           (p->head[1] & MASK ? H2CONN_WS_MASK_BYTES : 0u);
}

/* The first two octets say all that can be wrong but the length. */
static h2conn_ws_rule judge_start(h2conn_ws_parser *p) {
    const uint8_t length = p->head[1] & LENGTH;
    p->fin = (p->head[0] & FIN) != 0;
    p->opcode = p->head[0] & OPCODE;
    if (p->head[0] & RESERVED) return H2CONN_WS_RULE_RESERVED;
    if ((p->opcode & ~IS_CONTROL) > H2CONN_WS_OP_BINARY) return H2CONN_WS_RULE_OPCODE;
    const bool masked = (p->head[1] & MASK) != 0;
    if (masked != p->server) return p->server ? H2CONN_WS_RULE_UNMASKED : H2CONN_WS_RULE_MASKED;
    if (is_control(p)) return p->fin && length <= H2CONN_WS_CONTROL_MAX ? H2CONN_WS_RULE_NONE : H2CONN_WS_RULE_CONTROL;
    const bool continues = p->opcode == H2CONN_WS_OP_CONTINUATION;
    return continues == (p->message != 0) ? H2CONN_WS_RULE_NONE : H2CONN_WS_RULE_CONTINUATION;
}

static h2conn_ws_rule read_length(h2conn_ws_parser *p) {
    const uint8_t length = p->head[1] & LENGTH;
    const size_t octets = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    p->left = octets ? 0 : length;
    for (size_t i = 0; i < octets; i++) p->left = p->left << 8 | p->head[2 + i];
    if (octets == 2 && p->left < LENGTH_16) return H2CONN_WS_RULE_LENGTH;
    if (octets == 8 && (p->left <= UINT16_MAX || p->left > INT64_MAX)) return H2CONN_WS_RULE_LENGTH;
    return H2CONN_WS_RULE_NONE;
}

/* The header is whole. */
static h2conn_ws_rule begin_payload(h2conn_ws_parser *p) {
    const size_t n = header_bytes(p);
    h2conn_ws_rule rule = read_length(p);
    if (rule != H2CONN_WS_RULE_NONE) return rule;
    if (p->head[1] & MASK) memcpy(p->mask, p->head + n - H2CONN_WS_MASK_BYTES, H2CONN_WS_MASK_BYTES);
    p->mask_at = 0;
    p->control_n = 0;
    p->head_n = 0;
    p->in_payload = true;
    if (is_control(p)) return H2CONN_WS_RULE_NONE;
    if (p->message == 0) {
        p->message = p->opcode;
        p->size = 0;
        p->utf8 = (h2conn_utf8){0};
    }
    if (p->left > p->most - p->size) return H2CONN_WS_RULE_SIZE;
    p->size += p->left;
    return H2CONN_WS_RULE_NONE;
}

/* Octets of a header. Returns how many were taken; `rule` tells what is wrong with them. */
static size_t take_header(h2conn_ws_parser *p, const uint8_t *bytes, size_t len, h2conn_ws_rule *rule) {
    size_t taken = 0;
    while (taken < len && !p->in_payload && *rule == H2CONN_WS_RULE_NONE) {
        p->head[p->head_n++] = bytes[taken++];
        if (p->head_n == 2) *rule = judge_start(p);
        if (*rule == H2CONN_WS_RULE_NONE && p->head_n >= 2 && p->head_n == header_bytes(p)) *rule = begin_payload(p);
    }
    return taken;
}

static void unmask(h2conn_ws_parser *p, uint8_t *bytes, size_t len) {
    if (!p->server) return;
    h2conn_ws_mask(bytes, len, p->mask, p->mask_at);
    p->mask_at = (uint8_t)((p->mask_at + len) % H2CONN_WS_MASK_BYTES);
}

/* A piece of a message. */
static h2conn_ws_rule take_data(h2conn_ws_parser *p, uint8_t *bytes, size_t len, h2conn_ws_event *event) {
    unmask(p, bytes, len);
    *event = (h2conn_ws_event){.kind = H2CONN_WS_DATA, .bytes = bytes, .len = len};
    event->text = p->message == H2CONN_WS_OP_TEXT;
    event->end = p->left == 0 && p->fin;
    if (event->text && !h2conn_utf8_take(&p->utf8, bytes, len)) return H2CONN_WS_RULE_UTF8;
    if (event->text && event->end && p->utf8.left > 0) return H2CONN_WS_RULE_UTF8;
    if (event->end) p->message = 0;
    if (p->left == 0) p->in_payload = false;
    /* An empty frame within a message is nothing to tell. */
    if (len == 0 && !event->end) event->kind = H2CONN_WS_NOTHING;
    return H2CONN_WS_RULE_NONE;
}

/* A Close frame's payload: a code and a reason, or nothing (5.5.1). */
static h2conn_ws_rule take_close(h2conn_ws_parser *p, h2conn_ws_event *event) {
    h2conn_utf8 utf8 = {0};
    p->closed = true;
    if (p->control_n == 0) return H2CONN_WS_RULE_NONE;
    if (p->control_n < 2) return H2CONN_WS_RULE_CLOSE;
    event->code = (uint16_t)(p->control[0] << 8 | p->control[1]);
    event->bytes = p->control + 2;
    event->len = p->control_n - 2u;
    if (!h2conn_ws_code_is_valid(event->code)) return H2CONN_WS_RULE_CLOSE;
    if (!h2conn_utf8_take(&utf8, event->bytes, event->len) || utf8.left > 0) return H2CONN_WS_RULE_UTF8;
    return H2CONN_WS_RULE_NONE;
}

static h2conn_ws_rule take_control(h2conn_ws_parser *p, uint8_t *bytes, size_t len, h2conn_ws_event *event) {
    unmask(p, bytes, len);
    memcpy(p->control + p->control_n, bytes, len);
    p->control_n = (uint8_t)(p->control_n + len);
    if (p->left > 0) return H2CONN_WS_RULE_NONE;
    p->in_payload = false;
    *event = (h2conn_ws_event){.bytes = p->control, .len = p->control_n};
    event->kind = p->opcode == H2CONN_WS_OP_PING   ? H2CONN_WS_PING
                  : p->opcode == H2CONN_WS_OP_PONG ? H2CONN_WS_PONG
                                                   : H2CONN_WS_CLOSE;
    return event->kind == H2CONN_WS_CLOSE ? take_close(p, event) : H2CONN_WS_RULE_NONE;
}

static size_t fail(h2conn_ws_parser *p, h2conn_ws_rule rule, h2conn_ws_event *event, size_t taken) {
    p->rule = (uint8_t)rule;
    *event = (h2conn_ws_event){.kind = H2CONN_WS_FAILED, .rule = rule};
    return taken;
}

size_t h2conn_ws_parse(h2conn_ws_parser *p, uint8_t *bytes, size_t len, h2conn_ws_event *event) {
    h2conn_ws_rule rule = H2CONN_WS_RULE_NONE;
    size_t taken = 0;
    *event = (h2conn_ws_event){.kind = H2CONN_WS_NOTHING};
    if (p->rule) return fail(p, (h2conn_ws_rule)p->rule, event, 0);
    if (p->closed) return len;
    while (rule == H2CONN_WS_RULE_NONE && event->kind == H2CONN_WS_NOTHING && taken < len) {
        if (!p->in_payload) taken += take_header(p, bytes + taken, len - taken, &rule);
        if (!p->in_payload || rule != H2CONN_WS_RULE_NONE) continue;
        size_t n = len - taken;
        if (n > p->left) n = (size_t)p->left;
        /* A payload of nothing is whole with its header. */
        if (n == 0 && p->left > 0) break;
        p->left -= n;
        rule = (is_control(p) ? take_control : take_data)(p, bytes + taken, n, event);
        taken += n;
    }
    return rule == H2CONN_WS_RULE_NONE ? taken : fail(p, rule, event, taken);
}

uint64_t h2conn_ws_expects(const h2conn_ws_parser *p) {
    return p->in_payload && !is_control(p) && !p->closed && !p->rule ? p->left : 0;
}

/* ---- sending ---- */

size_t h2conn_ws_header(uint8_t out[H2CONN_WS_HEADER_MAX], h2conn_ws_opcode opcode, bool fin, uint64_t len,
                        const uint8_t *mask) {
    const size_t octets = len < LENGTH_16 ? 0 : len <= UINT16_MAX ? 2 : 8;
    size_t n = 2;
    out[0] = (uint8_t)((fin ? FIN : 0u) | (unsigned)opcode);
    out[1] = (uint8_t)((mask ? MASK : 0u) | (octets == 0 ? (unsigned)len : octets == 2 ? LENGTH_16 : LENGTH_64));
    for (size_t i = octets; i > 0; i--) out[n++] = (uint8_t)(len >> (8 * (i - 1)));
    if (mask) {
        memcpy(out + n, mask, H2CONN_WS_MASK_BYTES);
        n += H2CONN_WS_MASK_BYTES;
    }
    return n;
}

void h2conn_ws_mask(uint8_t *bytes, size_t len, const uint8_t mask[H2CONN_WS_MASK_BYTES], uint64_t at) {
    uint8_t turned[2 * H2CONN_WS_MASK_BYTES];
    uint64_t wide, word;
    size_t i = 0;
    for (size_t k = 0; k < sizeof turned; k++) turned[k] = mask[(at + k) % H2CONN_WS_MASK_BYTES];
    memcpy(&wide, turned, sizeof wide);
    for (; len - i >= sizeof wide; i += sizeof wide) {
        memcpy(&word, bytes + i, sizeof word);
        word ^= wide;
        memcpy(bytes + i, &word, sizeof word);
    }
    for (; i < len; i++) bytes[i] ^= turned[i % sizeof turned];
}
