/* SPDX-License-Identifier: MIT */
/*
 * One operation many times, for an instruction counter: the difference between two runs is the operation's cost.
 * usage: ops NAME COUNT; without arguments the names are printed
 */
#include <stdio.h>
#include <string.h>
#include "bench_common.h"
#include "bench_engines.h"
#include "bench_session.h"

#define TABLE_BYTES 4096u
#define BLOCK_BYTES 1024u

static uint32_t tables[2][TABLE_BYTES / 4];
static hpack_field request[BENCH_FIELDS];

/* ---- the engines ---- */

static void echo_among(uint32_t streams, uint64_t count) {
    bench_engines *e = bench_engines_open(streams);
    for (uint64_t i = 0; i < count; i++) bench_engines_echo(e, (uint32_t)(i * 7 % streams));
    bench_engines_close(e);
}

static void echo_64(uint64_t count) {
    echo_among(1, count);
}

static void echo_64_of_10(uint64_t count) {
    echo_among(10, count);
}

static void echo_64_of_10000(uint64_t count) {
    echo_among(10000, count);
}

static void request_answered(uint64_t count) {
    bench_pair *pair = bench_ours.open();
    for (uint64_t i = 0; i < count; i++) bench_ours.exchange(pair, 1);
    if (bench_ours.counts(pair).answers != count) bench_die("answers are missing");
    bench_ours.close(pair);
}

typedef struct receiver {
    h2_session *session;
    uint64_t octets;
} receiver;

static void count_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    receiver *r = user;
    (void)bytes;
    (void)end;
    r->octets += len;
    h2_stream_consumed(r->session, id, len);
}

/* The server's half alone: a DATA frame in, now and then a WINDOW_UPDATE out. */
static void data_frame(uint64_t count) {
    static uint64_t memory[8192];
    uint8_t in[BLOCK_BYTES], out[BLOCK_BYTES], *at = in + H2_PREFACE_BYTES + H2_FRAME_HEADER_BYTES;
    h2_config config = h2_config_small(true);
    h2_handlers handlers = {.on_data = count_data};
    receiver r = {0};
    hpack_encoder e;
    if (h2_session_init(&r.session, memory, sizeof memory, &config, &handlers, &r) != H2_OK) bench_die("no session");
    memcpy(in, H2_PREFACE, H2_PREFACE_BYTES);
    h2_frame_header_write(in + H2_PREFACE_BYTES, &(h2_frame_header){0, H2_SETTINGS, 0, 0});
    hpack_encoder_init(&e, tables[0], TABLE_BYTES);
    ptrdiff_t n = hpack_encode(&e, request, BENCH_FIELDS, at + H2_FRAME_HEADER_BYTES, BLOCK_BYTES - 64);
    if (n < 0) bench_die("the request does not encode");
    h2_frame_header_write(at, &(h2_frame_header){(uint32_t)n, H2_HEADERS, H2_FLAG_END_HEADERS, 1});
    ptrdiff_t len = at + H2_FRAME_HEADER_BYTES + n - in;
    if (h2_session_receive(r.session, in, (size_t)len) != len) bench_die("the request is not taken");
    memset(in, 'x', H2_FRAME_HEADER_BYTES + BENCH_MESSAGE);
    h2_frame_header_write(in, &(h2_frame_header){BENCH_MESSAGE, H2_DATA, 0, 1});
    for (uint64_t i = 0; i < count; i++) {
        len = H2_FRAME_HEADER_BYTES + BENCH_MESSAGE;
        if (h2_session_receive(r.session, in, (size_t)len) != len) bench_die("a frame is not taken");
        if (h2_session_wants_transmit(r.session)) h2_session_transmit(r.session, out, sizeof out);
    }
    if (r.octets != count * BENCH_MESSAGE) bench_die("octets are missing");
}

/* ---- HPACK: the first request of a connection, and those after it ---- */

static void encode(uint64_t count, bool fresh) {
    uint8_t out[BLOCK_BYTES];
    hpack_encoder e;
    hpack_encoder_init(&e, tables[0], TABLE_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        if (fresh) hpack_encoder_init(&e, tables[0], TABLE_BYTES);
        if (hpack_encode(&e, request, BENCH_FIELDS, out, sizeof out) <= 0) bench_die("the request does not encode");
    }
}

static void encode_first(uint64_t count) {
    encode(count, true);
}

static void encode_again(uint64_t count) {
    encode(count, false);
}

static void count_field(void *ctx, const hpack_field *field) {
    (void)field;
    ++*(uint64_t *)ctx;
}

static void decode(uint64_t count, bool fresh) {
    static char arena[TABLE_BYTES];
    /* The second makes entries of what seldom repeats and did; from the third on nothing changes. */
    uint8_t blocks[3][BLOCK_BYTES];
    ptrdiff_t len[3];
    uint64_t fields = 0;
    hpack_encoder e;
    hpack_decoder d;
    hpack_encoder_init(&e, tables[0], TABLE_BYTES);
    for (int i = 0; i < 3; i++) len[i] = hpack_encode(&e, request, BENCH_FIELDS, blocks[i], BLOCK_BYTES);
    hpack_decoder_init(&d, tables[1], TABLE_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t which = fresh ? 0 : i < 2 ? i : 2;
        if (fresh) hpack_decoder_init(&d, tables[1], TABLE_BYTES);
        hpack_decoder_begin(&d, arena, sizeof arena);
        if (hpack_decode(&d, blocks[which], (size_t)len[which], true, count_field, &fields) != HPACK_OK)
            bench_die("the request does not decode");
    }
    if (fields != count * BENCH_FIELDS) bench_die("fields are missing");
}

static void decode_first(uint64_t count) {
    decode(count, true);
}

static void decode_again(uint64_t count) {
    decode(count, false);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(uint64_t count);
    } ops[] = {
        {"data_frame", data_frame},     {"encode_first", encode_first},   {"encode_again", encode_again},
        {"decode_first", decode_first}, {"decode_again", decode_again},   {"request_answered", request_answered},
        {"echo_64", echo_64},           {"echo_64_of_10", echo_64_of_10}, {"echo_64_of_10000", echo_64_of_10000}};
    for (size_t i = 0; i < BENCH_FIELDS; i++) {
        const char *const *f = bench_request[i];
        request[i] = (hpack_field){f[0], f[1], strlen(f[0]), strlen(f[1]), false};
    }
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (argc == 1) puts(ops[i].name);
        if (argc != 3 || strcmp(argv[1], ops[i].name) != 0) continue;
        ops[i].run(bench_number(argv[2], 1u << 30));
        return 0;
    }
    if (argc != 1) bench_die("usage: ops NAME COUNT");
    return 0;
}
