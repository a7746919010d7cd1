/* SPDX-License-Identifier: MIT */
/* What bulk costs: records that are full, and as few calls of the level below as the bytes need. */

#include "tls_test.h"

#include <string.h>

#define RECORD 16384
#define HEADER 5
/* TLS 1.3: the content type and the tag (RFC 8446, 5.2). */
#define ADDED 17
/* Four frames of HTTP/2 as long as any peer takes them, with their headers. */
#define FRAMES (4 * (9 + 16384))

/* Records seen on the way, by the headers between them. */
typedef struct seen {
    uint8_t header[HEADER];
    size_t have, skip; /* bytes of the next header; of a body, still to come */
    size_t records, full;
} seen;

static void see(void *ctx, uint64_t offset, uint8_t *bytes, size_t len) {
    seen *s = ctx;
    (void)offset;
    for (size_t i = 0; i < len;) {
        size_t step = s->skip < len - i ? s->skip : len - i;
        s->skip -= step;
        i += step;
        if (s->skip > 0 || i == len) continue;
        s->header[s->have++] = bytes[i++];
        if (s->have < HEADER) continue;
        s->have = 0;
        s->skip = (size_t)s->header[3] << 8 | s->header[4];
        s->records++;
        if (s->skip == RECORD + ADDED) s->full++;
    }
}

/* Calls of a transport, before it. */
typedef struct counted {
    h2conn_transport below;
    unsigned recvs, sends;
} counted;

static ptrdiff_t count_recv(void *ctx, void *buf, size_t len) {
    counted *c = ctx;
    c->recvs++;
    return c->below.recv(c->below.ctx, buf, len);
}

static ptrdiff_t count_send(void *ctx, const void *buf, size_t len) {
    counted *c = ctx;
    c->sends++;
    return c->below.send(c->below.ctx, buf, len);
}

/* A pair whose level below counts on both sides. */
typedef struct bench {
    tls_pair pair;
    counted calls[2];
    seen seen;
} bench;

static void bench_open(bench *b) {
    tls_setup setup = tls_sound();
    ptrdiff_t code[2];
    memset(b, 0, sizeof *b);
    setup.capacity = 1048576;
    tls_pair_open(&b->pair, &setup);
    for (int i = 0; i < 2; i++) {
        b->calls[i].below = b->pair.below[i];
        b->pair.below[i] = (h2conn_transport){count_recv, count_send, &b->calls[i]};
        b->pair.layer[i].release(&b->pair.above[i]);
        const char *host = i == CLIENT ? "localhost" : NULL;
        ck_assert_int_eq(b->pair.layer[i].open(b->pair.layer[i].ctx, &b->pair.below[i], host, &b->pair.above[i]), 0);
    }
    tls_pair_handshake(&b->pair, code);
    ck_assert_int_eq(code[CLIENT], 0);
    ck_assert_int_eq(code[SERVER], 0);
    test_pipe_alter(b->pair.pipe, CLIENT, see, &b->seen);
    b->calls[CLIENT] = (counted){.below = b->calls[CLIENT].below};
    b->calls[SERVER] = (counted){.below = b->calls[SERVER].below};
}

static ptrdiff_t client_sends(bench *b, const void *bytes, size_t len) {
    return b->pair.above[CLIENT].send(b->pair.above[CLIENT].ctx, bytes, len);
}

static ptrdiff_t server_receives(bench *b, void *bytes, size_t len) {
    return b->pair.above[SERVER].recv(b->pair.above[SERVER].ctx, bytes, len);
}

START_TEST(four_frames_go_in_full_records_and_one_send) {
    static uint8_t out[FRAMES];
    bench b;
    bench_open(&b);
    for (unsigned i = 1; i <= 4; i++) {
        ck_assert_int_eq(client_sends(&b, out, sizeof out), sizeof out);
        ck_assert_uint_eq(b.calls[CLIENT].sends, i);
        ck_assert_uint_eq(b.seen.full, 4 * i);
        ck_assert_uint_eq(b.seen.records, 5 * i); /* the fifth for what the headers push out */
    }
    tls_pair_close(&b.pair);
}
END_TEST

START_TEST(what_has_come_is_received_at_once) {
    static uint8_t out[FRAMES], in[FRAMES];
    bench b;
    bench_open(&b);
    for (size_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)(i % 251);
    ck_assert_int_eq(client_sends(&b, out, sizeof out), sizeof out);
    ck_assert_int_eq(server_receives(&b, in, sizeof in), sizeof in);
    ck_assert_uint_eq(b.calls[SERVER].recvs, 1);
    ck_assert_mem_eq(in, out, sizeof out);
    tls_pair_close(&b.pair);
}
END_TEST

/* The caller gets the whole records at once, without asking below whether the rest of another has come by now; and that
 * one when it is whole. */
START_TEST(a_call_with_bytes_to_give_does_not_receive_again) {
    static uint8_t out[RECORD], in[3 * RECORD];
    bench b;
    bench_open(&b);
    memset(out, 'a', sizeof out);
    test_pipe_chunk(b.pair.pipe, SERVER, RECORD + HEADER + ADDED + 100, 0);
    ck_assert_int_eq(client_sends(&b, out, sizeof out), sizeof out);
    ck_assert_int_eq(client_sends(&b, out, sizeof out), sizeof out);
    ck_assert_int_eq(server_receives(&b, in, sizeof in), RECORD);
    ck_assert_uint_eq(b.calls[SERVER].recvs, 1);
    ck_assert_int_eq(server_receives(&b, in, sizeof in), RECORD);
    ck_assert_uint_eq(b.calls[SERVER].recvs, 2);
    tls_pair_close(&b.pair);
}
END_TEST

Suite *tls_records_suite(void) {
    Suite *suite = suite_create("TLS records");
    TCase *cases = tcase_create("bulk");
    tcase_add_test(cases, four_frames_go_in_full_records_and_one_send);
    tcase_add_test(cases, what_has_come_is_received_at_once);
    tcase_add_test(cases, a_call_with_bytes_to_give_does_not_receive_again);
    suite_add_tcase(suite, cases);
    return suite;
}
