/* SPDX-License-Identifier: MIT */
#include "reader.h"
#include <string.h>

static void take_payload(reader *r, const uint8_t *at, size_t n) {
    const size_t room = sizeof r->head - r->len;
    memcpy(r->head + r->len, at, n < room ? n : room);
    r->len += n < room ? n : room;
    r->left -= (uint32_t)n;
}

void reader_take(reader *r, const uint8_t *at, size_t n, reader_frame *each, void *user) {
    h2_frame_header header;
    while (n > 0) {
        size_t some = r->len < H2_FRAME_HEADER_BYTES ? H2_FRAME_HEADER_BYTES - r->len : r->left;
        if (some > n) some = n;
        if (r->len < H2_FRAME_HEADER_BYTES) {
            memcpy(r->head + r->len, at, some);
            r->len += some;
            if (r->len < H2_FRAME_HEADER_BYTES) return;
            h2_frame_header_read(&header, r->head);
            r->left = header.length;
        } else {
            take_payload(r, at, some);
        }
        at += some;
        n -= some;
        if (r->left > 0) continue;
        h2_frame_header_read(&header, r->head);
        each(user, &header, r->head + H2_FRAME_HEADER_BYTES);
        *r = (reader){0};
    }
}

uint32_t reader_goaway_code(const uint8_t *payload) {
    return h2_u32_read(payload + H2_U32_BYTES);
}
