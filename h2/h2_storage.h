/* SPDX-License-Identifier: MIT */
#ifndef H2_STORAGE_H
#define H2_STORAGE_H

/*
 * The memory of a session as a constant, for storage that exists from the start (h2.h without malloc).
 *
 *     H2_SESSION_STORAGE(memory, 2, 16, 512, 256, 0, 256);
 *     h2_session_init(&s, memory.bytes, sizeof memory, &config, &handlers, user);
 *
 * The arguments are the members of h2_config that cost memory, in its order: streams, header_fields, header_bytes,
 * decoder_table, encoder_table, send_header_bytes. H2_SESSION_BYTES of them equals h2_session_size. This header shows
 * the session's insides for their size only; no program may rely on another thing in them.
 */

#include "h2_internal.h"

/* The least power of two that holds n streams, 32768 at most: as h2_streams_bytes has it. */
#define H2_BUCKETS(n)                                                                                                  \
    ((n) <= 1       ? 1u                                                                                               \
     : (n) <= 2     ? 2u                                                                                               \
     : (n) <= 4     ? 4u                                                                                               \
     : (n) <= 8     ? 8u                                                                                               \
     : (n) <= 16    ? 16u                                                                                              \
     : (n) <= 32    ? 32u                                                                                              \
     : (n) <= 64    ? 64u                                                                                              \
     : (n) <= 128   ? 128u                                                                                             \
     : (n) <= 256   ? 256u                                                                                             \
     : (n) <= 512   ? 512u                                                                                             \
     : (n) <= 1024  ? 1024u                                                                                            \
     : (n) <= 2048  ? 2048u                                                                                            \
     : (n) <= 4096  ? 4096u                                                                                            \
     : (n) <= 8192  ? 8192u                                                                                            \
     : (n) <= 16384 ? 16384u                                                                                           \
                    : 32768u)

#ifdef H2_SMALL
#define H2_STREAMS_BYTES(n) ((n) * sizeof(h2_stream))
#else
#define H2_STREAMS_BYTES(n) ((n) * sizeof(h2_stream) + H2_BUCKETS(n) * sizeof(uint16_t))
#endif

/* Where the parts lie behind the session, in the order of the arguments, and where they end. */
#define H2_SLOTS_AT                                    H2_ALIGNED(sizeof(h2_session))
#define H2_FIELDS_AT(streams)                          (H2_SLOTS_AT + H2_ALIGNED(H2_STREAMS_BYTES(streams)))
#define H2_ARENA_AT(streams, fields)                   (H2_FIELDS_AT(streams) + H2_ALIGNED((fields) * sizeof(h2_field)))
#define H2_DECODER_AT(streams, fields, arena)          (H2_ARENA_AT(streams, fields) + H2_ALIGNED(arena))
#define H2_ENCODER_AT(streams, fields, arena, decoder) (H2_DECODER_AT(streams, fields, arena) + H2_ALIGNED(decoder))
#define H2_OUTBOX_AT(streams, fields, arena, decoder, encoder)                                                         \
    (H2_ENCODER_AT(streams, fields, arena, decoder) + H2_ALIGNED(encoder))

#define H2_SESSION_BYTES(streams, header_fields, header_bytes, decoder_table, encoder_table, send_header_bytes)        \
    (H2_OUTBOX_AT(streams, header_fields, header_bytes, decoder_table, encoder_table) + H2_ALIGNED(send_header_bytes))

/* The same as an h2_parts, of memory that begins with the session. */
#define H2_SESSION_PARTS(memory, streams, header_fields, header_bytes, decoder_table, encoder_table)                   \
    {                                                                                                                  \
        (memory) + H2_SLOTS_AT, (memory) + H2_FIELDS_AT(streams), (memory) + H2_ARENA_AT(streams, header_fields),      \
            (memory) + H2_DECODER_AT(streams, header_fields, header_bytes),                                            \
            (memory) + H2_ENCODER_AT(streams, header_fields, header_bytes, decoder_table),                             \
            (memory) + H2_OUTBOX_AT(streams, header_fields, header_bytes, decoder_table, encoder_table)                \
    }

/* Whether these sizes are ones that h2_session_size accepts. */
#define H2_SESSION_FITS(streams, header_fields, header_bytes, decoder_table, encoder_table, send_header_bytes)         \
    ((streams) > 0 && (streams) <= H2_STREAMS_LIMIT && (header_fields) > 0 && (header_bytes) >= (decoder_table) &&     \
     (header_bytes) > 0 && (header_bytes) <= HPACK_MAX_INTEGER && (decoder_table) % HPACK_TABLE_ALIGN == 0 &&          \
     (encoder_table) % HPACK_TABLE_ALIGN == 0 && (encoder_table) <= HPACK_MAX_INTEGER &&                               \
     (send_header_bytes) >= H2_SEND_HEADERS_MIN(streams) && (send_header_bytes) <= H2_SEND_HEADERS_MAX)

#define H2_SESSION_STORAGE(name, ...)                                                                                  \
    static union {                                                                                                     \
        uint64_t alignment;                                                                                            \
        unsigned char bytes[H2_SESSION_BYTES(__VA_ARGS__)];                                                            \
    } name

#endif
