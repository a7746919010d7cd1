/* SPDX-License-Identifier: MIT */
/*
 * One work over any wire (bench_wire.h), every byte compared.
 * usage: wire server SCHEME [CERTS]               serve on a free port of 127.0.0.1 until ended
 *        wire bulk URL BYTES [CERTS]              echo BYTES, writing and reading at once
 *        wire ping URL COUNT SIZE [CERTS]         COUNT round trips of SIZE bytes, one after the other
 *        wire down|up|echo URL SECONDS WARM       one stream for SECONDS; the rate after the first WARM, at its
 * receiver wire pause URL SECONDS IDLE              write for SECONDS, of which the server does not read the last;
 * print "idle" then, and end after IDLE seconds of silence wire suite URL CERTS                     the TLS suite that
 * is used
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench_common.h"
#include "bench_wire.h"

#define SECOND UINT64_C(1000000000)

/* ---- a received stream: compared, and measured from a time on ---- */

typedef struct meter {
    uint64_t from_ns, last_ns; /* 0: not yet */
    uint64_t bytes, counted;   /* in all; after from_ns */
} meter;

static void meter_add(meter *m, const uint8_t *bytes, size_t n) {
    if (memcmp(bytes, bench_pattern(m->bytes), n) != 0)
        bench_die("a byte differs within %zu after byte %llu", n, (unsigned long long)m->bytes);
    uint64_t now = bench_now_ns();
    m->bytes += n;
    if (now < m->from_ns) return;
    if (m->last_ns == 0)
        m->from_ns = now; /* what came with the first reading after the time belongs before it */
    else
        m->counted += n;
    m->last_ns = now;
}

static double meter_rate(const meter *m) {
    return m->last_ns > m->from_ns ? (double)m->counted * 1000 / (double)(m->last_ns - m->from_ns) : 0;
}

static void read_all(bench_wire *wire, meter *m, uint64_t len) {
    uint8_t *buf = malloc(BENCH_CHUNK);
    ptrdiff_t n = 1;
    if (!buf) bench_die("out of memory");
    while (m->bytes < len) {
        n = wire->ops->read(wire, buf, BENCH_CHUNK);
        if (n <= 0) break;
        meter_add(m, buf, (size_t)n);
    }
    free(buf);
    if (n < 0) bench_die("the connection broke after %llu bytes", (unsigned long long)m->bytes);
}

/* ---- a sent stream ---- */

typedef struct source {
    bench_wire *wire;
    uint64_t len, until_ns; /* whichever comes first */
    uint64_t sent;
} source;

static void pour(source *s) {
    while (s->sent < s->len && bench_now_ns() < s->until_ns) {
        size_t n = s->len - s->sent < BENCH_CHUNK ? (size_t)(s->len - s->sent) : BENCH_CHUNK;
        if (s->wire->ops->write(s->wire, bench_pattern(s->sent), n) != 0) bench_die("the connection broke in a write");
        s->sent += n;
    }
}

static void *source_run(void *user) {
    source *s = user;
    pour(s);
    s->wire->ops->end(s->wire);
    return NULL;
}

/* ---- server ---- */

static void serve_echo(bench_wire *wire, uint64_t len) {
    uint8_t *buf = malloc(BENCH_CHUNK);
    ptrdiff_t n;
    if (!buf) bench_die("out of memory");
    for (uint64_t done = 0; done < len && (n = wire->ops->read(wire, buf, BENCH_CHUNK)) > 0; done += (uint64_t)n)
        if (wire->ops->write(wire, buf, (size_t)n) != 0) break;
    free(buf);
}

static void answer_count(bench_wire *wire, const meter *m) {
    char answer[64];
    int len = snprintf(answer, sizeof answer, "%llu %.3f", (unsigned long long)m->bytes, meter_rate(m));
    wire->ops->write(wire, answer, (size_t)len);
}

/* Read, but not from a time on for a while, in which bytes pile up. */
static void serve_pause(bench_wire *wire, uint64_t from_ns, uint64_t ns) {
    struct timespec t = {(time_t)(ns / SECOND), (long)(ns % SECOND)};
    meter m = {.from_ns = from_ns};
    while (bench_now_ns() < from_ns) {
        uint64_t before = m.bytes;
        read_all(wire, &m, m.bytes + 1);
        if (m.bytes == before) break;
    }
    nanosleep(&t, NULL);
    read_all(wire, &m, UINT64_MAX);
    answer_count(wire, &m);
}

static void serve(bench_wire *wire, const char *task) {
    unsigned long long number = 0, warm_ms = 0;
    char name[16];
    if (sscanf(task, "%15[a-z]/%llu/%llu", name, &number, &warm_ms) < 2) return;
    uint64_t start = bench_now_ns();
    if (strcmp(name, "echo") == 0) {
        serve_echo(wire, number);
    } else if (strcmp(name, "down") == 0) {
        source s = {.wire = wire, .len = UINT64_MAX, .until_ns = start + number * SECOND / 1000};
        source_run(&s);
    } else if (strcmp(name, "up") == 0) {
        meter m = {.from_ns = start + warm_ms * SECOND / 1000};
        read_all(wire, &m, UINT64_MAX);
        answer_count(wire, &m);
    } else if (strcmp(name, "pause") == 0) {
        serve_pause(wire, start + number * SECOND / 1000, warm_ms * SECOND / 1000);
    }
}

/* ---- client ---- */

static void expect_end(bench_wire *wire) {
    uint8_t more;
    if (wire->ops->read(wire, &more, 1) != 0) bench_die("more came back than was sent");
}

static pthread_t start_source(source *s) {
    pthread_t thread;
    bench_pattern(0);
    if (pthread_create(&thread, NULL, source_run, s) != 0) bench_die("cannot start a thread");
    return thread;
}

static void bulk(const char *url, uint64_t bytes) {
    char task[BENCH_TASK_BYTES];
    meter m = {0};
    snprintf(task, sizeof task, "echo/%llu", (unsigned long long)bytes);
    source s = {bench_wire_connect(url, task), bytes, UINT64_MAX, 0};
    uint64_t start = bench_now_ns();
    pthread_t thread = start_source(&s);
    read_all(s.wire, &m, bytes);
    uint64_t spent = bench_now_ns() - start;
    pthread_join(thread, NULL);
    if (m.bytes != bytes) bench_die("%llu bytes came back", (unsigned long long)m.bytes);
    if (strncmp(url, "tls", 3) != 0) expect_end(s.wire);
    s.wire->ops->close(s.wire);
    printf("%.2f\n", (double)bytes * 1000 / (double)spent);
}

static void ping(const char *url, uint64_t count, uint64_t size) {
    char task[BENCH_TASK_BYTES];
    meter m = {0};
    snprintf(task, sizeof task, "echo/%llu", (unsigned long long)(count * size));
    bench_wire *wire = bench_wire_connect(url, task);
    bench_pattern(0);
    uint64_t start = bench_now_ns();
    for (uint64_t i = 0; i < count; i++) {
        if (wire->ops->write(wire, bench_pattern(i * size), (size_t)size) != 0) bench_die("the connection broke");
        read_all(wire, &m, (i + 1) * size);
        if (m.bytes != (i + 1) * size) bench_die("round trip %llu ended early", (unsigned long long)i);
    }
    uint64_t spent = bench_now_ns() - start;
    wire->ops->end(wire);
    if (strncmp(url, "tls", 3) != 0) expect_end(wire);
    wire->ops->close(wire);
    printf("%.1f\n", (double)count * 1e9 / (double)spent);
}

static void down(bench_wire *wire, uint64_t warm_ns) {
    meter m = {.from_ns = bench_now_ns() + warm_ns};
    read_all(wire, &m, UINT64_MAX);
    printf("%.2f\n", meter_rate(&m));
}

/* The server's rate, when it had all that was sent. */
static double await_count(bench_wire *wire, uint64_t sent) {
    char answer[64];
    size_t len = 0;
    for (ptrdiff_t n; len < sizeof answer - 1; len += (size_t)n) {
        n = wire->ops->read(wire, answer + len, sizeof answer - 1 - len);
        if (n < 0) bench_die("the connection broke");
        if (n == 0) break;
    }
    answer[len] = '\0';
    unsigned long long got;
    double rate;
    if (sscanf(answer, "%llu %lf", &got, &rate) != 2 || got != sent)
        bench_die("of %llu bytes the server had: %s", (unsigned long long)sent, answer);
    return rate;
}

static void up(bench_wire *wire, uint64_t ns) {
    source s = {wire, UINT64_MAX, bench_now_ns() + ns, 0};
    source_run(&s);
    printf("%.2f\n", await_count(wire, s.sent));
}

static void pause_in(const char *url, uint64_t seconds, uint64_t idle) {
    char task[BENCH_TASK_BYTES];
    struct timespec t = {(time_t)idle, 0};
    snprintf(task, sizeof task, "pause/%llu/1000", (unsigned long long)(seconds - 1) * 1000);
    bench_wire *wire = bench_wire_connect(url, task);
    source s = {wire, UINT64_MAX, bench_now_ns() + seconds * SECOND, 0};
    pour(&s);
    puts("idle");
    fflush(stdout);
    nanosleep(&t, NULL);
    wire->ops->end(wire);
    await_count(wire, s.sent);
    wire->ops->close(wire);
}

static void echo(bench_wire *wire, uint64_t ns, uint64_t warm_ns) {
    uint64_t start = bench_now_ns();
    meter m = {.from_ns = start + warm_ns};
    source s = {wire, UINT64_MAX, start + ns, 0};
    pthread_t thread = start_source(&s);
    read_all(wire, &m, UINT64_MAX);
    pthread_join(thread, NULL);
    if (m.bytes != s.sent) bench_die("%llu bytes came back", (unsigned long long)m.bytes);
    printf("%.2f\n", meter_rate(&m));
}

static void timed(const char *what, const char *url, uint64_t seconds, uint64_t warm) {
    char task[BENCH_TASK_BYTES];
    unsigned long long ms = seconds * 1000, warm_ms = warm * 1000;
    if (strcmp(what, "echo") == 0)
        snprintf(task, sizeof task, "echo/%llu", (unsigned long long)UINT64_MAX);
    else
        snprintf(task, sizeof task, "%s/%llu/%llu", what, ms, warm_ms);
    bench_wire *wire = bench_wire_connect(url, task);
    if (strcmp(what, "down") == 0) down(wire, warm * SECOND);
    if (strcmp(what, "up") == 0) up(wire, seconds * SECOND);
    if (strcmp(what, "echo") == 0) echo(wire, seconds * SECOND, warm * SECOND);
    wire->ops->close(wire);
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[1] : "";
    bool is_timed = strcmp(what, "down") == 0 || strcmp(what, "up") == 0 || strcmp(what, "echo") == 0;
    if (strcmp(what, "server") == 0) {
        if (argc > 3) bench_certs = argv[3];
        bench_wire_serve(argv[2], serve);
    } else if (strcmp(what, "bulk") == 0 && argc > 3) {
        if (argc > 4) bench_certs = argv[4];
        bulk(argv[2], bench_number(argv[3], UINT64_C(1) << 40));
    } else if (strcmp(what, "ping") == 0 && argc > 4) {
        if (argc > 5) bench_certs = argv[5];
        ping(argv[2], bench_number(argv[3], 1u << 30), bench_number(argv[4], BENCH_CHUNK));
    } else if (is_timed && argc == 5) {
        timed(what, argv[2], bench_number(argv[3], 3600), bench_number(argv[4], 3600));
    } else if (strcmp(what, "pause") == 0 && argc == 5) {
        pause_in(argv[2], bench_number(argv[3], 3600), bench_number(argv[4], 3600));
    } else if (strcmp(what, "suite") == 0 && argc == 4) {
        bench_certs = argv[3];
        bench_wire *wire = bench_wire_connect(argv[2], "echo/1");
        puts(wire->ops->suite(wire));
        wire->ops->close(wire);
    } else {
        bench_die(
            "usage: wire server|bulk|ping|down|up|echo|pause|suite ...; the head of tools/bench/wire.c has the rest");
    }
    return 0;
}
