/* SPDX-License-Identifier: MIT */
#include "bench_engines.h"
#include <stdlib.h>
#include <string.h>
#include "bench_common.h"

#define BUFFER_BYTES 65536u

typedef struct side {
    bench_engines *engines;
    h2_session *session;
    void *memory;
} side;

struct bench_engines {
    side client, server;
    uint32_t streams;
    uint64_t opened, answered, ended;   /* streams; at the client */
    uint64_t came_back, pongs;          /* octets */
    bool hold;                          /* the client keeps what it receives, so that windows stay shut */
    uint8_t (*messages)[BENCH_MESSAGE]; /* at the server, of each stream */
};

/* As in a program: what is being received and sent belongs to no session. */
static uint8_t buffer[BUFFER_BYTES];

static void answer(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    static const h2_field ok[] = {H2_FIELD(":status", "200")};
    side *s = user;
    (void)fields;
    (void)n;
    if (section != H2_REQUEST || h2_stream_respond(s->session, id, ok, 1, end ? H2_END : 0) != H2_OK)
        bench_die("cannot answer stream %u", id);
}

static void echo_back(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    side *s = user;
    uint8_t *message = s->engines->messages[id / 2];
    (void)end;
    if (len != BENCH_MESSAGE) bench_die("a message came in pieces");
    memcpy(message, bytes, len);
    h2_stream_consumed(s->session, id, len);
    if (h2_stream_write(s->session, id, message, len, 0) != H2_OK) bench_die("cannot echo on stream %u", id);
}

static void take_answer(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    side *s = user;
    (void)id;
    (void)end;
    if (section != H2_RESPONSE || n != 1 || memcmp(fields[0].value, "200", 3) != 0) bench_die("not answered 200");
    s->engines->answered++;
}

static void take_back(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    side *s = user;
    (void)end;
    if (memcmp(bytes, bench_pattern(id), len) != 0) bench_die("a message came back changed");
    s->engines->came_back += len;
    if (!s->engines->hold) h2_stream_consumed(s->session, id, len);
}

static void take_closed(void *user, uint32_t id, const h2_failure *why) {
    side *s = user;
    if (why->culprit != H2_BY_NOBODY) bench_die("stream %u failed", id);
    s->engines->ended++;
}

static void take_pong(void *user, const uint8_t opaque[H2_PING_BYTES]) {
    side *s = user;
    (void)opaque;
    s->engines->pongs++;
}

static void open_side(bench_engines *e, side *s, bool server) {
    h2_config config = h2_config_hosted(server);
    h2_handlers server_handlers = {.on_headers = answer, .on_data = echo_back};
    h2_handlers client_handlers = {
        .on_headers = take_answer, .on_data = take_back, .on_closed = take_closed, .on_pong = take_pong};
    config.streams = (uint16_t)(e->streams + 1);
    config.blocked_ms = 0; /* time passes faster here than anywhere */
    config.credit_on_receipt = false;
    if (!server) { /* the session's window shuts when nothing is consumed: bench_engines_block */
        config.session_window = H2_WINDOW_INITIAL;
        config.window_most = 0;
    }
    size_t size = h2_session_size(&config);
    s->engines = e;
    s->memory = malloc(size);
    if (!s->memory || h2_session_init(&s->session, s->memory, size, &config,
                                      server ? &server_handlers : &client_handlers, s) != H2_OK)
        bench_die("no session of %u streams", e->streams);
    h2_session_tick(s->session, 1);
}

static bool move(const side *from, const side *to) {
    size_t n = h2_session_transmit(from->session, buffer, BUFFER_BYTES);
    for (size_t at = 0; at < n;) {
        ptrdiff_t taken = h2_session_receive(to->session, buffer + at, n - at);
        if (taken <= 0) bench_die("a session failed");
        at += (size_t)taken;
    }
    return n > 0;
}

static void settle(bench_engines *e) {
    for (bool moved = true; moved;) {
        moved = move(&e->client, &e->server);
        moved = move(&e->server, &e->client) || moved;
    }
}

static void open_stream(bench_engines *e, unsigned flags) {
    static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "https"),
                                       H2_FIELD(":authority", "localhost"), H2_FIELD(":path", "/echo")};
    uint32_t id;
    if (h2_stream_open(e->client.session, request, 4, flags, &id) != H2_OK) bench_die("cannot open a stream");
    e->opened++;
    settle(e);
    if (e->answered != e->opened) bench_die("stream %u got no answer", id);
}

bench_engines *bench_engines_open(uint32_t streams) {
    bench_engines *e = calloc(1, sizeof *e);
    if (!e) bench_die("out of memory");
    e->streams = streams;
    e->messages = malloc((streams + 1) * sizeof *e->messages);
    if (!e->messages) bench_die("out of memory");
    open_side(e, &e->client, false);
    open_side(e, &e->server, true);
    settle(e);
    for (uint32_t i = 0; i < streams; i++) open_stream(e, 0);
    return e;
}

void bench_engines_close(bench_engines *e) {
    free(e->client.memory);
    free(e->server.memory);
    free(e->messages);
    free(e);
}

uint32_t bench_engines_stream(uint32_t number) {
    return 2 * number + 1;
}

void bench_engines_echo(bench_engines *e, uint32_t number) {
    uint32_t id = bench_engines_stream(number);
    uint64_t before = e->came_back;
    if (h2_stream_write(e->client.session, id, bench_pattern(id), BENCH_MESSAGE, 0) != H2_OK) bench_die("cannot write");
    settle(e);
    if (e->came_back != before + BENCH_MESSAGE) bench_die("no echo on stream %u", id);
}

void bench_engines_request(bench_engines *e) {
    uint64_t before = e->ended;
    open_stream(e, H2_END);
    if (e->ended != before + 1) bench_die("a stream did not end");
}

void bench_engines_block(bench_engines *e) {
    e->hold = true;
    while (h2_stream_allowance(e->server.session, 1) > BENCH_MESSAGE) bench_engines_echo(e, 0);
    for (uint32_t i = 0; i < e->streams; i++) {
        uint32_t id = bench_engines_stream(i);
        if (h2_stream_write(e->client.session, id, bench_pattern(id), BENCH_MESSAGE, 0) != H2_OK)
            bench_die("cannot write");
        settle(e);
    }
    if (h2_stream_allowance(e->server.session, 1) > 0) bench_die("the window is not shut");
}

void bench_engines_ping(bench_engines *e) {
    static const uint8_t opaque[H2_PING_BYTES] = {'b', 'e', 'n', 'c', 'h'};
    uint64_t before = e->pongs;
    if (h2_session_ping(e->client.session, opaque) != H2_OK) bench_die("cannot ping");
    settle(e);
    if (e->pongs != before + 1) bench_die("no answer to a PING");
}

h2_session *bench_engines_server(bench_engines *e) {
    return e->server.session;
}

void bench_engines_tick(bench_engines *e, uint64_t ms) {
    h2_session_tick(e->client.session, ms);
    h2_session_tick(e->server.session, ms);
}
