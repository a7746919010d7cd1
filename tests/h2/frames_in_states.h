/* SPDX-License-Identifier: MIT */
#ifndef FRAMES_IN_STATES_H
#define FRAMES_IN_STATES_H

/*
 * Every frame type on a stream of every state, at a server and at a client, with the section of RFC 9113 that says so.
 *
 *     ok  taken: the program is told, the peer is answered, or a window moves
 *     --  ignored
 *     rX  stream error: RST_STREAM with code X
 *     gX  connection error: GOAWAY with code X
 *     na  this role has no stream of that state
 *
 * Codes: P PROTOCOL_ERROR, C STREAM_CLOSED.
 */

#include "h2_frame.h"

#define UNKNOWN 0xbe

typedef enum stream_situation {
    IDLE_OURS,  /* never opened, ours to open */
    IDLE_PEERS, /* never opened, the peer's */
    OPEN,
    HALF_LOCAL,  /* we ended our side */
    HALF_REMOTE, /* the peer ended its side */
    ENDED,       /* both did */
    PEER_RESET,
    OUR_RESET,
    SKIPPED, /* never opened, a higher one was */
    REFUSED, /* by a server for its limit; of a client by the server's GOAWAY */
    ZERO     /* the connection */
} stream_situation;

typedef struct frame_in_state {
    unsigned type;
    stream_situation situation;
    const char *server, *client, *section;
} frame_in_state;

/* clang-format off */
static const frame_in_state frames_in_states[] = {
    {H2_DATA,           IDLE_OURS,   "gP", "gP", "5.1"},
    {H2_DATA,           IDLE_PEERS,  "gP", "gP", "5.1"},
    {H2_DATA,           OPEN,        "ok", "ok", "5.1"},
    {H2_DATA,           HALF_LOCAL,  "ok", "ok", "5.1"},
    {H2_DATA,           HALF_REMOTE, "rC", "rC", "5.1, 6.1"},
    {H2_DATA,           ENDED,       "gC", "gC", "5.1, 6.1"},
    {H2_DATA,           PEER_RESET,  "gC", "gC", "5.1, 6.1"},
    {H2_DATA,           OUR_RESET,   "--", "--", "5.1, 5.4.2"},
    {H2_DATA,           SKIPPED,     "gC", "na", "5.1.1, 6.1"},
    {H2_DATA,           REFUSED,     "--", "gC", "5.4.2 server, 6.8 client"},
    {H2_DATA,           ZERO,        "gP", "gP", "6.1"},

    {H2_HEADERS,        IDLE_OURS,   "gP", "gP", "5.1.1"},
    {H2_HEADERS,        IDLE_PEERS,  "ok", "gP", "5.1.1, 8.4"},
    {H2_HEADERS,        OPEN,        "ok", "ok", "5.1, 8.1"},
    {H2_HEADERS,        HALF_LOCAL,  "ok", "ok", "5.1, 8.1"},
    {H2_HEADERS,        HALF_REMOTE, "rC", "rC", "5.1"},
    {H2_HEADERS,        ENDED,       "gC", "gC", "5.1"},
    {H2_HEADERS,        PEER_RESET,  "gC", "gC", "5.1"},
    {H2_HEADERS,        OUR_RESET,   "--", "--", "5.1, 5.4.2"},
    {H2_HEADERS,        SKIPPED,     "gP", "na", "5.1.1"},
    {H2_HEADERS,        REFUSED,     "--", "gC", "5.4.2 server, 6.8 client"},
    {H2_HEADERS,        ZERO,        "gP", "gP", "6.2"},

    {H2_PRIORITY,       IDLE_OURS,   "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       IDLE_PEERS,  "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       OPEN,        "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       HALF_LOCAL,  "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       HALF_REMOTE, "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       ENDED,       "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       PEER_RESET,  "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       OUR_RESET,   "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       SKIPPED,     "--", "na", "5.1, 6.3"},
    {H2_PRIORITY,       REFUSED,     "--", "--", "5.1, 6.3"},
    {H2_PRIORITY,       ZERO,        "gP", "gP", "6.3"},

    {H2_RST_STREAM,     IDLE_OURS,   "gP", "gP", "5.1, 6.4"},
    {H2_RST_STREAM,     IDLE_PEERS,  "gP", "gP", "5.1, 6.4"},
    {H2_RST_STREAM,     OPEN,        "ok", "ok", "5.1"},
    {H2_RST_STREAM,     HALF_LOCAL,  "ok", "ok", "5.1"},
    {H2_RST_STREAM,     HALF_REMOTE, "ok", "ok", "5.1"},
    {H2_RST_STREAM,     ENDED,       "--", "--", "5.1"},
    {H2_RST_STREAM,     PEER_RESET,  "--", "--", "5.1"},
    {H2_RST_STREAM,     OUR_RESET,   "--", "--", "5.1, 5.4.2"},
    {H2_RST_STREAM,     SKIPPED,     "--", "na", "5.1.1"},
    {H2_RST_STREAM,     REFUSED,     "--", "--", "5.4.2"},
    {H2_RST_STREAM,     ZERO,        "gP", "gP", "6.4"},

    {H2_SETTINGS,       IDLE_OURS,   "gP", "gP", "6.5"},
    {H2_SETTINGS,       IDLE_PEERS,  "gP", "gP", "6.5"},
    {H2_SETTINGS,       OPEN,        "gP", "gP", "6.5"},
    {H2_SETTINGS,       HALF_LOCAL,  "gP", "gP", "6.5"},
    {H2_SETTINGS,       HALF_REMOTE, "gP", "gP", "6.5"},
    {H2_SETTINGS,       ENDED,       "gP", "gP", "6.5"},
    {H2_SETTINGS,       PEER_RESET,  "gP", "gP", "6.5"},
    {H2_SETTINGS,       OUR_RESET,   "gP", "gP", "6.5"},
    {H2_SETTINGS,       SKIPPED,     "gP", "na", "6.5"},
    {H2_SETTINGS,       REFUSED,     "gP", "gP", "6.5"},
    {H2_SETTINGS,       ZERO,        "ok", "ok", "6.5"},

    {H2_PUSH_PROMISE,   IDLE_OURS,   "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   IDLE_PEERS,  "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   OPEN,        "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   HALF_LOCAL,  "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   HALF_REMOTE, "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   ENDED,       "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   PEER_RESET,  "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   OUR_RESET,   "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   SKIPPED,     "gP", "na", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   REFUSED,     "gP", "gP", "6.6, 8.4"},
    {H2_PUSH_PROMISE,   ZERO,        "gP", "gP", "6.6"},

    {H2_PING,           IDLE_OURS,   "gP", "gP", "6.7"},
    {H2_PING,           IDLE_PEERS,  "gP", "gP", "6.7"},
    {H2_PING,           OPEN,        "gP", "gP", "6.7"},
    {H2_PING,           HALF_LOCAL,  "gP", "gP", "6.7"},
    {H2_PING,           HALF_REMOTE, "gP", "gP", "6.7"},
    {H2_PING,           ENDED,       "gP", "gP", "6.7"},
    {H2_PING,           PEER_RESET,  "gP", "gP", "6.7"},
    {H2_PING,           OUR_RESET,   "gP", "gP", "6.7"},
    {H2_PING,           SKIPPED,     "gP", "na", "6.7"},
    {H2_PING,           REFUSED,     "gP", "gP", "6.7"},
    {H2_PING,           ZERO,        "ok", "ok", "6.7"},

    {H2_GOAWAY,         IDLE_OURS,   "gP", "gP", "6.8"},
    {H2_GOAWAY,         IDLE_PEERS,  "gP", "gP", "6.8"},
    {H2_GOAWAY,         OPEN,        "gP", "gP", "6.8"},
    {H2_GOAWAY,         HALF_LOCAL,  "gP", "gP", "6.8"},
    {H2_GOAWAY,         HALF_REMOTE, "gP", "gP", "6.8"},
    {H2_GOAWAY,         ENDED,       "gP", "gP", "6.8"},
    {H2_GOAWAY,         PEER_RESET,  "gP", "gP", "6.8"},
    {H2_GOAWAY,         OUR_RESET,   "gP", "gP", "6.8"},
    {H2_GOAWAY,         SKIPPED,     "gP", "na", "6.8"},
    {H2_GOAWAY,         REFUSED,     "gP", "gP", "6.8"},
    {H2_GOAWAY,         ZERO,        "ok", "ok", "6.8"},

    {H2_WINDOW_UPDATE,  IDLE_OURS,   "gP", "gP", "5.1"},
    {H2_WINDOW_UPDATE,  IDLE_PEERS,  "gP", "gP", "5.1"},
    {H2_WINDOW_UPDATE,  OPEN,        "ok", "ok", "5.1"},
    {H2_WINDOW_UPDATE,  HALF_LOCAL,  "ok", "ok", "5.1"},
    {H2_WINDOW_UPDATE,  HALF_REMOTE, "ok", "ok", "5.1, 6.9"},
    {H2_WINDOW_UPDATE,  ENDED,       "--", "--", "5.1, 6.9"},
    {H2_WINDOW_UPDATE,  PEER_RESET,  "--", "--", "5.1, 6.9"},
    {H2_WINDOW_UPDATE,  OUR_RESET,   "--", "--", "5.1, 5.4.2"},
    {H2_WINDOW_UPDATE,  SKIPPED,     "--", "na", "5.1.1"},
    {H2_WINDOW_UPDATE,  REFUSED,     "--", "--", "5.4.2"},
    {H2_WINDOW_UPDATE,  ZERO,        "ok", "ok", "6.9"},

    {H2_CONTINUATION,   IDLE_OURS,   "gP", "gP", "6.10"},
    {H2_CONTINUATION,   IDLE_PEERS,  "gP", "gP", "6.10"},
    {H2_CONTINUATION,   OPEN,        "gP", "gP", "6.10"},
    {H2_CONTINUATION,   HALF_LOCAL,  "gP", "gP", "6.10"},
    {H2_CONTINUATION,   HALF_REMOTE, "gP", "gP", "6.10"},
    {H2_CONTINUATION,   ENDED,       "gP", "gP", "6.10"},
    {H2_CONTINUATION,   PEER_RESET,  "gP", "gP", "6.10"},
    {H2_CONTINUATION,   OUR_RESET,   "gP", "gP", "6.10"},
    {H2_CONTINUATION,   SKIPPED,     "gP", "na", "6.10"},
    {H2_CONTINUATION,   REFUSED,     "gP", "gP", "6.10"},
    {H2_CONTINUATION,   ZERO,        "gP", "gP", "6.10"},

    {H2_PRIORITY_UPDATE, IDLE_OURS,   "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, IDLE_PEERS,  "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, OPEN,        "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, HALF_LOCAL,  "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, HALF_REMOTE, "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, ENDED,       "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, PEER_RESET,  "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, OUR_RESET,   "gP", "gP", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, SKIPPED,     "gP", "na", "RFC 9218, 7.1"},
    {H2_PRIORITY_UPDATE, REFUSED,     "gP", "gP", "RFC 9218, 7.1"},
#ifdef H2_SMALL /* to which its type is unknown */
    {H2_PRIORITY_UPDATE, ZERO,        "--", "--", "RFC 9218, 7.1"},
#else
    {H2_PRIORITY_UPDATE, ZERO,        "--", "gP", "RFC 9218, 7.1"},
#endif

    {UNKNOWN,           IDLE_OURS,   "--", "--", "4.1, 5.5"},
    {UNKNOWN,           IDLE_PEERS,  "--", "--", "4.1, 5.5"},
    {UNKNOWN,           OPEN,        "--", "--", "4.1, 5.5"},
    {UNKNOWN,           HALF_LOCAL,  "--", "--", "4.1, 5.5"},
    {UNKNOWN,           HALF_REMOTE, "--", "--", "4.1, 5.5"},
    {UNKNOWN,           ENDED,       "--", "--", "4.1, 5.5"},
    {UNKNOWN,           PEER_RESET,  "--", "--", "4.1, 5.5"},
    {UNKNOWN,           OUR_RESET,   "--", "--", "4.1, 5.5"},
    {UNKNOWN,           SKIPPED,     "--", "na", "4.1, 5.5"},
    {UNKNOWN,           REFUSED,     "--", "--", "4.1, 5.5"},
    {UNKNOWN,           ZERO,        "--", "--", "4.1, 5.5"},
};
/* clang-format on */

#endif
