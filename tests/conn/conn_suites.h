/* SPDX-License-Identifier: MIT */
#ifndef CONN_SUITES_H
#define CONN_SUITES_H

#include <check.h>

#define CONN_SUITES(X)                                                                                                 \
    X(conn_url_suite)                                                                                                  \
    X(conn_errors_suite)                                                                                               \
    X(conn_backoff_suite)                                                                                              \
    X(conn_queue_suite)                                                                                                \
    X(conn_fields_suite)                                                                                               \
    X(conn_link_suite)                                                                                                 \
    X(conn_core_suite)                                                                                                 \
    X(conn_messages_suite)                                                                                             \
    X(posix_chunks_suite)                                                                                              \
    X(posix_timers_suite)                                                                                              \
    X(posix_windows_suite)                                                                                             \
    X(posix_turns_suite)                                                                                               \
    X(posix_socket_suite)                                                                                              \
    X(contract_read_suite)                                                                                             \
    X(contract_write_suite)                                                                                            \
    X(contract_backpressure_suite)                                                                                     \
    X(contract_half_close_suite)                                                                                       \
    X(contract_close_suite)                                                                                            \
    X(contract_deadlines_suite)                                                                                        \
    X(contract_threads_suite)                                                                                          \
    X(contract_errors_suite)                                                                                           \
    X(contract_liveness_suite)                                                                                         \
    X(contract_handler_suite)                                                                                          \
    X(contract_events_suite)                                                                                           \
    X(contract_callbacks_suite)                                                                                        \
    X(contract_loops_suite)                                                                                            \
    X(contract_drain_suite)                                                                                            \
    X(contract_http2_only_suite)                                                                                       \
    X(contract_connect_suite)                                                                                          \
    X(contract_start_suite)                                                                                            \
    X(contract_times_suite)                                                                                            \
    X(contract_reconnect_suite)                                                                                        \
    X(contract_addresses_suite)                                                                                        \
    X(contract_cancel_suite)                                                                                           \
    X(contract_sharing_suite)                                                                                          \
    X(conn_sections_suite)                                                                                             \
    X(transport_holds_suite)                                                                                           \
    X(websocket_frames_suite)                                                                                          \
    X(contract_websocket_suite)                                                                                        \
    X(contract_websocket_peers_suite)

#define CONN_SUITE_DECLARE(suite) Suite *suite(void);
CONN_SUITES(CONN_SUITE_DECLARE)
#undef CONN_SUITE_DECLARE

#endif
