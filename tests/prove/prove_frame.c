/* SPDX-License-Identifier: MIT */
#include "prove.h"
#include "h2_frame.h"

/* The frame parser: nine octets of any value, then a prefix, records and writers of whatever they say. */

static h2_frame_header any_header(void) {
    h2_frame_header header;
    uint8_t octets[H2_FRAME_HEADER_BYTES];
    any_octets(octets, sizeof octets);
    h2_frame_header_read(&header, octets);
    return header;
}

static void prefix(void) {
    uint8_t in[H2_FRAME_PREFIX_MAX], out[H2_FRAME_PREFIX_MAX];
    h2_frame_prefix read;
    h2_frame_header header = any_header();
    any_octets(in, sizeof in);
    if (h2_frame_check(&header, any_u32(0, H2_FRAME_SIZE_MAX)) != H2_RULE_NONE) return;
    if (h2_frame_prefix_bytes(&header) > sizeof in) return;
    if (h2_frame_prefix_read(&read, &header, in) != H2_RULE_NONE) return;
    h2_frame_prefix_write(out, &header, &read);
}

static void records(void) {
    uint8_t octets[H2_GOAWAY_FIXED_BYTES];
    h2_setting setting;
    h2_priority priority;
    h2_goaway goaway;
    any_octets(octets, sizeof octets);
    h2_setting_read(&setting, octets);
    h2_setting_write(octets, &setting);
    h2_priority_read(&priority, octets);
    h2_priority_write(octets, &priority);
    h2_goaway_read(&goaway, octets);
    h2_goaway_write(octets, &goaway);
    h2_u32_write(octets, h2_u31_read(octets));
}

static void header(void) {
    uint8_t octets[H2_FRAME_HEADER_BYTES];
    h2_frame_header any = any_header();
    h2_frame_header_write(octets, &any);
    h2_frame_name(any.type);
}

int main(void) {
    header();
    prefix();
    records();
    return 0;
}
