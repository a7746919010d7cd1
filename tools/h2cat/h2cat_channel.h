/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_CHANNEL_H
#define H2CAT_CHANNEL_H

/* Bytes over a connection, plain or as WebSocket messages, behind one set of calls; they count what passes. */

#include "h2conn_websocket.h"
#include "tool_parse.h"

typedef enum h2cat_framing {
    H2CAT_PLAIN,
    H2CAT_LINES, /* WebSocket: a line is a text message; binary messages are given out as they are */
    H2CAT_BINARY /* WebSocket: what is read at a time is a binary message */
} h2cat_framing;

typedef struct h2cat_channel {
    h2conn *conn;
    h2conn_ws *ws; /* NULL without WebSocket */
    h2cat_framing framing;
    bool within; /* a line was begun and is not ended */
} h2cat_channel;

/* Client: open a stream, or a WebSocket, whose response is waited for then. As h2conn_connect; the method, protocol and
 * early of `options` are used without WebSocket. */
int h2cat_channel_connect(h2cat_channel *c, h2cat_framing framing, const char *url, const h2conn_options *options,
                          h2conn_response *response);
/* Server: accept with 200 and these fields. As h2conn_accept, H2CONN_EINVAL for a request that is no WebSocket. */
int h2cat_channel_accept(h2cat_channel *c, h2cat_framing framing, h2conn_request *request, const tool_fields *fields);

/* As h2conn_read: at least 1, 0 at the end, a negative error. `len` is at least 2. */
ptrdiff_t h2cat_channel_read(h2cat_channel *c, char *buf, size_t len);
/* As h2conn_write. One thread writes. */
int h2cat_channel_write(h2cat_channel *c, const char *bytes, size_t len);
/* Nothing more will be written. A WebSocket has no half to close: it goes on until one side closes it. */
void h2cat_channel_end(h2cat_channel *c);
/* Close both ways; a thread that reads comes to the end: at once, or when the other side of a WebSocket has said Close,
 * for which it has a few seconds. */
void h2cat_channel_close(h2cat_channel *c);
void h2cat_channel_reset(h2cat_channel *c, uint32_t code);
/* When reading has ended: how the whole did, as h2conn_wait_closed. */
int h2cat_channel_wait(h2cat_channel *c);
void h2cat_channel_read_deadline(h2cat_channel *c, int64_t at_ms);
void h2cat_channel_write_deadline(h2cat_channel *c, int64_t at_ms);
const char *h2cat_channel_why(h2cat_channel *c, char out[H2CONN_WHY_BYTES]);
/* Release; a server's connection remains the server's. */
void h2cat_channel_free(h2cat_channel *c, bool server);

#endif
