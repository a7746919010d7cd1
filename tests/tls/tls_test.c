/* SPDX-License-Identifier: MIT */
#include "tls_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[] = P_tmpdir "/h2conn-tls-XXXXXX";

static int run(const char *format) {
    char command[256];
    snprintf(command, sizeof command, format, directory);
    return system(command);
}

void tls_certificates_make(void) {
    if (mkdtemp(directory) == NULL || run("tests/support/certs.sh %s") != 0) {
        fprintf(stderr, "no certificates; run this from the project's directory, with openssl installed\n");
        exit(EXIT_FAILURE);
    }
}

void tls_certificates_remove(void) {
    if (run("rm -r %s") != 0) fprintf(stderr, "%s stays behind\n", directory);
}

const char *tls_file(const char *name) {
    static char paths[16][64];
    static unsigned next;
    if (name == NULL) return NULL;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

tls_setup tls_sound(void) {
    return (tls_setup){
        .options = {{.ca_file = tls_file("ca.pem")},
                    {.cert_file = tls_file("server.pem"), .key_file = tls_file("server.key")}},
    };
}

static bool is_raw(const tls_setup *setup, int side) {
    return setup->raw != NULL && setup->raw_side == side;
}

static void open_side(tls_pair *pair, const tls_setup *setup, int side) {
    const char *host = setup->host != NULL ? setup->host : "localhost";
    if (is_raw(setup, side)) return;
    if (side == SERVER) host = NULL;
    ck_assert_int_eq(pair->layer[side].open(pair->layer[side].ctx, &pair->below[side], host, &pair->above[side]), 0);
}

static void open_pipe(tls_pair *pair, const tls_setup *setup) {
    pair->pipe = test_pipe_new(setup->capacity != 0 ? setup->capacity : 65536);
    ck_assert_ptr_nonnull(pair->pipe);
    for (int i = 0; i < 2; i++) pair->below[i] = test_pipe_end(pair->pipe, i);
}

void tls_pair_open(tls_pair *pair, const tls_setup *setup) {
    char why[H2TLS_WHY_BYTES] = "";
    memset(pair, 0, sizeof *pair);
    pair->raw_side = -1;
    open_pipe(pair, setup);
    for (int i = 0; i < 2; i++) {
        int made = 0;
        if (is_raw(setup, i)) continue;
        if (i == CLIENT)
            made = h2tls_client(&pair->tls[i], &setup->options[i], why);
        else
            made = h2tls_server(&pair->tls[i], &setup->options[i], why);
        ck_assert_msg(made == 0, "side %d: %s", i, why);
        pair->layer[i] = h2tls_secure(pair->tls[i]);
        open_side(pair, setup, i);
    }
    if (setup->raw == NULL) return;
    pair->raw_side = setup->raw_side;
    tls_raw_open(pair, setup->raw);
}

static void release(tls_pair *pair) {
    for (int i = 0; i < 2; i++) {
        if (i != pair->raw_side) pair->layer[i].release(&pair->above[i]);
    }
    test_pipe_free(pair->pipe);
}

void tls_pair_close(tls_pair *pair) {
    release(pair);
    if (pair->raw != NULL) tls_raw_close(pair);
    h2tls_free(pair->tls[CLIENT]);
    h2tls_free(pair->tls[SERVER]);
}

void tls_pair_again(tls_pair *pair, const tls_setup *setup) {
    release(pair);
    open_pipe(pair, setup);
    open_side(pair, setup, CLIENT);
    open_side(pair, setup, SERVER);
    if (pair->raw != NULL) tls_raw_again(pair, setup->raw);
}

bool tls_pair_done(const tls_pair *pair, int side) {
    if (side == pair->raw_side) return pair->raw_done;
    return *h2tls_version(&pair->above[side]) != '\0';
}

static bool waits(ptrdiff_t code) {
    return code == H2CONN_TRANSPORT_WANT_READ || code == H2CONN_TRANSPORT_WANT_WRITE;
}

bool tls_pair_may(const tls_pair *pair, int side, ptrdiff_t code) {
    if (code == H2CONN_TRANSPORT_WANT_READ) return test_pipe_readable(pair->pipe, side);
    return code != H2CONN_TRANSPORT_WANT_WRITE || test_pipe_writable(pair->pipe, side);
}

void tls_pair_handshake(tls_pair *pair, ptrdiff_t code[2]) {
    bool over[2] = {false, false};
    char byte;
    code[0] = code[1] = 0;
    for (int round = 0; round < TEST_ROUNDS && !(over[0] && over[1]); round++) {
        bool called = false;
        for (int i = 0; i < 2; i++) {
            if (!tls_pair_may(pair, i, code[i])) continue;
            code[i] = pair->above[i].recv(pair->above[i].ctx, &byte, 1);
            ck_assert_int_le(code[i], 0);
            over[i] = !waits(code[i]) || tls_pair_done(pair, i);
            called = true;
        }
        ck_assert_msg(called || (over[0] && over[1]), "both sides wait: %ld, %ld", (long)code[0], (long)code[1]);
    }
    ck_assert_msg(over[0] && over[1], "the handshake hangs");
    for (int i = 0; i < 2; i++) {
        if (waits(code[i])) code[i] = 0;
    }
}

void tls_pair_ready(tls_pair *pair, const tls_setup *setup) {
    ptrdiff_t code[2];
    tls_pair_open(pair, setup);
    tls_pair_handshake(pair, code);
    for (int i = 0; i < 2; i++) {
        const char *why = pair->layer[i].failure(&pair->above[i]);
        ck_assert_msg(code[i] == 0 && why == NULL, "side %d: %ld %s", i, (long)code[i], why != NULL ? why : "");
    }
}

ptrdiff_t tls_pair_recv(tls_pair *pair, int side, void *buf, size_t len) {
    char none;
    for (int round = 0; round < TEST_ROUNDS; round++) {
        ptrdiff_t n = pair->above[side].recv(pair->above[side].ctx, buf, len);
        if (!waits(n)) return n;
        pair->above[1 - side].recv(pair->above[1 - side].ctx, &none, 1);
    }
    ck_abort_msg("recv hangs");
    return 0;
}

void tls_pair_send(tls_pair *pair, int side, const void *buf, size_t len) {
    const char *bytes = buf;
    for (int round = 0; round < TEST_ROUNDS && len > 0; round++) {
        ptrdiff_t n = pair->above[side].send(pair->above[side].ctx, bytes, len);
        ck_assert_msg(n > 0 || waits(n), "send gives %ld", (long)n);
        if (n > 0) bytes += n, len -= (size_t)n;
    }
    ck_assert_uint_eq(len, 0);
}

/* Byte `at` of what a side sends: no period that is a power of two, so that lost or repeated records show. */
static uint8_t pattern(int side, size_t at) {
    return (uint8_t)(at % 251 + at / 251 % 241 + (size_t)side * 7);
}

static ptrdiff_t send_some(tls_pair *pair, int side, size_t from, size_t bytes, size_t call) {
    static uint8_t buf[20000];
    size_t len = bytes - from;
    if (len > call) len = call;
    if (len > sizeof buf) len = sizeof buf;
    for (size_t i = 0; i < len; i++) buf[i] = pattern(side, from + i);
    ptrdiff_t n = pair->above[side].send(pair->above[side].ctx, buf, len);
    ck_assert_msg(n > 0 || waits(n), "send gives %ld: %s", (long)n, pair->layer[side].failure(&pair->above[side]));
    ck_assert(n <= (ptrdiff_t)len);
    return n;
}

static ptrdiff_t recv_some(tls_pair *pair, int side, size_t from, size_t call) {
    uint8_t buf[20000];
    ptrdiff_t n = pair->above[side].recv(pair->above[side].ctx, buf, call < sizeof buf ? call : sizeof buf);
    ck_assert_msg(n > 0 || waits(n), "recv gives %ld: %s", (long)n, pair->layer[side].failure(&pair->above[side]));
    for (ptrdiff_t i = 0; i < n; i++) {
        if (buf[i] != pattern(1 - side, from + (size_t)i))
            ck_abort_msg("side %d: byte %zu differs", side, from + (size_t)i);
    }
    return n;
}

/* One direction of one side: bytes moved, and the code of the last call. */
typedef struct lane {
    size_t moved;
    ptrdiff_t code;
} lane;

void tls_pair_exchange(tls_pair *pair, size_t bytes, size_t call) {
    lane sends[2] = {{0, 0}, {0, 0}}, recvs[2] = {{0, 0}, {0, 0}};
    for (int round = 0; round < TEST_ROUNDS; round++) {
        bool called = false;
        for (int i = 0; i < 2; i++) {
            if (sends[i].moved < bytes && tls_pair_may(pair, i, sends[i].code)) {
                sends[i].code = send_some(pair, i, sends[i].moved, bytes, call);
                if (sends[i].code > 0) sends[i].moved += (size_t)sends[i].code;
                called = true;
            }
            if (recvs[i].moved < bytes && tls_pair_may(pair, i, recvs[i].code)) {
                recvs[i].code = recv_some(pair, i, recvs[i].moved, call);
                if (recvs[i].code > 0) recvs[i].moved += (size_t)recvs[i].code;
                called = true;
            }
        }
        if (!called) break;
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(sends[i].moved == bytes, "side %d hangs at %zu sent", i, sends[i].moved);
        ck_assert_msg(recvs[i].moved == bytes, "side %d hangs at %zu received", i, recvs[i].moved);
    }
}

void tls_expect_failure(tls_pair *pair, int side, ptrdiff_t code, ptrdiff_t wanted, const char *words) {
    char byte = 0;
    const char *why = pair->layer[side].failure(&pair->above[side]);
    ck_assert_msg(code == wanted, "side %d ends with %ld, not %ld: %s", side, (long)code, (long)wanted, why);
    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, words) != NULL, "side %d says \"%s\"", side, why);
    ck_assert_msg(why[strlen(why) - 1] != '.', "\"%s\" ends with a full stop", why);
    /* A final code stays. */
    ck_assert_int_eq(pair->above[side].recv(pair->above[side].ctx, &byte, 1), wanted);
    ck_assert_int_eq(pair->above[side].send(pair->above[side].ctx, &byte, 1), wanted);
    ck_assert_str_eq(pair->layer[side].failure(&pair->above[side]), why);
}
