/* SPDX-License-Identifier: MIT */
/*
 * Connections that carry one request each: connect, preface, SETTINGS, a GET, the whole answer, close.
 * usage: setup h2 PORT COUNT PID...     to an HTTP/2 server on 127.0.0.1
 *        setup bare PORT COUNT PID...   to the server below: the same bytes, and one back
 *        setup server                   accept, read, write, close; prints its port
 * Prints the microseconds of processor time that the processes PID spent on each connection.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "bench_common.h"
#include "bench_wire.h"
#include "h2_frame.h"
#include "hpack.h"

#define TABLE_BYTES 4096u

static uint8_t hello[512];
static size_t hello_len;

/* The client's first flight: preface, empty SETTINGS, HEADERS with END_STREAM. */
static void compose(const char *port) {
    static uint32_t table[TABLE_BYTES / 4];
    char authority[32];
    snprintf(authority, sizeof authority, "127.0.0.1:%s", port);
    hpack_field fields[] = {{":method", "GET", 7, 3, false},
                            {":scheme", "http", 7, 4, false},
                            {":authority", authority, 10, strlen(authority), false},
                            {":path", "/six", 5, 4, false}};
    hpack_encoder e;
    hpack_encoder_init(&e, table, sizeof table);
    uint8_t *at = hello + H2_PREFACE_BYTES;
    memcpy(hello, H2_PREFACE, H2_PREFACE_BYTES);
    h2_frame_header settings = {0, H2_SETTINGS, 0, 0}, headers = {0, H2_HEADERS, 0, 1};
    at += h2_frame_header_write(at, &settings);
    uint8_t *block = at + H2_FRAME_HEADER_BYTES;
    ptrdiff_t n = hpack_encode(&e, fields, sizeof fields / sizeof *fields, block, sizeof hello - 64);
    if (n < 0) bench_die("the request does not encode");
    headers.length = (uint32_t)n;
    headers.flags = H2_FLAG_END_STREAM | H2_FLAG_END_HEADERS;
    h2_frame_header_write(at, &headers);
    hello_len = (size_t)(block + n - hello);
}

/* ---- what comes back ---- */

typedef struct answer {
    int status;
    size_t content;
    bool ended;
} answer;

static void on_field(void *ctx, const hpack_field *f) {
    answer *a = ctx;
    if (f->name_len == 7 && memcmp(f->name, ":status", 7) == 0 && f->value_len == 3)
        a->status = (f->value[0] - '0') * 100 + (f->value[1] - '0') * 10 + (f->value[2] - '0');
}

static void take_frame(answer *a, const h2_frame_header *f, const uint8_t *payload) {
    static uint32_t table[TABLE_BYTES / 4];
    static char arena[16384];
    if (f->stream_id != 1) return;
    if (f->type == H2_HEADERS) {
        hpack_decoder d;
        hpack_decoder_init(&d, table, sizeof table);
        hpack_decoder_begin(&d, arena, sizeof arena);
        bool plain = f->flags & H2_FLAG_END_HEADERS && !(f->flags & (H2_FLAG_PADDED | H2_FLAG_PRIORITY));
        if (!plain || hpack_decode(&d, payload, f->length, true, on_field, a) != HPACK_OK)
            bench_die("the answer's header section does not decode");
    }
    if (f->type == H2_DATA) a->content += f->length;
    if (f->type == H2_RST_STREAM) bench_die("the stream was reset");
    if ((f->type == H2_HEADERS || f->type == H2_DATA) && f->flags & H2_FLAG_END_STREAM) a->ended = true;
}

static void one_h2(const char *url) {
    uint8_t in[32768];
    size_t have = 0;
    answer a = {0};
    int fd = bench_dial(url);
    if (send(fd, hello, hello_len, MSG_NOSIGNAL) != (ssize_t)hello_len) bench_die("send: %s", strerror(errno));
    while (!a.ended) {
        ssize_t n = recv(fd, in + have, sizeof in - have, 0);
        if (n <= 0) bench_die("the server closed before it answered");
        have += (size_t)n;
        size_t at = 0;
        for (h2_frame_header f; have - at >= H2_FRAME_HEADER_BYTES; at += H2_FRAME_HEADER_BYTES + f.length) {
            h2_frame_header_read(&f, in + at);
            if (have - at < H2_FRAME_HEADER_BYTES + f.length) break;
            take_frame(&a, &f, in + at + H2_FRAME_HEADER_BYTES);
        }
        memmove(in, in + at, have - at);
        have -= at;
    }
    if (a.status != 200 || a.content != 6) bench_die("status %d and %zu bytes, not 200 and 6", a.status, a.content);
    close(fd);
}

static void one_bare(const char *url) {
    uint8_t in[64];
    int fd = bench_dial(url);
    if (send(fd, hello, hello_len, MSG_NOSIGNAL) != (ssize_t)hello_len) bench_die("send: %s", strerror(errno));
    if (recv(fd, in, sizeof in, MSG_WAITALL) != 6) bench_die("the bare server gave no answer");
    close(fd);
}

/* ---- the bare server ---- */

static void serve_bare(void) {
    uint8_t in[4096];
    int listener = bench_listen();
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) bench_die("accept: %s", strerror(errno));
        if (recv(fd, in, sizeof in, 0) > 0 && send(fd, "hello\n", 6, MSG_NOSIGNAL) != 6) bench_die("send failed");
        close(fd);
    }
}

/* ---- */

static uint64_t cpu_of(char **pids) {
    uint64_t sum = 0;
    for (; *pids; pids++) {
        clockid_t id;
        struct timespec t;
        if (clock_getcpuclockid((pid_t)bench_number(*pids, 1u << 30), &id) != 0 || clock_gettime(id, &t) != 0)
            bench_die("no process %s", *pids);
        sum += (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    return sum;
}

/* The server's time once it does no more: its last closing comes after ours. */
static uint64_t settled_cpu(char **pids) {
    const struct timespec pause = {0, 20000000};
    uint64_t before, now = cpu_of(pids);
    do {
        before = now;
        nanosleep(&pause, NULL);
        now = cpu_of(pids);
    } while (now > before + 100000);
    return now;
}

int main(int argc, char **argv) {
    char url[64];
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "server") == 0) serve_bare();
    if (argc < 5) bench_die("usage: setup server, or setup h2|bare PORT COUNT PID...");
    bool bare = strcmp(argv[1], "bare") == 0;
    uint64_t count = bench_number(argv[3], 1u << 24);
    snprintf(url, sizeof url, "tcp://127.0.0.1:%s", argv[2]);
    compose(argv[2]);
    (bare ? one_bare : one_h2)(url);
    uint64_t start = settled_cpu(argv + 4);
    for (uint64_t i = 0; i < count; i++) (bare ? one_bare : one_h2)(url);
    printf("%.2f\n", (double)(settled_cpu(argv + 4) - start) / 1000 / (double)count);
    return 0;
}
