/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "wire.h"

/* A client with four requests under way: one ended, one with a body, CONNECT, and HEAD. The input is all that the
 * server sends. */

typedef struct caller {
    h2_session *session;
    uint32_t closed;
    bool answered[16], ended[16];
} caller;

static const h2_field get[] = {H2_FIELD(":method", "GET"), H2_FIELD(":scheme", "http"), H2_FIELD(":authority", "a"),
                               H2_FIELD(":path", "/")};
static const h2_field post[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"), H2_FIELD(":authority", "a"),
                                H2_FIELD(":path", "/")};
static const h2_field head[] = {H2_FIELD(":method", "HEAD"), H2_FIELD(":scheme", "http"), H2_FIELD(":authority", "a"),
                                H2_FIELD(":path", "/")};
static const h2_field tunnel[] = {H2_FIELD(":method", "CONNECT"), H2_FIELD(":authority", "a:1")};
static const char body[] = "what the client has to say";

/* The order of RFC 9113, 8.1: informational responses, one final one, DATA, trailers. */
static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    caller *c = user;
    must(id % 2 == 1 && id < 16 && !c->ended[id]);
    must(section != H2_REQUEST && c->answered[id] == (section == H2_TRAILERS));
    must(section == H2_TRAILERS || (n > 0 && memcmp(fields[0].name, ":status", 7) == 0));
    if (section == H2_RESPONSE) c->answered[id] = true;
    c->ended[id] = end;
    must(section != H2_INFORMATIONAL || !end);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    caller *c = user;
    (void)bytes;
    must(id < 16 && c->answered[id] && !c->ended[id] && (len > 0 || end));
    must(id != 7 || len == 0); /* the answer to HEAD has no content */
    c->ended[id] = end;
    h2_stream_consumed(c->session, id, len);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    caller *c = user;
    must(id < 16 && !(c->closed & 1u << id) && why->stream_id == id);
    must(why->culprit != H2_BY_NOBODY || c->ended[id]);
    c->closed |= 1u << id;
}

static void ask(caller *c, const h2_field *fields, size_t n, unsigned flags) {
    uint32_t id;
    must(h2_stream_open(c->session, fields, n, flags, &id) == H2_OK);
    if (!flags) must(h2_stream_write(c->session, id, body, sizeof body, H2_END) == H2_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    caller c = {0};
    fuzz_input in = {data, size, 0};
    uint8_t kind = fuzz_next(&in), out[2000];
    h2_config config = kind & 8 ? h2_config_small(false) : h2_config_hosted(false);
    h2_handlers handlers = {.on_headers = on_headers, .on_data = on_data, .on_closed = on_closed};
    size_t bytes = h2_session_size(&config);
    void *memory = malloc(bytes);
    must(memory && h2_session_init(&c.session, memory, bytes, &config, &handlers, &c) == H2_OK);
    ask(&c, get, 4, H2_END);
    ask(&c, post, 4, 0);
    ask(&c, tunnel, 2, 0);
    ask(&c, head, 4, H2_END);
    while (h2_session_transmit(c.session, out, sizeof out) > 0) {
    }
    bool lives = wire_deliver(c.session, in.data + in.at, fuzz_left(&in), kind, NULL, NULL);
    must(lives || h2_session_finished(c.session));
    h2_session_lost(c.session, H2_NO_ERROR);
    must(c.closed == (1u << 1 | 1u << 3 | 1u << 5 | 1u << 7));
    free(memory);
    return 0;
}
