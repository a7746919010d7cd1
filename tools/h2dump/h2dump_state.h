/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_STATE_H
#define H2DUMP_STATE_H

/* The observer's memory, shared by h2dump_decode.c (bytes to frames and sections) and h2dump_judge.c (what they may
 * say). */

#include "h2_field.h"
#include "h2_settings.h"
#include "h2dump_decode.h"

/* HPACK storage for each direction: what browsers announce at most. */
#define H2DUMP_TABLE_BYTES 65536u
/* Strings of a header section; at least the table's. */
#define H2DUMP_ARENA_BYTES 131072u
/* Streams remembered, by the low bits of their identifier. */
#define H2DUMP_STREAMS 1024u
/* SETTINGS a side may have out without acknowledgement and be followed exactly. */
#define H2DUMP_PENDING 16u

typedef enum h2dump_message { H2DUMP_NOTHING, H2DUMP_HEAD, H2DUMP_TRAILED } h2dump_message;

/* One direction of a stream, indexed by its sender. */
typedef struct h2dump_half {
    int64_t spent;   /* octets of DATA less the increments for them: the window is the initial one less this */
    int64_t length;  /* content-length, or H2_LENGTH_UNKNOWN */
    uint64_t got;    /* octets of content */
    uint8_t message; /* h2dump_message: how far the message is */
    bool ended, reset;
} h2dump_half;

typedef struct h2dump_stream {
    uint32_t id; /* 0 in a free slot */
    bool promised, head;
    bool open; /* counted in its opener's `open` */
    h2dump_half half[2];
} h2dump_stream;

typedef enum h2dump_phase { H2DUMP_IN_PREFACE, H2DUMP_IN_HEADER, H2DUMP_IN_PAYLOAD, H2DUMP_BLIND } h2dump_phase;

/* What one side sent and announced. */
typedef struct h2dump_talker {
    h2dump_phase phase;
    uint8_t head[H2_PREFACE_BYTES]; /* of the preface or of a frame header */
    uint32_t head_n;
    h2_frame_header header;
    uint64_t time_us;
    uint32_t taken; /* octets of the payload so far */
    uint8_t payload[H2DUMP_PAYLOAD_BYTES];
    h2dump_breach breaches[H2DUMP_BREACHES];
    size_t n_breaches;
    const char *note;
    bool spoke; /* its first frame was seen */

    bool prefix_read; /* of this frame */
    bool decodes;     /* this frame's content goes to the HPACK decoder */
    h2_frame_prefix prefix;
    uint32_t block; /* stream of the open header block, 0 for none */
    uint32_t promised;
    bool block_ends, block_is_promise;
    bool compression_lost;
    hpack_decoder hpack;
    size_t n_fields, all_fields;

    uint32_t settings[H2_SETTING_ROWS]; /* its own, acknowledged */
    uint32_t pending[H2DUMP_PENDING][H2_SETTING_ROWS];
    uint32_t n_pending, unacknowledged; /* kept, and all */
    int64_t window;                     /* connection octets it may still send */
    uint32_t highest;                   /* stream identifier it opened or promised */
    uint32_t open;                      /* streams of its own that are not closed */
    uint32_t goaway;                    /* last stream named, H2_STREAM_ID_MAX before */

    hpack_field fields[H2DUMP_FIELDS];
    char arena[H2DUMP_ARENA_BYTES];
    uint32_t table[H2DUMP_TABLE_BYTES / sizeof(uint32_t)];
} h2dump_talker;

struct h2dump_decoder {
    h2dump_emit emit;
    void *user;
    bool both;
    bool forgot; /* a stream's slot was taken by another: identifiers may be unknown for that reason */
    h2dump_talker side[2];
    h2dump_stream streams[H2DUMP_STREAMS];
};

/* Note a violation of the frame that `side` is sending. */
void h2dump_broke(h2dump_decoder *d, h2dump_side side, h2_rule rule);

/* ---- h2dump_judge.c ---- */

void h2dump_judge_init(h2dump_decoder *d);
/* A frame's header has come. */
void h2dump_judge_header(h2dump_decoder *d, h2dump_side side);
/* DATA's prefix has come. */
void h2dump_judge_data(h2dump_decoder *d, h2dump_side side);
/* A frame is whole, its payload's first octets kept. Not called for DATA, HEADERS, PUSH_PROMISE and CONTINUATION. */
void h2dump_judge_payload(h2dump_decoder *d, h2dump_side side);
/* A header block is complete. With `decoded`, its fields are all there. */
void h2dump_judge_section(h2dump_decoder *d, h2dump_side side, bool decoded);
/* A side of a stream ended with END_STREAM. */
void h2dump_judge_end(h2dump_decoder *d, h2dump_side side, uint32_t id);

#endif
