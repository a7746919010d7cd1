/* SPDX-License-Identifier: MIT */
#ifndef CHAT_WIRE_H
#define CHAT_WIRE_H

/* A guest's connection: JSON values, each a line of a plain connection or a text message of a WebSocket. */

#include "chat_text.h"
#include "h2conn_message.h"
#include "h2conn_websocket.h"

typedef struct chat_wire {
    h2conn *conn;
    h2conn_ws *ws; /* NULL for a plain one */
    h2conn_reader in;
    char buf[CHAT_ASK_BYTES];
} chat_wire;

/* Accept the request as a WebSocket if it asks for one, else as a plain connection. As h2conn_accept. */
int chat_wire_accept(chat_wire *w, h2conn_request *request);

/* The next value: its length, and where in *text until the next call; or an error. One thread reads. */
ptrdiff_t chat_wire_read(chat_wire *w, char **text);

/* Write one value, which ends with a newline. One thread writes. */
int chat_wire_write(chat_wire *w, const char *line, size_t len);

/* Absolute times of h2conn_now; from any thread. */
void chat_wire_read_until(chat_wire *w, int64_t at_ms);
void chat_wire_write_until(chat_wire *w, int64_t at_ms);

/* End it: in good order, or at once because the guest does not keep up. */
void chat_wire_close(chat_wire *w, bool slow);

#endif
