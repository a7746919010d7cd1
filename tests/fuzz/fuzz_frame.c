/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_frame.h"
#include "h2_priority.h"

/* libFuzzer: octets through every reader of h2_frame.h and h2_priority.h; what was read is written back and must be
 * what was read. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds) abort();
}

static void header_and_prefix(const uint8_t *data, size_t size) {
    h2_frame_header header, again;
    uint8_t out[H2_FRAME_HEADER_BYTES], prefix_out[H2_FRAME_PREFIX_MAX];
    h2_frame_header_read(&header, data);
    must(h2_frame_header_write(out, &header) == sizeof out);
    h2_frame_header_read(&again, out);
    must(again.length == header.length && again.type == header.type);
    must(again.flags == header.flags && again.stream_id == header.stream_id);
    must(h2_frame_name(header.type)[0] != '\0');
    h2_rule rule = h2_frame_check(&header, H2_FRAME_SIZE_MIN);
    must(rule || header.length <= H2_FRAME_SIZE_MIN);
    size_t n = h2_frame_prefix_bytes(&header);
    must(n <= H2_FRAME_PREFIX_MAX);
    if (rule || size < H2_FRAME_HEADER_BYTES + n || header.length < n) return;
    h2_frame_prefix prefix = {0};
    if (h2_frame_prefix_read(&prefix, &header, data + H2_FRAME_HEADER_BYTES) != H2_RULE_NONE) return;
    must(n + prefix.content + prefix.padding == header.length);
    must(h2_frame_prefix_write(prefix_out, &header, &prefix) == n);
    h2_frame_prefix back = {0};
    must(h2_frame_prefix_read(&back, &header, prefix_out) == H2_RULE_NONE);
    must(back.padding == prefix.padding && back.content == prefix.content && back.dependency == prefix.dependency);
    must(back.exclusive == prefix.exclusive && back.weight == prefix.weight && back.promised_id == prefix.promised_id);
}

static void records(const uint8_t *data) {
    uint8_t out[H2_GOAWAY_FIXED_BYTES];
    h2_setting setting;
    h2_priority priority;
    h2_goaway goaway;
    h2_setting_read(&setting, data);
    h2_setting_write(out, &setting);
    must(memcmp(out, data, H2_SETTING_BYTES) == 0);
    h2_priority_read(&priority, data);
    h2_priority_write(out, &priority);
    must(memcmp(out, data, H2_PRIORITY_BYTES) == 0);
    h2_goaway_read(&goaway, data);
    h2_goaway_write(out, &goaway);
    must((out[0] ^ data[0]) % 0x80 == 0 && memcmp(out + 1, data + 1, H2_GOAWAY_FIXED_BYTES - 1) == 0);
    h2_u32_write(out, h2_u32_read(data));
    must(memcmp(out, data, H2_U32_BYTES) == 0);
    must(h2_u31_read(data) == (h2_u32_read(data) & H2_STREAM_ID_MAX));
}

static void urgency(const uint8_t *data, size_t size) {
    char out[H2_URGENCY_BYTES];
    h2_urgency value, back;
    if (!h2_urgency_read(&value, (const char *)data, size)) return;
    must(value.urgency < H2_URGENCIES);
    must(h2_urgency_read(&back, out, h2_urgency_write(out, value)));
    must(back.urgency == value.urgency && back.incremental == value.incremental);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    urgency(data, size);
    if (size >= H2_GOAWAY_FIXED_BYTES) records(data);
    if (size >= H2_FRAME_HEADER_BYTES) header_and_prefix(data, size);
    return 0;
}
