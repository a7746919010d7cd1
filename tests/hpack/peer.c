/* SPDX-License-Identifier: MIT */
#include "peer.h"

int peer_block(nghttp2_hd_inflater *inflater, const uint8_t *block, size_t len, field_log *log) {
    field_log_clear(log);
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t taken = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, block, len, 1);

        if (taken < 0) return (int)taken;
        block += taken;
        len -= (size_t)taken;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            field_log_add(log, nv.name, nv.namelen, nv.value, nv.valuelen, nv.flags & NGHTTP2_NV_FLAG_NO_INDEX);
        if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
        if (len == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)) break;
    }
    nghttp2_hd_inflate_end_headers(inflater);
    return 0;
}
