/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 5.1.1 and 5.1.2: identifiers and how many streams may be open. */

#define REQUEST ":method=GET|:scheme=http|:path=/|:authority=a"

CONVERSATION(rfc9113_5_1_2_stream_beyond_our_limit_is_refused_and_unseen) {
    h2_config config = h2_config_hosted(true);
    config.streams = 2;
    peer_connect(p, &config);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 5, REQUEST);
    peer_expect_u32(p, H2_RST_STREAM, 5, H2_REFUSED_STREAM);
    peer_expect_events(p, "request 1 end; request 3");
    peer_respond(p, 1, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    peer_send_fields(p, H2_FLAG_END_STREAM, 7, REQUEST);
    peer_expect_events(p, "closed 1; request 7 end");
    peer_expect_nothing(p);
}

/* A place is free again when a stream was reset, whoever did it, even before our RST_STREAM has left. */
CONVERSATION(rfc9113_5_1_2_places_of_reset_streams_are_free_again) {
    h2_config config = h2_config_hosted(true);
    config.streams = 2;
    peer_connect(p, &config);
    uint32_t id = 1;
    for (int i = 0; i < 10; i++, id += 4) {
        peer_send_fields(p, 0, id, REQUEST);
        peer_send_fields(p, 0, id + 2, REQUEST);
        peer_send_u32(p, H2_RST_STREAM, id, H2_CANCEL);
        ck_assert_int_eq(h2_stream_reset(peer_session(p), id + 2, H2_CANCEL), H2_OK);
    }
    for (uint32_t reset = 3; reset < id; reset += 4) peer_expect_u32(p, H2_RST_STREAM, reset, H2_CANCEL);
    peer_expect_nothing(p);
}

#ifndef H2_SMALL /* where a place owes nothing: RST_STREAM waits in the outbox */
/* A place that still owes its RST_STREAM is taken; a request whose first octets were in before is refused then. */
START_TEST(rfc9113_5_1_2_request_begun_before_a_reset_finds_no_place) {
    uint8_t frame[100] = {0, 0, 0, H2_HEADERS, 5, 0, 0, 0, 3};
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    config.streams = 1;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    frame[2] = (uint8_t)peer_encode(frame + 9, sizeof frame - 9, REQUEST);
    ck_assert_int_eq(h2_session_receive(p->session, frame, 5), 5);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, H2_CANCEL), H2_OK);
    ck_assert_int_eq(h2_session_receive(p->session, frame + 5, 4u + frame[2]), 4 + frame[2]);
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_REFUSED_STREAM);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_expect_events(p, "request 1; closed 1 us CANCEL");
    peer_finish(p);
    peer_free(p);
}
END_TEST
#endif

CONVERSATION(rfc9113_5_1_2_client_keeps_to_the_servers_limit) {
    uint32_t id = 0;
    peer_connect_client(p);
    ck_assert_uint_eq(h2_session_room(p->session), H2_DEFAULT_STREAMS); /* ours, while the peer names none */
    peer_send_setting(p, 3, 2);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(h2_session_room(p->session), 2);
    peer_open(p, H2_END, REQUEST);
    peer_open(p, 0, REQUEST);
    ck_assert_uint_eq(h2_session_room(p->session), 0);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ELIMIT);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_expect_fields(p, 0, 3, REQUEST);
    peer_send_setting(p, 3, 1); /* lowered below what is open: they go on */
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    peer_expect_events(p, "settings; settings; response 1 end; closed 1");
    ck_assert_uint_eq(h2_session_room(p->session), 0);
    peer_send_setting(p, 3, 0);
    ck_assert_uint_eq(h2_session_room(peer_session(p)), 0);
    peer_send_setting(p, 3, UINT32_MAX);
    ck_assert_uint_eq(h2_session_room(peer_session(p)), H2_DEFAULT_STREAMS - 1);
}

CONVERSATION(rfc9113_5_1_2_client_keeps_to_its_own_memory) {
    h2_config config = h2_config_small(false);
    uint32_t id = 0;
    peer_connect(p, &config);
    for (unsigned i = 0; i < H2_SMALL_STREAMS; i++) {
        id = peer_open(p, 0, REQUEST);
        peer_expect_fields(p, 0, id, REQUEST);
    }
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ELIMIT);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, H2_CANCEL), H2_OK);
#ifndef H2_SMALL
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ELIMIT); /* its place holds the RST_STREAM */
#endif
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_OK);
}

CONVERSATION(rfc9113_5_1_1_client_opens_odd_identifiers_in_order) {
    peer_connect_client(p);
    for (uint32_t id = 1; id < 61; id += 2) ck_assert_uint_eq(peer_open(p, H2_END, REQUEST), id);
    for (uint32_t id = 1; id < 61; id += 2) peer_expect_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
}

typedef struct id_row {
    const char *label;
    uint32_t id, last;
} id_row;

static const id_row wrong_ids[] = {
    {"even", 2, 0}, {"even and large", 0x7ffffffe, 0}, {"lower than before", 3, 5}, {"zero", 0, 5}};

CONVERSATIONS(rfc9113_5_1_1_unexpected_identifier_is_protocol_error, wrong_ids) {
    const id_row *row = p->row;
    peer_connect_server(p);
    if (row->last) peer_send_fields(p, H2_FLAG_END_STREAM, row->last, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, row->id, REQUEST);
    peer_expect_goaway(p, row->last, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_5_1_1_largest_identifier_works) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 0x7fffffff, REQUEST);
    peer_send_data(p, H2_FLAG_END_STREAM, 0x7fffffff, 5);
    peer_expect_events(p, "request 2147483647; data 2147483647 5 end");
    peer_respond(p, 0x7fffffff, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 0x7fffffff, ":status=200");
}

/* After the last identifier a client needs another connection. */
CONVERSATION(rfc9113_5_1_1_client_stops_at_the_last_identifier) {
    uint32_t id = 0;
    peer_connect_client(p);
    p->session->next_id = 0x7ffffffd; /* as if it had opened a billion */
    ck_assert_uint_eq(peer_open(p, H2_END, REQUEST), 0x7ffffffd);
    ck_assert_uint_eq(peer_open(p, H2_END, REQUEST), 0x7fffffff);
    ck_assert_uint_eq(h2_session_room(p->session), 0);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ECLOSED);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 0x7ffffffd, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 0x7fffffff, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 0x7fffffff, ":status=200");
    peer_expect_events(p, "response 2147483647 end; closed 2147483647");
}

/* Collisions of the hash and every order of ending. */
START_TEST(rfc9113_5_1_2_many_streams_end_in_any_order) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    uint32_t open[50], ids = 1, random = 1;
    size_t count = 0;
    config.streams = 50;
    peer_connect(p, &config);
    for (int i = 0; i < 5000; i++) {
        random = random * 1664525u + 1013904223u;
        if (count < 50 && random >> 31) {
            ids += 2 * (random >> 8 & 63);
            peer_send_fields(p, H2_FLAG_END_STREAM, ids, REQUEST);
            open[count++] = ids;
            ids += 2;
        } else if (count > 0) {
            size_t at = (random >> 8) % count;
            peer_deliver(p);
            peer_respond(p, open[at], H2_END, ":status=204");
            open[at] = open[--count];
            peer_flush(p);
        }
    }
    ck_assert_ptr_null(strstr(p->events.at, "rule")); /* and the finish checks every invariant */
    peer_finish(p);
    peer_free(p);
}
END_TEST

Suite *rfc9113_5_1_2_concurrency_suite(void) {
    Suite *suite = suite_create("rfc9113 5.1.2 concurrency");
    TCase *tc = tcase_create("limits");
    tcase_add_test(tc, rfc9113_5_1_2_stream_beyond_our_limit_is_refused_and_unseen);
    tcase_add_test(tc, rfc9113_5_1_2_places_of_reset_streams_are_free_again);
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9113_5_1_2_request_begun_before_a_reset_finds_no_place);
#endif
    tcase_add_test(tc, rfc9113_5_1_2_client_keeps_to_the_servers_limit);
    tcase_add_test(tc, rfc9113_5_1_2_client_keeps_to_its_own_memory);
    tcase_add_test(tc, rfc9113_5_1_2_many_streams_end_in_any_order);
    suite_add_tcase(suite, tc);
    tc = tcase_create("identifiers");
    tcase_add_test(tc, rfc9113_5_1_1_client_opens_odd_identifiers_in_order);
    tcase_add_test(tc, rfc9113_5_1_1_client_stops_at_the_last_identifier);
    tcase_add_test(tc, rfc9113_5_1_1_unexpected_identifier_is_protocol_error);
    tcase_add_test(tc, rfc9113_5_1_1_largest_identifier_works);
    suite_add_tcase(suite, tc);
    return suite;
}
