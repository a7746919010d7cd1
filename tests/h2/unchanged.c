/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "guard.h"
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* Failure changes nothing: the session's memory before and after each refused call. And what h2_session_init accepts.
 */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static uint8_t *snapshot;

static void remember(peer *p) {
    peer_deliver(p);
    peer_flush(p);
    snapshot = malloc(p->session_size);
    ck_assert_ptr_nonnull(snapshot);
    memcpy(snapshot, p->memory, p->session_size);
}

static void expect_same(peer *p, h2_result got, h2_result expected, int line) {
    if (got != expected) ck_abort_msg("line %d: %d instead of %d", line, got, expected);
    if (memcmp(snapshot, p->memory, p->session_size) != 0) ck_abort_msg("line %d: the session changed", line);
}

#define REFUSED(call, result) expect_same(p, call, result, __LINE__)

static const uint8_t ping[] = "pingping";

START_TEST(failure_changes_nothing_at_a_server) {
    peer *p = peer_new(PEER_WHOLE, 0);
    uint32_t id = 5;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, REQUEST);
    peer_send_fields(p, 0, 5, ":method=HEAD|:scheme=http|:path=/");
    peer_send_fields(p, 0, 7, REQUEST);
    peer_send_u32(p, H2_RST_STREAM, 7, H2_CANCEL);
    peer_deliver(p);
    peer_respond(p, 3, 0, ":status=200");
    peer_respond(p, 5, 0, ":status=200");
    peer_flush(p);
    peer_send_setting(p, 4, 0); /* nothing can be sent: what is lent stays */
    peer_deliver(p);
    ck_assert_int_eq(h2_stream_write(p->session, 3, "lent", 4, H2_END), H2_OK);
    ck_assert_int_eq(h2_session_ping(p->session, ping), H2_OK);
    remember(p);
    REFUSED(peer_try_open(p, 0, REQUEST, &id), H2_EINVAL); /* a server opens none */
    REFUSED(peer_try_respond(p, 1, 0, "server=x"), H2_EINVAL);
    REFUSED(peer_try_respond(p, 1, 0, ":status=99"), H2_EINVAL);
    REFUSED(peer_try_respond(p, 1, H2_END, ":status=100"), H2_EINVAL);
    REFUSED(peer_try_respond(p, 3, 0, ":status=200"), H2_ESTATE);
    REFUSED(peer_try_respond(p, 7, 0, ":status=200"), H2_ENOSTREAM);
    REFUSED(peer_try_respond(p, 9, 0, ":status=200"), H2_ENOSTREAM);
    REFUSED(peer_try_trailers(p, 1, "x=y"), H2_ESTATE);
    REFUSED(peer_try_trailers(p, 3, "x=y"), H2_ESTATE);
    REFUSED(peer_try_trailers(p, 3, ":status=200"), H2_EINVAL);
    REFUSED(peer_try_trailers(p, 7, "x=y"), H2_ENOSTREAM);
    REFUSED(h2_stream_write(p->session, 1, "x", 1, 0), H2_ESTATE);
    REFUSED(h2_stream_write(p->session, 3, "x", 1, 0), H2_ESTATE);
    REFUSED(h2_stream_write(p->session, 5, "x", 1, 0), H2_ESTATE);
    REFUSED(h2_stream_write(p->session, 7, "x", 1, 0), H2_ENOSTREAM);
    REFUSED(h2_stream_write(p->session, 0, "x", 1, 0), H2_ENOSTREAM);
    REFUSED(h2_stream_write(p->session, 5, "x", 0, 0), H2_OK);
    REFUSED(h2_stream_reset(p->session, 7, 1), H2_ENOSTREAM);
    REFUSED(h2_stream_leave(p->session, 7), H2_ENOSTREAM);
#ifndef H2_SMALL
    REFUSED(h2_stream_prioritize(p->session, 1, 8, true), H2_EINVAL);
#endif
#ifndef H2_SMALL
    REFUSED(h2_stream_prioritize(p->session, 9, 1, true), H2_ENOSTREAM);
#endif
    REFUSED(h2_session_ping(p->session, ping), H2_EAGAIN);
    REFUSED((h2_result)h2_stream_withdraw(p->session, 1), 0);
    REFUSED((h2_result)h2_stream_withdraw(p->session, 9), 0);
    REFUSED((h2_result)h2_session_receive(p->session, NULL, 0), 0);
    h2_stream_set_user(p->session, 9, p);
    REFUSED(h2_stream_user(p->session, 9) != NULL, 0);
    REFUSED((h2_result)h2_stream_allowance(p->session, 9), 0);
    uint8_t none;
    REFUSED((h2_result)h2_session_transmit(p->session, &none, 0), 0);
    free(snapshot);
    peer_free(p);
}
END_TEST

START_TEST(failure_changes_nothing_at_a_client) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(false);
    static char value[3000];
    h2_field large[] = {
        H2_FIELD(":method", "GET"), H2_FIELD(":scheme", "http"), H2_FIELD(":path", "/"), {"x", value, 1, 0, false}};
    uint32_t id = 77;
    memset(value, 'v', sizeof value);
    config.streams = 10;
    config.send_header_bytes = 2000;
    peer_connect(p, &config);
    peer_send_setting(p, 3, 2);
    peer_send_setting(p, 4, 0);
    peer_open(p, 0, REQUEST);
    peer_flush(p);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "lent", 4, 0), H2_OK);
    remember(p);
    REFUSED(peer_try_open(p, 0, ":method=G T", &id), H2_EINVAL);
    REFUSED(peer_try_respond(p, 1, 0, ":status=200"), H2_EINVAL);
    REFUSED(peer_try_trailers(p, 1, "x=y"), H2_EAGAIN);
    REFUSED(h2_stream_write(p->session, 1, "x", 1, 0), H2_EAGAIN);
    large[3].value_len = sizeof value;
    REFUSED(h2_stream_open(p->session, large, 4, 0, &id), H2_EINVAL);
    REFUSED(peer_try_open(p, 0, ":method=CONNECT|:protocol=p|:scheme=http|:path=/|:authority=a", &id), H2_ESTATE);
    ck_assert_uint_eq(id, 77);
    free(snapshot);
    large[3].value_len = 1200;
    ck_assert_int_eq(h2_stream_open(p->session, large, 4, 0, &id), H2_OK);
    snapshot = malloc(p->session_size);
    memcpy(snapshot, p->memory, p->session_size);
    REFUSED(peer_try_open(p, 0, REQUEST, &id), H2_ELIMIT);
    free(snapshot);
    h2_session_goaway(p->session, H2_NO_ERROR);
    remember(p);
    REFUSED(peer_try_open(p, 0, REQUEST, &id), H2_ECLOSED);
    h2_session_drain(p->session);
    REFUSED(H2_OK, H2_OK);
    free(snapshot);
    peer_free(p);
}
END_TEST

START_TEST(failure_changes_nothing_when_the_session_is_over) {
    peer *p = peer_new(PEER_WHOLE, 0);
    uint8_t octet = 0;
    uint32_t id = 0;
    peer_connect_client(p);
    peer_open(p, 0, REQUEST);
    peer_flush(p);
    h2_session_lost(p->session, H2_CONNECT_ERROR);
    remember(p);
    REFUSED(peer_try_open(p, 0, REQUEST, &id), H2_ECLOSED);
    REFUSED(h2_session_ping(p->session, ping), H2_ECLOSED);
    REFUSED((h2_result)h2_session_receive(p->session, &octet, 1), H2_EPROTOCOL);
    REFUSED(h2_stream_write(p->session, 1, "x", 1, 0), H2_ENOSTREAM);
    h2_session_goaway(p->session, H2_INTERNAL_ERROR);
    h2_session_drain(p->session);
    h2_session_tick(p->session, 99999999);
    h2_session_lost(p->session, H2_CANCEL);
    REFUSED((h2_result)h2_session_transmit(p->session, p->output, 1000), 0);
    free(snapshot);
    peer_free(p);
}
END_TEST

/* ---- sizes ---- */

typedef struct bound {
    const char *label;
    size_t offset, size;
    uint32_t good[3], bad[3];
} bound;

#define BOUND(member, ...)                                                                                             \
    { #member, offsetof(h2_config, member), sizeof(((h2_config *)0)->member), __VA_ARGS__ }

static const bound bounds[] = {
#ifdef H2_SMALL /* the outbox holds the answers to all of them */
    BOUND(streams, {1, 100, 627}, {0, 628, 65535}),
#else
    BOUND(streams, {1, 100, 65534}, {0, 65535, 0}),
#endif
    BOUND(header_fields, {1, 100, 65535}, {0, 0, 0}),
    BOUND(continuations, {0, 8, 255}, {256, 65535, 256}),
    BOUND(abuse_burst, {1, 1000, 65535}, {0, 0, 0}),
    BOUND(block_bytes, {1, 65536, 0x0fffffff}, {0, 0x10000000, UINT32_MAX}),
    BOUND(stream_window, {0, 65535, 0x7fffffff}, {0x80000000u, UINT32_MAX, UINT32_MAX}),
    BOUND(session_window, {65535, 65536, 0x7fffffff}, {65534, 0, 0x80000000u}),
    BOUND(frame_size, {16384, 16385, 16777215}, {16383, 16777216, 0}),
    BOUND(header_bytes, {4096, 4097, 0x0fffffff}, {4095, 0, 0x10000000}),
    BOUND(decoder_table, {0, 4, 4096}, {1, 4098, 0x10000000}),
    BOUND(encoder_table, {0, 4, 65536}, {2, 4097, 0x10000000}),
    BOUND(send_header_bytes, {H2_SEND_HEADERS_MIN(H2_DEFAULT_STREAMS), 10000, H2_SEND_HEADERS_MAX},
          {H2_SEND_HEADERS_MIN(H2_DEFAULT_STREAMS) - 1, 0, H2_SEND_HEADERS_MAX + 1}),
};

static void set(h2_config *config, const bound *b, uint32_t value) {
    uint16_t narrow = (uint16_t)value;
    memcpy((char *)config + b->offset, b->size == 2 ? (void *)&narrow : (void *)&value, b->size);
}

START_TEST(contract_session_size_refuses_what_is_out_of_range) {
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        for (int j = 0; j < 3; j++) {
            h2_config config = h2_config_hosted(true);
            set(&config, &bounds[i], bounds[i].good[j]);
            ck_assert_msg(h2_session_size(&config) > 0, "%s %u", bounds[i].label, bounds[i].good[j]);
            set(&config, &bounds[i], bounds[i].bad[j]);
            ck_assert_msg(h2_session_size(&config) == 0, "%s %u", bounds[i].label, bounds[i].bad[j]);
        }
    }
}
END_TEST

/* The size is exact: it suffices, before a guard page; an octet less, a wrong alignment or a bad value is refused
 * untouched. */
START_TEST(contract_init_takes_exactly_the_size_it_asked_for) {
    h2_handlers handlers = {0};
    for (uint16_t streams = 1; streams < 40; streams++) {
        h2_config config = h2_config_small(streams % 2);
        h2_session *s = NULL;
        config.streams = streams;
        config.header_fields = (uint16_t)(streams * 3);
        config.header_bytes = 300u + streams;
        config.send_header_bytes = 100u + streams + 2 * H2_ANSWER_BYTES(streams);
        size_t size = h2_session_size(&config);
        uint8_t *memory = guard_new(size);
        memset(memory, 0xa5, size);
        ck_assert_int_eq(h2_session_init(&s, memory, size - 1, &config, &handlers, NULL), H2_EINVAL);
        ck_assert_int_eq(h2_session_init(&s, memory + 4, size, &config, &handlers, NULL), H2_EINVAL);
        config.frame_size = 1;
        ck_assert_int_eq(h2_session_init(&s, memory, size, &config, &handlers, NULL), H2_EINVAL);
        config.frame_size = H2_FRAME_SIZE_MIN;
        ck_assert_ptr_null(s);
        for (size_t i = 0; i < size; i++) ck_assert_uint_eq(memory[i], 0xa5);
        ck_assert_int_eq(h2_session_init(&s, memory, size, &config, &handlers, NULL), H2_OK);
        ck_assert_ptr_eq(s, memory);
        uint8_t out[200];
        ck_assert_uint_le(h2_session_transmit(s, out, sizeof out), sizeof out);
        guard_free(memory, size);
    }
}
END_TEST

START_TEST(contract_init_of_one_role_refuses_the_other) {
    const h2_handlers handlers = {0};
    for (int server = 0; server < 2; server++) {
        h2_config config = h2_config_small(server);
        size_t size = h2_session_size(&config);
        uint8_t *memory = guard_new(size), out[200];
        h2_session *s = NULL;
        ck_assert_int_eq((server ? h2_client_init : h2_server_init)(&s, memory, size, &config, &handlers, NULL),
                         H2_EINVAL);
        ck_assert_ptr_null(s);
        ck_assert_int_eq((server ? h2_server_init : h2_client_init)(&s, memory, size, &config, &handlers, NULL), H2_OK);
        /* A client speaks first, a server waits for its preface (3.4). */
        size_t n = h2_session_transmit(s, out, sizeof out);
        ck_assert(server ? n == 0 : memcmp(out, H2_PREFACE, H2_PREFACE_BYTES) == 0);
        guard_free(memory, size);
    }
}
END_TEST

/* What MODELS.md and DESIGN.md promise per session and per stream, on a machine of 32-bit pointers; on one of 64 bits
 * each pointer and size takes 4 octets more. Windows that grow, which a small build has not, take 8. */
START_TEST(contract_structs_stay_small) {
    size_t wide = sizeof(void *) - 4;
#ifdef H2_SMALL
    ck_assert_uint_le(sizeof(h2_stream), 64 + 4 * wide);
#else
    ck_assert_uint_le(sizeof(h2_stream), 72 + 4 * wide);
#endif
    ck_assert_uint_le(sizeof(h2_window), 8);
    ck_assert_uint_le(sizeof(h2_ledger), 16);
    ck_assert_uint_le(sizeof(h2_transition), 4);
}
END_TEST

Suite *unchanged_suite(void) {
    Suite *suite = suite_create("failure changes nothing, sizes");
    TCase *tc = tcase_create("refused");
    tcase_add_test(tc, failure_changes_nothing_at_a_server);
    tcase_add_test(tc, failure_changes_nothing_at_a_client);
    tcase_add_test(tc, failure_changes_nothing_when_the_session_is_over);
    suite_add_tcase(suite, tc);
    tc = tcase_create("sizes");
    tcase_add_test(tc, contract_session_size_refuses_what_is_out_of_range);
    tcase_add_test(tc, contract_init_takes_exactly_the_size_it_asked_for);
    tcase_add_test(tc, contract_init_of_one_role_refuses_the_other);
    tcase_add_test(tc, contract_structs_stay_small);
    suite_add_tcase(suite, tc);
    return suite;
}
