/* SPDX-License-Identifier: MIT */
#ifndef H2_SUITES_H
#define H2_SUITES_H

#include <check.h>

#define H2_SUITES(X)                                                                                                   \
    X(attacks_suite)                                                                                                   \
    X(backpressure_suite)                                                                                              \
    X(contract_streams_suite)                                                                                          \
    X(differential_suite)                                                                                              \
    X(frames_vectors_suite)                                                                                            \
    X(lent_suite)                                                                                                      \
    X(limits_suite)                                                                                                    \
    X(reentrancy_suite)                                                                                                \
    X(rfc9113_10_5_ledger_suite)                                                                                       \
    X(rfc9113_3_4_preface_suite)                                                                                       \
    X(rfc9113_4_frame_format_suite)                                                                                    \
    X(rfc9113_5_1_2_concurrency_suite)                                                                                 \
    X(rfc9113_5_1_frames_in_states_suite)                                                                              \
    X(rfc9113_5_1_state_table_suite)                                                                                   \
    X(rfc9113_5_2_flow_control_suite)                                                                                  \
    X(rfc9113_5_2_2_window_growth_suite)                                                                               \
    X(rfc9113_6_10_blocks_sent_suite)                                                                                  \
    X(rfc9113_6_10_header_blocks_suite)                                                                                \
    X(rfc9113_6_1_data_suite)                                                                                          \
    X(rfc9113_6_3_priority_reset_push_suite)                                                                           \
    X(rfc9113_6_5_settings_suite)                                                                                      \
    X(rfc9113_6_7_ping_goaway_suite)                                                                                   \
    X(rfc9113_8_1_exchanges_suite)                                                                                     \
    X(rfc9113_8_3_requests_suite)                                                                                      \
    X(rfc9218_priorities_suite)                                                                                        \
    X(timeouts_suite)                                                                                                  \
    X(unchanged_suite)

#define H2_SUITE_DECLARE(suite) Suite *suite(void);
H2_SUITES(H2_SUITE_DECLARE)
#undef H2_SUITE_DECLARE

#endif
