/* SPDX-License-Identifier: MIT */
/* Whoever sits in between changes bytes: nothing altered is ever delivered, and the receiver is told or goes without.
 */

#include "tls_test.h"

#include <string.h>

#define MESSAGE 300

/* One byte of what one side sends, counted from the first byte of the connection. */
typedef struct flip {
    uint64_t at;
    uint8_t mask;
    bool hit;
} flip;

static void flip_byte(void *ctx, uint64_t offset, uint8_t *bytes, size_t len) {
    flip *f = ctx;
    if (f->at < offset || f->at - offset >= len) return;
    bytes[f->at - offset] ^= f->mask;
    f->hit = true;
}

static bool waits(ptrdiff_t n) {
    return n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE;
}

typedef struct talk {
    size_t received[2];
    bool sent[2];
    ptrdiff_t end[2];
} talk;

/* Both send a message and their end, and read as far as they can. */
static void step(tls_pair *pair, talk *t, const uint8_t *message, int side) {
    uint8_t in[MESSAGE + 1];
    h2conn_transport *above = &pair->above[side];
    if (!t->sent[side] && tls_pair_done(pair, side)) {
        ptrdiff_t n = above->send(above->ctx, message, MESSAGE);
        t->sent[side] = n == MESSAGE;
        if (t->sent[side]) pair->layer[side].shutdown(above);
    }
    if (t->end[side] != 1) return;
    ptrdiff_t n = above->recv(above->ctx, in, sizeof in);
    if (n <= 0 && !waits(n)) t->end[side] = n;
    if (n <= 0) return;
    ck_assert_uint_le(t->received[side] + (size_t)n, MESSAGE);
    ck_assert_mem_eq(in, message + t->received[side], (size_t)n);
    t->received[side] += (size_t)n;
}

static talk converse(tls_pair *pair) {
    uint8_t message[MESSAGE];
    talk t = {.end = {1, 1}};
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)(i * 7 + 1);
    for (int round = 0; round < 12; round++) {
        step(pair, &t, message, CLIENT);
        step(pair, &t, message, SERVER);
    }
    /* What still waits for more, because a length was made longer, gets the end of the stream instead. */
    test_pipe_close(pair->pipe, CLIENT);
    test_pipe_close(pair->pipe, SERVER);
    for (int round = 0; round < 4; round++) {
        step(pair, &t, message, CLIENT);
        step(pair, &t, message, SERVER);
    }
    return t;
}

static bool in_order(const talk *t, int side) {
    return t->end[side] == H2CONN_TRANSPORT_END && t->received[side] == MESSAGE;
}

static void check(tls_pair *pair, const talk *t, const flip *f, int side, uint64_t handshake) {
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(t->end[i] != 1 && !waits(t->end[i]), "byte %lu of side %d: %d hangs", (long)f->at, side, i);
        if (t->end[i] != H2CONN_TRANSPORT_END) ck_assert_ptr_nonnull(pair->layer[i].failure(&pair->above[i]));
    }
    /* In the handshake some bytes mean nothing, such as the version in the header of a plaintext record; later none. */
    bool unharmed = in_order(t, CLIENT) && in_order(t, SERVER);
    if (f->at >= handshake)
        ck_assert_msg(!in_order(t, 1 - side), "byte %lu of side %d is not missed", (long)f->at, side);
    if (!unharmed) ck_assert(t->end[0] != H2CONN_TRANSPORT_END || t->end[1] != H2CONN_TRANSPORT_END);
}

static uint64_t handshake_bytes(tls_pair *pair, const tls_setup *setup, int side) {
    ptrdiff_t code[2];
    tls_pair_handshake(pair, code);
    uint64_t sent = test_pipe_sent(pair->pipe, side);
    tls_pair_again(pair, setup);
    return sent;
}

/* Signatures differ in length, so the end of the handshake is known to a few bytes. */
#define SLACK 16

static void flip_every(int side, uint64_t first, uint64_t stride, uint8_t mask) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    setup.options[CLIENT].no_resume = true; /* each handshake is as long as the first */
    setup.options[CLIENT].cert_file = tls_file("client.pem");
    setup.options[CLIENT].key_file = tls_file("client.key");
    tls_pair_open(&pair, &setup);
    uint64_t handshake = handshake_bytes(&pair, &setup, side) + SLACK;
    flip f = {.at = first, .mask = mask, .hit = true};
    for (; f.hit; f.at += stride) {
        f.hit = false;
        test_pipe_alter(pair.pipe, side, flip_byte, &f);
        talk t = converse(&pair);
        if (f.hit) check(&pair, &t, &f, side, handshake);
        tls_pair_again(&pair, &setup);
    }
    ck_assert_uint_gt(f.at, handshake + MESSAGE);
    tls_pair_close(&pair);
}

#define STRIDE 13

START_TEST(a_byte_of_the_client_is_altered) {
    flip_every(CLIENT, (uint64_t)_i, STRIDE, (uint8_t)(1u << _i % 8));
}
END_TEST

START_TEST(a_byte_of_the_server_is_altered) {
    flip_every(SERVER, (uint64_t)_i, STRIDE, (uint8_t)(1u << _i % 8));
}
END_TEST

/* The record after the handshake: type, version, length, body, tag. A length that grows waits for bytes that never
 * come; the one that shrinks does so with the tags of every suite. */
static const struct {
    uint64_t at;
    uint8_t mask;
    ptrdiff_t code;
} record_bytes[] = {
    {0, 1, H2CONN_TRANSPORT_ETLS},           {0, 0xff, H2CONN_TRANSPORT_ETLS},
    {1, 1, H2CONN_TRANSPORT_ETLS},           {2, 1, H2CONN_TRANSPORT_ETLS},
    {3, 0x80, H2CONN_TRANSPORT_ETLS},        {3, 2, H2CONN_TRANSPORT_ELOST},
    {4, 4, H2CONN_TRANSPORT_ETLS},           {5, 1, H2CONN_TRANSPORT_ETLS},
    {6, 0x80, H2CONN_TRANSPORT_ETLS},        {100, 0x10, H2CONN_TRANSPORT_ETLS},
    {5 + MESSAGE, 1, H2CONN_TRANSPORT_ETLS}, {5 + MESSAGE + 15, 1, H2CONN_TRANSPORT_ETLS},
};

START_TEST(an_altered_record_is_refused) {
    static const tls_raw tls12 = {.method = wolfTLSv1_2_client_method, .alpn = "h2"};
    uint8_t message[MESSAGE] = {0}, in[MESSAGE];
    tls_setup setup = tls_sound();
    tls_pair pair;
    int which = _i / 2;
    if (_i % 2 == 1) setup.raw = &tls12;
    tls_pair_ready(&pair, &setup);
    flip f = {.at = test_pipe_sent(pair.pipe, CLIENT) + record_bytes[which].at, .mask = record_bytes[which].mask};
    test_pipe_alter(pair.pipe, CLIENT, flip_byte, &f);
    tls_pair_send(&pair, CLIENT, message, sizeof message);
    ck_assert(f.hit);
    if (record_bytes[which].code == H2CONN_TRANSPORT_ELOST) {
        ck_assert_int_eq(pair.above[SERVER].recv(pair.above[SERVER].ctx, in, sizeof in), H2CONN_TRANSPORT_WANT_READ);
        test_pipe_close(pair.pipe, CLIENT);
    }
    ptrdiff_t code = pair.above[SERVER].recv(pair.above[SERVER].ctx, in, sizeof in);
    tls_expect_failure(&pair, SERVER, code, record_bytes[which].code, "");
    tls_pair_close(&pair);
}
END_TEST

/* RFC 8446 section 5: records repeated, dropped or exchanged are as wrong as altered ones. */
typedef struct recorder {
    uint8_t bytes[1024];
    size_t len;
} recorder;

static void record(void *ctx, uint64_t offset, uint8_t *bytes, size_t len) {
    recorder *r = ctx;
    (void)offset;
    ck_assert_uint_le(r->len + len, sizeof r->bytes);
    memcpy(r->bytes + r->len, bytes, len);
    r->len += len;
}

START_TEST(a_repeated_record_is_refused) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    recorder r = {.len = 0};
    char in[8];
    tls_pair_ready(&pair, &setup);
    test_pipe_alter(pair.pipe, CLIENT, record, &r);
    tls_pair_send(&pair, CLIENT, "once", 4);
    test_pipe_alter(pair.pipe, CLIENT, NULL, NULL);
    ck_assert_int_eq(tls_pair_recv(&pair, SERVER, in, sizeof in), 4);
    ck_assert_int_eq(pair.below[CLIENT].send(pair.below[CLIENT].ctx, r.bytes, r.len), (ptrdiff_t)r.len);
    ptrdiff_t code = tls_pair_recv(&pair, SERVER, in, sizeof in);
    tls_expect_failure(&pair, SERVER, code, H2CONN_TRANSPORT_ETLS, "altered");
    tls_pair_close(&pair);
}
END_TEST

/* What is not TLS at all: text of other protocols, and noise from a generator that is the same each time. */
static const char *const strangers[] = {
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "\x80\x2e\x01\x00\x02",
    "\x16\x03\x01\xff\xff\x01",
    "\x15\x03\x03\x00\x02\x02\x28",
    "\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00",
};
static const int stranger_count = (int)(sizeof strangers / sizeof *strangers);

static const size_t stranger_len[] = {0, 0, 0, 0, 5, 6, 7, 10};

static void meet_stranger(int side, const void *bytes, size_t len, bool told) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    tls_pair_open(&pair, &setup);
    int other = 1 - side;
    ck_assert_int_eq(pair.below[other].send(pair.below[other].ctx, bytes, len), (ptrdiff_t)len);
    ptrdiff_t n = pair.above[side].recv(pair.above[side].ctx, &byte, 1);
    if (waits(n)) {
        ck_assert(!told);
        test_pipe_close(pair.pipe, other);
        n = pair.above[side].recv(pair.above[side].ctx, &byte, 1);
    }
    ck_assert_int_lt(n, H2CONN_TRANSPORT_WANT_WRITE);
    ck_assert_ptr_nonnull(pair.layer[side].failure(&pair.above[side]));
    const char *why = pair.layer[side].failure(&pair.above[side]);
    if (told) ck_assert_msg(strstr(why, "not TLS") != NULL, "says \"%s\"", why);
    tls_pair_close(&pair);
}

START_TEST(strangers_are_refused) {
    const char *text = strangers[_i / 2];
    size_t len = stranger_len[_i / 2] != 0 ? stranger_len[_i / 2] : strlen(text);
    meet_stranger(_i % 2, text, len, _i / 2 < 4);
}
END_TEST

static void meet_noise(int seed) {
    uint8_t bytes[600];
    uint32_t state = (uint32_t)seed + 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
    /* Half of it looks like a hello of either side, to be let further in. */
    if (seed % 4 > 1) memcpy(bytes, "\x16\x03\x03\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    if (seed % 4 == 3) bytes[5] = 2;
    meet_stranger(seed / 4 % 2, bytes, sizeof bytes, false);
}

START_TEST(noise_is_refused) {
    for (int seed = 0; seed < 100; seed++) meet_noise(seed);
}
END_TEST

Suite *tls_tamper_suite(void) {
    Suite *suite = suite_create("TLS tamper");
    TCase *cases = tcase_create("altered");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, a_byte_of_the_client_is_altered, 0, STRIDE);
    tcase_add_loop_test(cases, a_byte_of_the_server_is_altered, 0, STRIDE);
    tcase_add_loop_test(cases, an_altered_record_is_refused, 0, 2 * (int)(sizeof record_bytes / sizeof *record_bytes));
    tcase_add_test(cases, a_repeated_record_is_refused);
    tcase_add_loop_test(cases, strangers_are_refused, 0, 2 * stranger_count);
    tcase_add_test(cases, noise_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
