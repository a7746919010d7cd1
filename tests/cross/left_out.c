/* SPDX-License-Identifier: MIT */
#include <check.h>

/* The suites that compare with libnghttp2 or read vectors run where these are: here they hold no test. */

#define LEFT_OUT(suite)                                                                                                \
    Suite *suite(void);                                                                                                \
    Suite *suite(void) {                                                                                               \
        printf("skipped: " #suite "\n");                                                                               \
        return suite_create(#suite);                                                                                   \
    }

LEFT_OUT(differential_suite)
LEFT_OUT(frames_vectors_suite)
LEFT_OUT(hpack_stories_suite)
LEFT_OUT(nghttp2_agreement_suite)
