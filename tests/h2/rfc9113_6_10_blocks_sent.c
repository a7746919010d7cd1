/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 4.2, 4.3 and 6.10: header blocks that we send, cut to the peer's frame size, whole and uninterrupted. */

#define REQUEST ":method=GET|:scheme=http|:path=/|:authority=a"

/* A section whose encoded size is about `octets`, as a text. Each test frees it. */
static char *section_of(const char *start, size_t octets) {
    char *text = malloc(octets + 4096);
    ck_assert_ptr_nonnull(text);
    strcpy(text, start);
    for (size_t at = strlen(start), i = 0; at < octets; i++) {
        char value[1001];
        memset(value, '{', sizeof value - 1); /* Huffman coding would lengthen it */
        value[sizeof value - 1] = '\0';
        memcpy(value, &(char[]){(char)('a' + i % 26), (char)('a' + i / 26)}, 2);
        at += (size_t)sprintf(text + at, "|x-%u=%s", (unsigned)i, value);
    }
    return text;
}

static h2_config roomy(bool server) {
    h2_config config = h2_config_hosted(server);
    config.send_header_bytes = 200000;
    return config;
}

/* All frames of one block, and what they decode to. */
static unsigned expect_split(peer *p, uint32_t id, uint32_t largest, size_t *octets) {
    peer_frame frame;
    unsigned frames = 0;
    *octets = 0;
    do {
        ck_assert(peer_next(p, &frame));
        ck_assert_uint_eq(frame.type, frames == 0 ? H2_HEADERS : H2_CONTINUATION);
        ck_assert_uint_eq(frame.id, id);
        ck_assert_uint_le(frame.length, largest);
        frames++;
        *octets += frame.length;
    } while (!(frame.flags & H2_FLAG_END_HEADERS));
    return frames;
}

static void open_large(peer *p, size_t octets, uint32_t *id) {
    char *text = section_of(REQUEST, octets);
    h2_field fields[256];
    char *storage = malloc(strlen(text) + 1);
    size_t n = peer_parse(fields, 256, storage, strlen(text) + 1, text);
    ck_assert_int_eq(h2_stream_open(peer_session(p), fields, n, H2_END, id), H2_OK);
    free(storage);
    free(text);
}

typedef struct cut_row {
    const char *label;
    size_t octets;
    uint32_t frame_size; /* the peer's */
} cut_row;

static const cut_row cuts[] = {
    {"one frame", 900, 16384},        {"near one frame", 16000, 16384},   {"two frames", 17000, 16384},
    {"several frames", 60000, 16384}, {"one larger frame", 60000, 70000}, {"two larger frames", 90000, 70000},
};

CONVERSATIONS(rfc9113_4_2_our_blocks_are_cut_to_the_peers_frame_size, cuts) {
    const cut_row *row = p->row;
    h2_config config = roomy(false);
    uint32_t id;
    size_t octets;
    peer_connect(p, &config);
    if (row->frame_size != 16384) {
        peer_send_setting(p, 5, row->frame_size);
        peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    }
    open_large(p, row->octets, &id);
    unsigned frames = expect_split(p, id, row->frame_size, &octets);
    ck_assert_uint_eq(frames, (octets + row->frame_size - 1) / row->frame_size);
    peer_expect_nothing(p);
}

/* Every length around one, two and three frames. */
START_TEST(rfc9113_4_2_blocks_that_fill_frames_exactly_are_cut_right) {
    static char value[50000];
    memset(value, '{', sizeof value);
    for (size_t frames = 1; frames <= 3; frames++) {
        for (size_t len = frames * 16384 - 30; len < frames * 16384 + 10; len++) {
            h2_field fields[] = {H2_FIELD(":method", "GET"),
                                 H2_FIELD(":scheme", "http"),
                                 H2_FIELD(":path", "/"),
                                 {"x", value, 1, len, true}};
            peer *p = peer_new(PEER_WHOLE, 0);
            h2_config config = roomy(false);
            uint32_t id;
            size_t octets;
            peer_connect(p, &config);
            ck_assert_int_eq(h2_stream_open(peer_session(p), fields, 4, H2_END, &id), H2_OK);
            unsigned cut = expect_split(p, id, 16384, &octets);
            ck_assert_uint_eq(cut, (octets + 16383) / 16384);
            peer_expect_nothing(p);
            peer_finish(p);
            peer_free(p);
        }
    }
}
END_TEST

CONVERSATION(rfc9113_4_3_nothing_comes_between_the_frames_of_our_block) {
    h2_config config = roomy(true);
    peer_connect(p, &config);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(h2_stream_write(peer_session(p), 1, "data", 4, 0), H2_OK);
    char *text = section_of(":status=200", 40000);
    h2_field fields[256];
    char *storage = malloc(strlen(text) + 1);
    size_t n = peer_parse(fields, 256, storage, strlen(text) + 1, text);
    ck_assert_int_eq(h2_stream_respond(p->session, 3, fields, n, 0), H2_OK);
    peer_send_ping(p, 0, "between!");
    peer_send_setting(p, 4, 70000);
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_expect_fields(p, 0, 3, text);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_PING, H2_FLAG_ACK, 0);
    peer_expect(p, H2_DATA, 0, 1);
    free(storage);
    free(text);
}

/* The session ends while a block is half written: GOAWAY must not come between its frames. */
CONVERSATION(rfc9113_4_3_goaway_waits_for_the_end_of_our_block) {
    h2_config config = roomy(false);
    uint32_t id;
    size_t octets;
    peer_connect(p, &config);
    open_large(p, 60000, &id);
    ck_assert_uint_gt(peer_flush_once(p, 16384 + 9), 0);
    h2_session_goaway(p->session, H2_INTERNAL_ERROR);
    ck_assert_uint_eq(expect_split(p, id, 16384, &octets), (octets + 16383) / 16384);
    peer_expect_goaway(p, 0, H2_INTERNAL_ERROR);
}

/* A section that could never be sent is refused, one that could later is put off; neither changes anything. */
CONVERSATION(rfc9113_6_2_section_beyond_our_buffer_is_refused_or_put_off) {
    h2_config config = h2_config_hosted(false);
    config.send_header_bytes = 4000;
    peer_connect(p, &config);
    char *huge = section_of(REQUEST, 5000), *half = section_of(REQUEST, 1500);
    uint32_t id = 77;
    ck_assert_int_eq(peer_try_open(p, 0, huge, &id), H2_EINVAL);
    ck_assert_int_eq(peer_try_open(p, 0, half, &id), H2_OK);
    ck_assert_uint_eq(id, 1);
    ck_assert_int_eq(peer_try_open(p, 0, half, &id), H2_EAGAIN);
    ck_assert_uint_eq(id, 1);
    peer_expect_fields(p, 0, 1, half);
    ck_assert_int_eq(peer_try_open(p, 0, half, &id), H2_OK);
    ck_assert_uint_eq(id, 3);
    peer_expect_fields(p, 0, 3, half);
    free(huge);
    free(half);
}

/* 4.3.1, RFC 7541, 4.2: the table follows the peer's setting, from the acknowledgement on, through the smallest value.
 */
CONVERSATION(rfc9113_4_3_1_our_table_follows_the_peers_setting) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST "|x-a=one");
    peer_expect_fields(p, 0, id, REQUEST "|x-a=one");
    peer_send_setting(p, 1, 0);
    peer_send_setting(p, 1, 4096);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    /* what libnghttp2 demands of the next block after it was told */
    nghttp2_hd_inflate_change_table_size(p->inflater, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 4096);
    id = peer_open(p, 0, REQUEST "|x-a=one");
    peer_frame frame = {0};
    size_t read = p->read;
    ck_assert(peer_next(p, &frame));
    ck_assert_uint_eq(frame.payload[0], 0x20); /* to 0, which empties it, then up again */
    ck_assert_uint_eq(frame.payload[1] & 0xe0, 0x20);
    p->read = read;
    peer_expect_fields(p, 0, id, REQUEST "|x-a=one");
}

/* SETTINGS that say nothing of the table change nothing about it. */
CONVERSATION(rfc9113_4_3_1_our_table_is_left_alone_by_other_settings) {
    peer_connect_client(p);
    peer_send_setting(p, 1, 1000);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 1000);
    peer_open(p, 0, REQUEST "|x-a=one");
    peer_expect_fields(p, 0, 1, REQUEST "|x-a=one");
    peer_send_setting(p, 3, 100);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_open(p, 0, REQUEST "|x-a=one");
    peer_frame frame = {0};
    ck_assert(peer_next(p, &frame));
    ck_assert_uint_ne(frame.payload[0] & 0xe0, 0x20); /* no size update */
    ck_assert_uint_eq(frame.length, 5);               /* all of it indexed */
}

/* A block that goes by new SETTINGS follows their acknowledgement, one encoded before them precedes it. */
CONVERSATION(rfc9113_6_5_3_blocks_keep_their_place_around_acknowledgements) {
    peer_connect_client(p);
    peer_open(p, 0, REQUEST "|x-a=one");
    peer_send_setting(p, 1, 0);
    peer_send_setting(p, 1, 4096);
    peer_open(p, 0, REQUEST "|x-a=one");
    peer_expect_fields(p, 0, 1, REQUEST "|x-a=one");
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 4096);
    peer_expect_fields(p, 0, 3, REQUEST "|x-a=one");
    peer_expect_nothing(p);
}

/* Also when the first of two has left already. */
CONVERSATION(rfc9113_6_5_3_block_between_two_acknowledgements_waits_for_the_second) {
    peer_connect_client(p);
    peer_send_setting(p, 1, 0);
    peer_send_setting(p, 1, 4096);
    peer_deliver(p);
    ck_assert_uint_eq(peer_flush_once(p, 9), 9); /* room for one only */
    peer_open(p, 0, REQUEST);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 0);
    nghttp2_hd_inflate_change_table_size(p->inflater, 4096);
    peer_expect_fields(p, 0, 1, REQUEST);
}

CONVERSATION(rfc9113_6_5_3_raised_limits_are_used_after_their_acknowledgement) {
    h2_config config = roomy(false);
    uint32_t id = 0;
    size_t octets;
    peer_connect(p, &config);
    peer_send_setting(p, 3, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ELIMIT);
    peer_send_setting(p, 3, 100);
    peer_send_setting(p, 5, 100000);
    open_large(p, 60000, &id);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(expect_split(p, id, 100000, &octets), 1);
}

Suite *rfc9113_6_10_blocks_sent_suite(void) {
    Suite *suite = suite_create("rfc9113 6.10 blocks sent");
    TCase *tc = tcase_create("blocks");
#ifndef H2_SMALL /* whose blocks take one frame each */
    tcase_add_test(tc, rfc9113_4_2_our_blocks_are_cut_to_the_peers_frame_size);
    tcase_add_test(tc, rfc9113_4_2_blocks_that_fill_frames_exactly_are_cut_right);
    tcase_add_test(tc, rfc9113_4_3_nothing_comes_between_the_frames_of_our_block);
    tcase_add_test(tc, rfc9113_4_3_goaway_waits_for_the_end_of_our_block);
    tcase_add_test(tc, rfc9113_6_5_3_raised_limits_are_used_after_their_acknowledgement);
#endif
    tcase_add_test(tc, rfc9113_6_2_section_beyond_our_buffer_is_refused_or_put_off);
    tcase_add_test(tc, rfc9113_4_3_1_our_table_follows_the_peers_setting);
    tcase_add_test(tc, rfc9113_4_3_1_our_table_is_left_alone_by_other_settings);
    tcase_add_test(tc, rfc9113_6_5_3_blocks_keep_their_place_around_acknowledgements);
    tcase_add_test(tc, rfc9113_6_5_3_block_between_two_acknowledgements_waits_for_the_second);
    suite_add_tcase(suite, tc);
    return suite;
}
