/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_suites.h"
#include "split.h"
#include "vectors.h"

/* The frame vectors: every frame is read to its values and written back to its octets; every error earns one of its
 * codes. */

static const char *about; /* the file at hand */

#define WANT(condition) ck_assert_msg(condition, "%s: %s", about, #condition)

static json_int_t number(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_true(value) ? 1 : json_is_integer(value) ? json_integer_value(value) : 0;
}

/* A text of the payload is what these octets say; null stands for none. */
static void same_text(const json_t *object, const char *name, const uint8_t *bytes, size_t n) {
    const char *text = json_string_value(json_object_get(object, name));
    WANT(strlen(text ? text : "") == n && (n == 0 || memcmp(text, bytes, n) == 0));
}

/* DATA, HEADERS, PUSH_PROMISE, CONTINUATION. Returns the octets written back. */
static size_t content_frame(uint8_t *out, const h2_frame_header *header, const uint8_t *in, const json_t *payload) {
    h2_frame_prefix prefix;
    size_t n = h2_frame_prefix_bytes(header);
    WANT(h2_frame_prefix_read(&prefix, header, in) == H2_RULE_NONE);
    WANT(prefix.padding == number(payload, "padding_length"));
    WANT(prefix.dependency == number(payload, "stream_dependency"));
    WANT(prefix.exclusive == number(payload, "exclusive"));
    WANT(prefix.promised_id == number(payload, "promised_stream_id"));
    WANT(!(header->flags & H2_FLAG_PRIORITY) || prefix.weight + 1 == number(payload, "weight"));
    WANT(n + prefix.content + prefix.padding == header->length);
    same_text(payload, header->type == H2_DATA ? "data" : "header_block_fragment", in + n, prefix.content);
    same_text(payload, "padding", in + n + prefix.content, prefix.padding);
    WANT(h2_frame_prefix_write(out, header, &prefix) == n);
    memcpy(out + n, in + n, prefix.content + prefix.padding);
    return header->length;
}

static size_t settings_frame(uint8_t *out, const h2_frame_header *header, const uint8_t *in, const json_t *payload) {
    const json_t *list = json_object_get(payload, "settings");
    size_t at = 0;
    for (; at < header->length; at += H2_SETTING_BYTES) {
        const json_t *pair = json_array_get(list, at / H2_SETTING_BYTES);
        h2_setting setting;
        h2_setting_read(&setting, in + at);
        WANT(setting.id == json_integer_value(json_array_get(pair, 0)));
        WANT(setting.value == json_integer_value(json_array_get(pair, 1)));
        h2_setting_write(out + at, &setting);
    }
    WANT(json_array_size(list) * H2_SETTING_BYTES == at);
    return at;
}

static size_t goaway_frame(uint8_t *out, const h2_frame_header *header, const uint8_t *in, const json_t *payload) {
    h2_goaway goaway;
    h2_goaway_read(&goaway, in);
    WANT(goaway.last_stream_id == number(payload, "last_stream_id"));
    WANT(goaway.code == number(payload, "error_code"));
    size_t n = h2_goaway_write(out, &goaway);
    same_text(payload, "additional_debug_data", in + n, header->length - n);
    memcpy(out + n, in + n, header->length - n);
    return header->length;
}

static size_t priority_frame(uint8_t *out, const uint8_t *in, const json_t *payload) {
    h2_priority priority;
    h2_priority_read(&priority, in);
    WANT(priority.dependency == number(payload, "stream_dependency"));
    WANT(priority.weight + 1 == number(payload, "weight"));
    WANT(priority.exclusive == number(payload, "exclusive"));
    return h2_priority_write(out, &priority);
}

static size_t payload_of(uint8_t *out, const h2_frame_header *header, const uint8_t *in, const json_t *payload) {
    switch (header->type) {
    case H2_SETTINGS: return settings_frame(out, header, in, payload);
    case H2_GOAWAY: return goaway_frame(out, header, in, payload);
    case H2_PRIORITY: return priority_frame(out, in, payload);
    case H2_RST_STREAM:
        WANT(h2_u32_read(in) == number(payload, "error_code"));
        return h2_u32_write(out, h2_u32_read(in));
    case H2_WINDOW_UPDATE:
        WANT(h2_u31_read(in) == number(payload, "window_size_increment"));
        return h2_u32_write(out, h2_u31_read(in));
    case H2_PING:
        same_text(payload, "opaque_data", in, H2_PING_BYTES);
        memcpy(out, in, H2_PING_BYTES);
        return H2_PING_BYTES;
    default: return content_frame(out, header, in, payload);
    }
}

static void normal(const uint8_t *wire, size_t len, const json_t *frame) {
    h2_frame_header header;
    uint8_t *out = calloc(1, len);
    ck_assert_ptr_nonnull(out);
    h2_frame_header_read(&header, wire);
    WANT(header.length == number(frame, "length") && header.length + H2_FRAME_HEADER_BYTES == len);
    WANT(header.type == number(frame, "type"));
    WANT(header.flags == number(frame, "flags"));
    WANT(header.stream_id == number(frame, "stream_identifier"));
    WANT(h2_frame_check(&header, H2_FRAME_SIZE_MIN) == H2_RULE_NONE);
    size_t n = h2_frame_header_write(out, &header);
    n += payload_of(out + n, &header, wire + n, json_object_get(frame, "frame_payload"));
    WANT(n == len && memcmp(out, wire, len) == 0);
    free(out);
}

static bool lists(const json_t *codes, json_int_t code) {
    for (size_t i = 0; i < json_array_size(codes); i++) {
        if (json_integer_value(json_array_get(codes, i)) == code) return true;
    }
    return false;
}

/* The frame's own rules; an increment of zero is a matter of the session's. */
static void erroneous(const uint8_t *wire, const json_t *codes) {
    h2_frame_header header;
    h2_frame_prefix prefix;
    h2_frame_header_read(&header, wire);
    h2_rule rule = h2_frame_check(&header, H2_FRAME_SIZE_MIN);
    if (!rule && h2_frame_prefix_bytes(&header))
        rule = h2_frame_prefix_read(&prefix, &header, wire + H2_FRAME_HEADER_BYTES);
    bool increment = header.type == H2_WINDOW_UPDATE && !rule;
    WANT(increment || lists(codes, h2_rule_code(rule)));
}

/* The same frame where it counts. */
static void session_refuses(bool server, const uint8_t *wire, size_t len, const json_t *codes) {
    peer *p = peer_new(PEER_WHOLE, 0);
    peer_frame frame;
    p->label = about;
    if (server)
        peer_connect_server(p);
    else
        peer_connect_client(p);
    peer_write(p, wire, len);
    WANT(peer_next(p, &frame));
    WANT(frame.type == H2_GOAWAY || frame.type == H2_RST_STREAM);
    WANT(lists(codes, h2_u32_read(frame.payload + frame.length - 4)));
    peer_finish(p);
    peer_free(p);
}

static void visit(const char *path, const json_t *root, void *ctx) {
    size_t len, *cases = ctx;
    uint8_t *wire = vectors_octets(json_object_get(root, "wire"), &len);
    const json_t *frame = json_object_get(root, "frame"), *codes = json_object_get(root, "error");
    about = path;
    if (json_is_object(frame)) {
        normal(wire, len, frame);
    } else {
        erroneous(wire, codes);
        session_refuses(true, wire, len, codes);
        session_refuses(false, wire, len, codes);
    }
    ++*cases;
    free(wire);
}

START_TEST(frame_vectors_are_read_and_written_back) {
    static const char *const folders[] = {"continuation", "data",         "goaway",   "headers",       "ping",
                                          "priority",     "push_promise", "settings", "window_update", "rst_stream"};
    size_t cases = 0, files = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char folder[64] = "frames/";
        strcat(folder, folders[i]);
        files += vectors_each(folder, visit, &cases);
    }
    ck_assert_uint_eq(cases, files);
}
END_TEST

START_TEST(frame_vectors_with_errors_earn_their_codes) {
    size_t cases = 0;
    size_t files = vectors_each("frames/error", visit, &cases);
    ck_assert_uint_eq(cases, files);
}
END_TEST

Suite *frames_vectors_suite(void) {
    Suite *suite = suite_create("frame vectors");
    TCase *tc = tcase_create("vectors");
    tcase_add_test(tc, frame_vectors_are_read_and_written_back);
    tcase_add_test(tc, frame_vectors_with_errors_earn_their_codes);
    suite_add_tcase(suite, tc);
    return suite;
}
