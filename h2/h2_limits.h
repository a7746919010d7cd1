/* SPDX-License-Identifier: MIT */
#ifndef H2_LIMITS_H
#define H2_LIMITS_H

/* Every number of the engine: octets where no unit is named. Those of the protocol carry their section of RFC 9113;
 * those that are choices say why. */

#define H2_FRAME_HEADER_BYTES 9u          /* 4.1 */
#define H2_FRAME_PREFIX_MAX   6u          /* pad length and priority of HEADERS, 6.2 */
#define H2_FRAME_SIZE_MIN     16384u      /* 4.2: every endpoint takes this much */
#define H2_FRAME_SIZE_MAX     16777215u   /* 4.2 */
#define H2_WINDOW_INITIAL     65535u      /* 6.9.2 */
#define H2_WINDOW_MAX         2147483647u /* 6.9.1 */
#define H2_STREAM_ID_MAX      0x7fffffffu /* 5.1.1 */
#define H2_SETTING_BYTES      6u          /* 6.5.1 */
#define H2_PING_BYTES         8u          /* 6.7 */
#define H2_GOAWAY_FIXED_BYTES 8u          /* 6.8 */
#define H2_PRIORITY_BYTES     5u          /* 6.3 */
#define H2_U32_BYTES          4u          /* RST_STREAM, WINDOW_UPDATE, promised stream: 6.4, 6.9, 6.6 */
#define H2_PREFACE_BYTES      24u         /* 3.4 */
#define H2_PREFACE            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* RFC 9218, 4: urgencies, and that of a stream nobody spoke of. Such a stream counts as incremental, unlike 4.2 says of
 * responses, because a connection used both ways goes on for long and must not hold up its neighbours. */
#define H2_URGENCIES       8u
#define H2_URGENCY_DEFAULT 3u
/* Octets of a PRIORITY_UPDATE's field value that are looked at; a longer one is ignored. */
#define H2_PRIORITY_VALUE_MAX 64u

/* Octets of a first line searched for the version of HTTP/1.x: more than common clients send (RFC 9112, 3). */
#define H2_HTTP1_LINE_MAX 8000u

/* Defaults of h2_config, in its units: hosted, then firmware. The most a window grows to is what 10 Gbit/s hold in 107
 * ms. */
#define H2_DEFAULT_STREAMS              128u
#define H2_DEFAULT_STREAM_WINDOW        262144u
#define H2_DEFAULT_SESSION_WINDOW       1048576u
#define H2_DEFAULT_WINDOW_MOST          134217728u
#define H2_DEFAULT_HEADER_BYTES         16384u
#define H2_DEFAULT_HEADER_FIELDS        128u
#define H2_DEFAULT_TABLE_BYTES          4096u
#define H2_DEFAULT_SEND_HEADER_BYTES    16384u
#define H2_DEFAULT_CONTINUATIONS        8u
#define H2_DEFAULT_BLOCK_BYTES          65536u
#define H2_SMALL_STREAMS                4u
#define H2_SMALL_STREAM_WINDOW          4096u
#define H2_SMALL_SESSION_WINDOW         65535u
#define H2_SMALL_HEADER_BYTES           1024u
#define H2_SMALL_HEADER_FIELDS          32u
#define H2_SMALL_TABLE_BYTES            256u
#define H2_SMALL_SEND_HEADER_BYTES      512u
#define H2_SMALL_CONTINUATIONS          4u
#define H2_SMALL_BLOCK_BYTES            16384u
#define H2_DEFAULT_ABUSE_BURST          1000u
#define H2_DEFAULT_ABUSE_REFILL         100u
#define H2_DEFAULT_TIMEOUT_MS           10000u /* preface, SETTINGS acknowledgement, an unfinished header block */
#define H2_DEFAULT_KEEPALIVE_MS         60000u
#define H2_DEFAULT_KEEPALIVE_TIMEOUT_MS 20000u
#define H2_DEFAULT_BLOCKED_MS           60000u

/* Bounds of h2_config: streams are numbered by 16 bits inside, one value meaning none. */
#define H2_STREAMS_LIMIT 65534u

/* Least and most of h2_config.send_header_bytes; hpack.h has the number of a hosted build. A small build sends no
 * CONTINUATION: its blocks fit the least frame there is (4.2). And it keeps its answers, to PING, SETTINGS and what
 * breaks a rule, among the blocks that wait, which leave H2_ANSWER_BYTES for them: RST_STREAM of each stream, GOAWAY,
 * and the longest answer to a frame. */
#ifdef H2_SMALL
#define H2_ANSWER_BYTES(streams)                                                                                       \
    ((streams) * (H2_FRAME_HEADER_BYTES + H2_U32_BYTES) + H2_FRAME_HEADER_BYTES + H2_GOAWAY_FIXED_BYTES +              \
     H2_FRAME_HEADER_BYTES + H2_PING_BYTES)
#define H2_SEND_HEADERS_MIN(streams) (2 * H2_ANSWER_BYTES(streams))
#define H2_SEND_HEADERS_MAX          (H2_FRAME_HEADER_BYTES + H2_FRAME_SIZE_MIN)
#else
#define H2_ANSWER_BYTES(streams)     0u
#define H2_SEND_HEADERS_MIN(streams) (H2_FRAME_HEADER_BYTES + 1)
#define H2_SEND_HEADERS_MAX          HPACK_MAX_INTEGER
#endif

/* H2_PINGS_WAITING, H2_RESETS_WAITING: answers that may wait for room to be sent; receiving pauses beyond (10.5). */
/* H2_RESETS_REMEMBERED: streams that ended, remembered one by one to tell a late frame from a wrong one (5.1). */
#ifdef H2_SMALL
#define H2_RESETS_REMEMBERED 4u
#else
#define H2_PINGS_WAITING     4u
#define H2_RESETS_WAITING    16u
#define H2_RESETS_REMEMBERED 16u
#endif

/* Prices of the abuse ledger in tenths of a point (10.5). */
#define H2_LEDGER_POINT 10u
#define H2_PRICE_DEAR   10u
#define H2_PRICE_CHEAP  1u
/* A WINDOW_UPDATE of fewer octets than this is suspiciously small. */
#define H2_TINY_OCTETS 16u
/* It is free for each DATA frame sent with at least so many octets, up to so many saved: a proxy gives back what it
 * received in the pieces it came in. */
#define H2_FULL_OCTETS    1024u
#define H2_TINY_SAVED_MAX 1024u

#endif
