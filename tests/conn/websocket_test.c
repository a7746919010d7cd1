/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "websocket_test.h"

void ws_serve(test_server *s, h2conn_handler handler, void *user) {
    h2_config config = h2_config_hosted(true);
    config.connect_protocol = true;
    test_server_start(s, &(h2conn_server_options){.config = &config, .handler = handler, .user = user});
}

void ws_echo(void *user, h2conn_request *request) {
    h2conn_ws *ws;
    h2conn_ws_piece piece;
    char buf[WS_PIECE];
    ptrdiff_t n;
    if (h2conn_ws_accept(&ws, request, NULL, 0, NULL) != H2CONN_OK) return;
    while ((n = h2conn_ws_read(ws, buf, sizeof buf, &piece)) >= 0)
        if (h2conn_ws_write(ws, buf, (size_t)n, piece.text, piece.end, NULL) != H2CONN_OK) break;
    h2conn_ws_free(ws);
    if (user != NULL) test_raise(user);
}

h2conn_ws *ws_dial(const test_server *s, const h2conn_ws_options *options) {
    h2conn_ws *ws;
    h2conn_response response;
    const int error = h2conn_ws_connect(&ws, s->url, NULL, options, &response);
    ck_assert_msg(error == H2CONN_OK, "%s", response.why);
    ck_assert_int_eq(response.status, 200);
    return ws;
}

void ws_expect_message(h2conn_ws *ws, const void *bytes, size_t len, bool text) {
    char *buf = malloc(len + 1);
    bool is_text = !text;
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, len, &is_text), (ptrdiff_t)len);
    ck_assert_int_eq(is_text, text);
    ck_assert_int_eq(memcmp(buf, bytes, len), 0);
    free(buf);
}
