/* SPDX-License-Identifier: MIT */
#ifndef H2_ERROR_H
#define H2_ERROR_H

/*
 * What can go wrong, in three lists.
 *
 * Codes are what travels in RST_STREAM and GOAWAY (RFC 9113, 7). Rules are what a peer can break, each with the code it
 * earns, how far the damage reaches, and a sentence. Results are what the engine's functions return to their caller.
 * Strings live for ever; functions here may be called from any thread, with values of the lists unless they say more.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define H2_CODES(X)                                                                                                    \
    X(H2_NO_ERROR, 0x0)                                                                                                \
    X(H2_PROTOCOL_ERROR, 0x1)                                                                                          \
    X(H2_INTERNAL_ERROR, 0x2)                                                                                          \
    X(H2_FLOW_CONTROL_ERROR, 0x3)                                                                                      \
    X(H2_SETTINGS_TIMEOUT, 0x4)                                                                                        \
    X(H2_STREAM_CLOSED, 0x5)                                                                                           \
    X(H2_FRAME_SIZE_ERROR, 0x6)                                                                                        \
    X(H2_REFUSED_STREAM, 0x7)                                                                                          \
    X(H2_CANCEL, 0x8)                                                                                                  \
    X(H2_COMPRESSION_ERROR, 0x9)                                                                                       \
    X(H2_CONNECT_ERROR, 0xa)                                                                                           \
    X(H2_ENHANCE_YOUR_CALM, 0xb)                                                                                       \
    X(H2_INADEQUATE_SECURITY, 0xc)                                                                                     \
    X(H2_HTTP_1_1_REQUIRED, 0xd)

typedef enum h2_code {
#define H2_CODE_ENUM(name, value) name = value,
    H2_CODES(H2_CODE_ENUM)
#undef H2_CODE_ENUM
} h2_code;

/* "PROTOCOL_ERROR"; "UNKNOWN" for a code outside the registry, which is legal (RFC 9113, 7). */
const char *h2_code_name(uint32_t code);

/* How far a broken rule reaches. */
typedef enum h2_scope { H2_SCOPE_NONE, H2_SCOPE_STREAM, H2_SCOPE_SESSION } h2_scope;

/* name, code, scope, sentence with its section of RFC 9113 unless it says otherwise */
#define H2_RULES(X)                                                                                                    \
    X(H2_RULE_NONE, H2_NO_ERROR, H2_SCOPE_NONE, "no rule was broken")                                                  \
    X(H2_RULE_PREFACE, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "the connection preface is wrong (3.4)")                   \
    X(H2_RULE_HTTP1, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "the peer speaks HTTP/1.x (3.4)")                            \
    X(H2_RULE_FIRST_SETTINGS, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "the first frame is not SETTINGS (3.4)")            \
    X(H2_RULE_FRAME_TOO_LARGE, H2_FRAME_SIZE_ERROR, H2_SCOPE_SESSION, "a frame exceeds SETTINGS_MAX_FRAME_SIZE (4.2)") \
    X(H2_RULE_FRAME_LENGTH, H2_FRAME_SIZE_ERROR, H2_SCOPE_SESSION, "a frame's length does not fit its type (4.2)")     \
    X(H2_RULE_PRIORITY_LENGTH, H2_FRAME_SIZE_ERROR, H2_SCOPE_STREAM, "a PRIORITY frame is not 5 octets long (6.3)")    \
    X(H2_RULE_STREAM_ZERO, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a stream's frame names stream 0 (5.1.1)")             \
    X(H2_RULE_STREAM_NOT_ZERO, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a connection's frame names a stream (5.1.1)")     \
    X(H2_RULE_PADDING, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "the padding exceeds the payload (6.1, 6.2)")              \
    X(H2_RULE_CONTINUATION, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION,                                                       \
      "CONTINUATION without an open header block, or another frame within one (6.10)")                                 \
    X(H2_RULE_CONTINUATIONS, H2_ENHANCE_YOUR_CALM, H2_SCOPE_SESSION, "a header block is too long (10.5.1)")            \
    X(H2_RULE_COMPRESSION, H2_COMPRESSION_ERROR, H2_SCOPE_SESSION, "a header block cannot be decoded (4.3)")           \
    X(H2_RULE_STREAM_ID, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION,                                                          \
      "a stream identifier the peer may not open, or one lower than before (5.1.1)")                                   \
    X(H2_RULE_IDLE, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a frame on an idle stream (5.1)")                            \
    X(H2_RULE_CLOSED, H2_STREAM_CLOSED, H2_SCOPE_SESSION, "a frame on a closed stream (5.1)")                          \
    X(H2_RULE_CLOSED_STREAM, H2_STREAM_CLOSED, H2_SCOPE_STREAM, "a frame after the end of a stream (5.1)")             \
    X(H2_RULE_CONCURRENCY, H2_REFUSED_STREAM, H2_SCOPE_STREAM,                                                         \
      "more streams than SETTINGS_MAX_CONCURRENT_STREAMS (5.1.2)")                                                     \
    X(H2_RULE_SETTINGS_VALUE, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a SETTINGS value is out of range (6.5.2)")         \
    X(H2_RULE_SETTINGS_WINDOW, H2_FLOW_CONTROL_ERROR, H2_SCOPE_SESSION,                                                \
      "SETTINGS_INITIAL_WINDOW_SIZE exceeds 2^31-1, or makes a window exceed it (6.5.2, 6.9.2)")                       \
    X(H2_RULE_SETTINGS_ACK, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "an acknowledgement of SETTINGS never sent (6.5.3)")  \
    X(H2_RULE_SETTINGS_TIMEOUT, H2_SETTINGS_TIMEOUT, H2_SCOPE_SESSION,                                                 \
      "SETTINGS were not acknowledged in time (6.5.3)")                                                                \
    X(H2_RULE_PUSH, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "PUSH_PROMISE, which is disabled or a client's (6.6, 8.4)")   \
    X(H2_RULE_INCREMENT, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "a WINDOW_UPDATE of 0 (6.9)")                             \
    X(H2_RULE_SESSION_INCREMENT, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a WINDOW_UPDATE of 0 on the connection (6.9)")  \
    X(H2_RULE_WINDOW, H2_FLOW_CONTROL_ERROR, H2_SCOPE_STREAM, "a stream's window exceeds 2^31-1 (6.9.1)")              \
    X(H2_RULE_SESSION_WINDOW, H2_FLOW_CONTROL_ERROR, H2_SCOPE_SESSION,                                                 \
      "the connection's window exceeds 2^31-1 (6.9.1)")                                                                \
    X(H2_RULE_OVERRUN, H2_FLOW_CONTROL_ERROR, H2_SCOPE_STREAM, "more DATA than the stream's window allows (6.9.1)")    \
    X(H2_RULE_SESSION_OVERRUN, H2_FLOW_CONTROL_ERROR, H2_SCOPE_SESSION,                                                \
      "more DATA than the connection's window allows (6.9.1)")                                                         \
    X(H2_RULE_GOAWAY, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION, "a later GOAWAY raises the last stream identifier (6.8)")   \
    X(H2_RULE_PRIORITY_SELF, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "a stream depends on itself (5.3.1 of RFC 7540)")     \
    X(H2_RULE_PRIORITY_UPDATE, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION,                                                    \
      "a PRIORITY_UPDATE a server sent, or for a stream that cannot be prioritized (RFC 9218, 7.1)")                   \
    X(H2_RULE_FIELD_NAME, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                          \
      "a field name is empty or has a forbidden character (8.2.1)")                                                    \
    X(H2_RULE_FIELD_VALUE, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                         \
      "a field value has a forbidden character or surrounding white space (8.2.1)")                                    \
    X(H2_RULE_CONNECTION_FIELD, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                    \
      "a connection-specific field, or TE other than trailers (8.2.2)")                                                \
    X(H2_RULE_PSEUDO_ORDER, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "a pseudo-field after a regular field (8.3)")          \
    X(H2_RULE_PSEUDO_UNKNOWN, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                      \
      "a pseudo-field that is unknown or out of place (8.3)")                                                          \
    X(H2_RULE_PSEUDO_TWICE, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "a pseudo-field twice (8.3)")                          \
    X(H2_RULE_PSEUDO_MISSING, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "a pseudo-field is missing (8.3.1, 8.3.2)")          \
    X(H2_RULE_PSEUDO_VALUE, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                        \
      "a pseudo-field's value is not allowed (8.3.1, 8.3.2)")                                                          \
    X(H2_RULE_AUTHORITY, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM, "Host disagrees with :authority (8.3.1)")                 \
    X(H2_RULE_CONNECT, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                             \
      "a CONNECT request has the wrong pseudo-fields (8.5; RFC 8441, 4)")                                              \
    X(H2_RULE_CONTENT_LENGTH, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                      \
      "content-length is malformed or differs from the DATA (8.1.1)")                                                  \
    X(H2_RULE_MESSAGE_ORDER, H2_PROTOCOL_ERROR, H2_SCOPE_STREAM,                                                       \
      "DATA before the header section, or trailers or an informational response in the wrong place (8.1)")             \
    X(H2_RULE_HEADER_SIZE, H2_ENHANCE_YOUR_CALM, H2_SCOPE_STREAM, "a header section is larger than accepted (10.5.1)") \
    X(H2_RULE_ABUSE, H2_ENHANCE_YOUR_CALM, H2_SCOPE_SESSION, "too many cheap frames that cost us work (10.5)")         \
    X(H2_RULE_TIMEOUT, H2_PROTOCOL_ERROR, H2_SCOPE_SESSION,                                                            \
      "the peer took too long for its preface or a header block (9.1)")                                                \
    X(H2_RULE_KEEPALIVE, H2_NO_ERROR, H2_SCOPE_SESSION, "the peer did not answer a PING in time (6.7)")                \
    X(H2_RULE_BLOCKED, H2_CANCEL, H2_SCOPE_STREAM, "the peer kept its window shut for too long (5.2)")                 \
    X(H2_RULE_MEMORY, H2_INTERNAL_ERROR, H2_SCOPE_SESSION, "no fault of the peer's: there was no memory to go on")

typedef enum h2_rule {
#define H2_RULE_ENUM(name, code, scope, text) name,
    H2_RULES(H2_RULE_ENUM)
#undef H2_RULE_ENUM
} h2_rule;

/* The code that breaking a rule earns, and how far the damage reaches; H2_NO_ERROR and H2_SCOPE_NONE of H2_RULE_NONE.
 */
h2_code h2_rule_code(h2_rule rule);
h2_scope h2_rule_scope(h2_rule rule);
/* The sentence; "" in a build with H2_SMALL, which leaves texts out. */
const char *h2_rule_text(h2_rule rule);

#define H2_RESULTS(X)                                                                                                  \
    X(H2_OK, 0, "done")                                                                                                \
    X(H2_EINVAL, -1, "an argument is out of range, or a field may not be sent")                                        \
    X(H2_ESTATE, -2, "the stream's state does not allow this")                                                         \
    X(H2_ENOSTREAM, -3, "there is no such stream, or it has ended")                                                    \
    X(H2_EAGAIN, -4, "no room now: transmit, then try again")                                                          \
    X(H2_ELIMIT, -5, "the stream limit is reached, the peer's or ours")                                                \
    X(H2_ECLOSED, -6, "the session takes no new streams: GOAWAY was sent or received, or it ended")                    \
    X(H2_EPROTOCOL, -7, "the session failed: see h2_session_failure")                                                  \
    X(H2_ENOMEM, -8, "memory was not lent; nothing has changed")

typedef enum h2_result {
#define H2_RESULT_ENUM(name, value, text) name = value,
    H2_RESULTS(H2_RESULT_ENUM)
#undef H2_RESULT_ENUM
} h2_result;

/* Who ended a stream or a session. */
typedef enum h2_culprit {
    H2_BY_NOBODY, /* it ended in good order */
    H2_BY_US,     /* the program asked for it */
    H2_BY_RULE,   /* the peer broke `rule` */
    H2_BY_PEER,   /* the peer sent RST_STREAM or GOAWAY with `code`, or h2_session_lost was called with it */
    H2_BY_GOAWAY  /* the peer's GOAWAY says that it did not process this stream: it may be retried (RFC 9113, 8.7) */
} h2_culprit;

typedef struct h2_failure {
    h2_culprit culprit;
    h2_rule rule;       /* when the culprit is H2_BY_RULE */
    uint32_t code;      /* as sent or received */
    uint32_t stream_id; /* that ended, or on which the session's end was caused; 0 for the connection */
} h2_failure;

#ifdef __cplusplus
}
#endif
#endif
