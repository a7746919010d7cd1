/* SPDX-License-Identifier: MIT */
#ifndef CROSS_NGHTTP2_H
#define CROSS_NGHTTP2_H

/* The few functions of libnghttp2 by which suites read header blocks, on top of our own decoder: for machines that the
 * library is not to be had for. That the two agree is tested where it is. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct nghttp2_hd_inflater nghttp2_hd_inflater;

typedef struct nghttp2_nv {
    uint8_t *name, *value;
    size_t namelen, valuelen;
    uint8_t flags;
} nghttp2_nv;

enum { NGHTTP2_NV_FLAG_NONE = 0, NGHTTP2_NV_FLAG_NO_INDEX = 1 };
enum { NGHTTP2_HD_INFLATE_FINAL = 1, NGHTTP2_HD_INFLATE_EMIT = 2 };

int nghttp2_hd_inflate_new(nghttp2_hd_inflater **inflater);
void nghttp2_hd_inflate_del(nghttp2_hd_inflater *inflater);
int nghttp2_hd_inflate_change_table_size(nghttp2_hd_inflater *inflater, size_t size);
ssize_t nghttp2_hd_inflate_hd2(nghttp2_hd_inflater *inflater, nghttp2_nv *nv, int *flags, const uint8_t *in, size_t len,
                               int in_final);
int nghttp2_hd_inflate_end_headers(nghttp2_hd_inflater *inflater);

#endif
