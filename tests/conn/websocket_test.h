/* SPDX-License-Identifier: MIT */
#ifndef WEBSOCKET_TEST_H
#define WEBSOCKET_TEST_H

/* What the suites of WebSocket share. */

#include "conn_test.h"
#include "h2conn_websocket.h"

/* Octets that ws_echo reads at a time. */
#define WS_PIECE 1000u

/* A server that offers extended CONNECT. */
void ws_serve(test_server *s, h2conn_handler handler, void *user);
/* Gives back each piece as it comes. `user` is NULL or a flag raised at the end. */
void ws_echo(void *user, h2conn_request *request);
/* A WebSocket to it. `options` may be NULL. */
h2conn_ws *ws_dial(const test_server *s, const h2conn_ws_options *options);
/* Read a message, which must be this one. */
void ws_expect_message(h2conn_ws *ws, const void *bytes, size_t len, bool text);

#endif
