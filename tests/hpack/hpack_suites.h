/* SPDX-License-Identifier: MIT */
#ifndef HPACK_SUITES_H
#define HPACK_SUITES_H

#include <check.h>

#define HPACK_SUITES(X)                                                                                                \
    X(rfc7541_4_dynamic_table_suite)                                                                                   \
    X(rfc7541_4_2_size_updates_suite)                                                                                  \
    X(rfc7541_5_1_integers_suite)                                                                                      \
    X(rfc7541_5_2_huffman_suite)                                                                                       \
    X(rfc7541_6_representations_suite)                                                                                 \
    X(rfc7541_appendix_c_suite)                                                                                        \
    X(hpack_encode_suite)                                                                                              \
    X(hpack_errors_suite)                                                                                              \
    X(hpack_growing_suite)                                                                                             \
    X(hpack_index_suite)                                                                                               \
    X(hpack_overflow_suite)                                                                                            \
    X(hpack_stories_suite)                                                                                             \
    X(nghttp2_agreement_suite)

#define HPACK_SUITE_DECLARE(suite) Suite *suite(void);
HPACK_SUITES(HPACK_SUITE_DECLARE)
#undef HPACK_SUITE_DECLARE

#endif
