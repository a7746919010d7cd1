/* SPDX-License-Identifier: MIT */
#include "bench_session.h"
#include <stdlib.h>
#include <string.h>
#include "bench_common.h"
#include "h2.h"

#define BUFFER_BYTES 65536u

const char *const bench_request[BENCH_FIELDS][2] = {
    {":method", "GET"},
    {":scheme", "https"},
    {":authority", "www.example.org"},
    {":path", "/resources/items?page=2"},
    {"user-agent", "bench/1.0 (X11; Linux x86_64)"},
    {"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    {"accept-language", "en-US,en;q=0.5"},
    {"accept-encoding", "gzip, deflate, br"},
    {"referer", "https://www.example.org/resources/"},
    {"cookie", "session=0123456789abcdef0123456789abcdef"},
};

typedef struct side {
    bench_pair *pair;
    h2_session *session;
    void *memory;
} side;

struct bench_pair {
    side client, server;
    h2_field request[BENCH_FIELDS];
    bench_counts counts;
    uint8_t buffer[BUFFER_BYTES];
};

static void serve(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    static const h2_field answer[] = {H2_FIELD(":status", "200")};
    side *s = user;
    const char *last = bench_request[BENCH_FIELDS - 1][1];
    bool whole = section == H2_REQUEST && end && n == BENCH_FIELDS && fields[n - 1].value_len == strlen(last) &&
                 memcmp(fields[n - 1].value, last, strlen(last)) == 0;
    if (!whole) bench_die("h2conn: a request arrived changed");
    s->pair->counts.requests++;
    if (h2_stream_respond(s->session, id, answer, 1, H2_END) != H2_OK) bench_die("h2conn: cannot answer");
}

static void take_answer(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    side *s = user;
    (void)id;
    if (section != H2_RESPONSE || !end || n != 1 || memcmp(fields[0].value, "200", 3) != 0)
        bench_die("h2conn: an answer arrived changed");
    s->pair->counts.answers++;
}

static void open_side(bench_pair *pair, side *s, bool server) {
    h2_config config = h2_config_hosted(server);
    h2_handlers handlers = {.on_headers = server ? serve : take_answer};
    size_t size = h2_session_size(&config);
    s->pair = pair;
    s->memory = malloc(size);
    if (!s->memory || h2_session_init(&s->session, s->memory, size, &config, &handlers, s) != H2_OK)
        bench_die("h2conn: no session");
    h2_session_tick(s->session, 1);
}

static bool move(bench_pair *pair, const side *from, const side *to) {
    size_t n = h2_session_transmit(from->session, pair->buffer, BUFFER_BYTES);
    for (size_t at = 0; at < n;) {
        ptrdiff_t taken = h2_session_receive(to->session, pair->buffer + at, n - at);
        if (taken <= 0) bench_die("h2conn: a session failed");
        at += (size_t)taken;
    }
    return n > 0;
}

static void settle(bench_pair *pair) {
    for (bool moved = true; moved;) {
        moved = move(pair, &pair->client, &pair->server);
        moved = move(pair, &pair->server, &pair->client) || moved;
    }
}

static bench_pair *open_ours(void) {
    bench_pair *pair = calloc(1, sizeof *pair);
    if (!pair) bench_die("out of memory");
    for (size_t i = 0; i < BENCH_FIELDS; i++) {
        const char *const *f = bench_request[i];
        pair->request[i] = (h2_field){f[0], f[1], strlen(f[0]), strlen(f[1]), false};
    }
    open_side(pair, &pair->client, false);
    open_side(pair, &pair->server, true);
    settle(pair);
    return pair;
}

static void exchange_ours(bench_pair *pair, unsigned n) {
    uint32_t id;
    for (unsigned i = 0; i < n; i++)
        if (h2_stream_open(pair->client.session, pair->request, BENCH_FIELDS, H2_END, &id) != H2_OK)
            bench_die("h2conn: cannot open a stream");
    settle(pair);
}

static bench_counts counts_ours(const bench_pair *pair) {
    return pair->counts;
}

static void close_ours(bench_pair *pair) {
    free(pair->client.memory);
    free(pair->server.memory);
    free(pair);
}

const bench_library bench_ours = {"h2conn", open_ours, exchange_ours, counts_ours, close_ours};
