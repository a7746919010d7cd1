/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "guard.h"
#include "h2_priority.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9218: the priority field, PRIORITY_UPDATE, and whose DATA goes first. */

#define REQUEST ":method=GET|:scheme=http|:path=/|:authority=a"

#ifndef H2_SMALL

typedef struct value_row {
    const char *value;
    int urgency; /* -1 for no dictionary */
    bool incremental;
} value_row;

static const value_row values[] = {
    {"", 3, false},
    {"u=0", 0, false},
    {"u=7", 7, false},
    {"i", 3, true},
    {"u=5, i", 5, true},
    {"i,u=5", 5, true},
    {"  u=1  ,\t i=?1  ", 1, true},
    {"i=?0", 3, false},
    {"u=1, u=6", 6, false}, /* RFC 8941, 4.2.2: the last one holds */
    {"i, i=?0", 3, false},
    {"u=8", 3, false},
    {"u=-1", 3, false},
    {"u=1.0", 3, false},
    {"u=\"1\"", 3, false},
    {"u", 3, false},
    {"i=1", 3, false},
    {"a=1, u=2", 2, false},
    {"abc;u=1;i, u=2;x=y", 2, false},
    {"x=\"a, u=1\", u=4", 4, false},
    {"x=\"a\\\", u=1\", u=4", 4, false},
    {"*=1, u=4", 4, false},
    {"a1_-.*=2, u=2", 2, false},
    {"u=1; a", 1, false},
    {"u=1;a;b=c", 1, false},
    {"i=?2", 3, false},
    {"i=??", 3, false},
    {"i=x1", 3, false},
    {"u=/", 3, false},
    {"U=1", -1, false},
    {"=1", -1, false},
    {",", -1, false},
    {"u=1,", -1, false},
    {"u=1 i", -1, false},
    {"u=1;", -1, false},
    {"u=\"1", -1, false},
};

START_TEST(rfc9218_4_values_are_read_as_dictionaries) {
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        h2_urgency p = {9, true};
        uint8_t *exact = guard_copy(values[i].value, strlen(values[i].value));
        bool good = h2_urgency_read(&p, (const char *)exact, strlen(values[i].value));
        guard_free(exact, strlen(values[i].value));
        ck_assert_msg(good == (values[i].urgency >= 0), "%s", values[i].value);
        if (good)
            ck_assert_msg(p.urgency == values[i].urgency && p.incremental == values[i].incremental, "%s",
                          values[i].value);
        else
            ck_assert(p.urgency == 9 && p.incremental);
    }
}
END_TEST

START_TEST(rfc9218_4_written_values_are_read_back) {
    for (uint8_t urgency = 0; urgency < H2_URGENCIES; urgency++) {
        for (int incremental = 0; incremental < 2; incremental++) {
            char out[H2_URGENCY_BYTES];
            h2_urgency in = {urgency, incremental}, back;
            size_t n = h2_urgency_write(out, in);
            ck_assert_uint_le(n, sizeof out);
            ck_assert(h2_urgency_read(&back, out, n) && back.urgency == urgency && back.incremental == in.incremental);
        }
    }
}
END_TEST

/* ---- order ---- */

static char bytes[65536];

typedef struct order_row {
    const char *label;
    const char *priorities[3]; /* of streams 1, 3, 5 */
    const char *order;         /* of 40000 octets each, that is three frames */
} order_row;

/* A stream nobody ranked shares with its equals; one that said u=3 alone does not (4.2). */
static const order_row orders[] = {
    {"nobody ranked", {NULL, NULL, NULL}, "135135135"},
    {"one after the other", {"u=3", "u=3", "u=3"}, "111333555"},
    {"by urgency", {"u=5", "u=1", "u=3"}, "333555111"},
    {"incremental share", {"u=2, i", "u=2, i", "u=1"}, "555131313"},
    {"both manners take turns", {"u=2", "u=2, i", "u=2"}, NULL},
    {"no dictionary counts as unranked", {"???", "???", "???"}, "135135135"},
};

/* DATA of all streams at once: nothing is sent before the last answer is there. */
CONVERSATIONS(rfc9218_10_data_goes_by_urgency_and_manner, orders) {
    const order_row *row = p->row;
    char text[64];
    size_t n = 3;
    peer_frame frame;
    peer_connect_server(p);
    for (size_t i = 0; i < n; i++) {
        char fields[200] = REQUEST;
        if (row->priorities[i]) strcat(strcat(fields, "|priority="), row->priorities[i]);
        peer_send_fields(p, H2_FLAG_END_STREAM, (uint32_t)(2 * i + 1), fields);
    }
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    peer_deliver(p);
    for (uint32_t id = 1; id <= 5; id += 2) {
        peer_respond(p, id, 0, ":status=200");
        ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 40000, H2_END), H2_OK);
    }
    size_t at = 0;
    while (peer_next(p, &frame)) {
        if (frame.type == H2_DATA) text[at++] = (char)('0' + frame.id);
    }
    text[at] = '\0';
    if (row->order && strcmp(text, row->order) != 0) peer_fail(p, "the order is %s", text);
    if (!row->order) { /* 1 is served whole before 5, and 3 has every other turn meanwhile */
        ck_assert_ptr_null(strstr(text, "33"
                                        "3"));
        ck_assert(strrchr(text, '1') < strchr(text, '5'));
    }
}

static const char priority_update[] = {0, 0, 0, 3, 'u', '=', '0'};

CONVERSATION(rfc9218_7_priority_update_reranks_an_open_stream) {
    peer_connect_server(p);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    for (uint32_t id = 1; id <= 3; id += 2) peer_send_fields(p, H2_FLAG_END_STREAM, id, REQUEST "|priority=u=4");
    peer_send(p, H2_PRIORITY_UPDATE, 0, 0, priority_update, sizeof priority_update);
    peer_deliver(p);
    for (uint32_t id = 1; id <= 3; id += 2) {
        peer_respond(p, id, 0, ":status=200");
        ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 100, H2_END), H2_OK);
    }
    for (uint32_t id = 1; id <= 3; id += 2) peer_expect_fields(p, 0, id, ":status=200");
    peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 3);
    peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 1);
}

/* 7.2: one that comes before the request outweighs the request's own field. */
CONVERSATION(rfc9218_7_2_early_priority_update_outweighs_the_field) {
    peer_connect_server(p);
    peer_send(p, H2_PRIORITY_UPDATE, 0, 0, priority_update, sizeof priority_update);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST "|priority=u=1");
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, REQUEST "|priority=u=7");
    peer_deliver(p);
    for (uint32_t id = 1; id <= 3; id += 2) {
        peer_respond(p, id, 0, ":status=200");
        ck_assert_int_eq(h2_stream_write(p->session, id, bytes, 100, H2_END), H2_OK);
    }
    for (uint32_t id = 1; id <= 3; id += 2) peer_expect_fields(p, 0, id, ":status=200");
    peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 3);
    peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 1);
}

#endif

typedef struct update_row {
    const char *label;
    bool server;
    uint32_t frame_id;
    const char *payload;
    size_t n;
    uint32_t code;
} update_row;

static const update_row updates[] = {
    {"at a client", false, 0, "\0\0\0\x01u=1", 7, H2_PROTOCOL_ERROR},
    {"of stream 0", true, 0, "\0\0\0\0u=1", 7, H2_PROTOCOL_ERROR},
    {"of a stream of the server's", true, 0, "\0\0\0\x02u=1", 7, H2_PROTOCOL_ERROR},
    {"on a stream", true, 1, "\0\0\0\x01u=1", 7, H2_PROTOCOL_ERROR},
    {"too short", true, 0, "\0\0\0", 3, H2_FRAME_SIZE_ERROR},
    {"no value", true, 0, "\0\0\0\x01", 4, 0},
    {"of a stream passed over", true, 0, "\0\0\0\x01u=1", 7, 0},
    {"of a stream never opened", true, 0, "\0\0\0\x63u=1", 7, 0},
    {"with the reserved bit", true, 0, "\x80\0\0\x01u=1", 7, 0},
    {"no dictionary", true, 0, "\0\0\0\x01????", 8, 0},
    {"overlong", true, 0,
     "\0\0\0\x01u=1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1", 89, 0},
};

#ifdef H2_SMALL
#define IS_HEEDED false
#else
#define IS_HEEDED true
#endif

CONVERSATIONS(rfc9218_7_1_priority_updates_are_judged, updates) {
    const update_row *row = p->row;
    if (row->server)
        peer_connect_server(p);
    else
        peer_connect_client(p);
    peer_send(p, H2_PRIORITY_UPDATE, 0, row->frame_id, row->payload, row->n);
    /* A small build knows the form and ignores what is in it. */
    bool known = IS_HEEDED || row->frame_id != 0 || row->n < 4;
    if (row->code && known)
        peer_expect_goaway(p, 0, row->code);
    else
        peer_expect_alive(p);
}

/* A session with less memory for header sections than the longest value ignores what it cannot keep. */
CONVERSATION(rfc9218_7_1_priority_update_beyond_the_arena_is_ignored) {
    h2_config config = h2_config_hosted(true);
    config.decoder_table = 0;
    config.header_bytes = 4;
    config.preface_ms = config.settings_ms = config.block_ms = 0;
    peer_start(p, &config);
    peer_greet(p);
    peer_send(p, H2_PRIORITY_UPDATE, 0, 0, "\0\0\0\x01u=1, i", 10);
    peer_expect_alive(p);
}

#ifndef H2_SMALL

CONVERSATION(rfc9218_7_1_client_tells_the_server_what_it_prefers) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
    ck_assert_int_eq(h2_stream_prioritize(p->session, id, 8, false), H2_EINVAL);
    ck_assert_int_eq(h2_stream_prioritize(p->session, 99, 1, false), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_prioritize(p->session, id, 1, true), H2_OK);
    ck_assert_int_eq(h2_stream_prioritize(p->session, id, 2, false), H2_OK);
    peer_frame frame = peer_expect(p, H2_PRIORITY_UPDATE, 0, 0);
    h2_urgency said;
    ck_assert_uint_eq(h2_u31_read(frame.payload), id);
    ck_assert(h2_urgency_read(&said, (const char *)frame.payload + 4, frame.length - 4));
    ck_assert(said.urgency == 2 && !said.incremental);
    peer_expect_nothing(p);
    ck_assert_int_eq(h2_stream_prioritize(p->session, id, 0, false), H2_OK);
    ck_assert_int_eq(h2_stream_reset(p->session, id, H2_CANCEL), H2_OK);
    peer_expect_u32(p, H2_RST_STREAM, id, H2_CANCEL); /* of a stream that is gone nothing more is said */
    peer_expect_nothing(p);
}

#endif

CONVERSATION(rfc9218_2_1_settings_say_that_the_old_priorities_are_not_used) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_frame frame = peer_expect(p, H2_SETTINGS, 0, 0);
    bool said = false;
    for (uint32_t at = 0; at < frame.length; at += 6)
        said = said || (frame.payload[at + 1] == 9 && frame.payload[at + 5] == 1);
    ck_assert(said);
}

Suite *rfc9218_priorities_suite(void) {
    Suite *suite = suite_create("rfc9218 priorities");
    TCase *tc = tcase_create("priorities");
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9218_4_values_are_read_as_dictionaries);
    tcase_add_test(tc, rfc9218_4_written_values_are_read_back);
    tcase_add_test(tc, rfc9218_10_data_goes_by_urgency_and_manner);
    tcase_add_test(tc, rfc9218_7_priority_update_reranks_an_open_stream);
    tcase_add_test(tc, rfc9218_7_2_early_priority_update_outweighs_the_field);
    tcase_add_test(tc, rfc9218_7_1_client_tells_the_server_what_it_prefers);
#endif
    tcase_add_test(tc, rfc9218_7_1_priority_updates_are_judged);
    tcase_add_test(tc, rfc9218_7_1_priority_update_beyond_the_arena_is_ignored);
    tcase_add_test(tc, rfc9218_2_1_settings_say_that_the_old_priorities_are_not_used);
    suite_add_tcase(suite, tc);
    return suite;
}
