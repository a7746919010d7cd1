/* SPDX-License-Identifier: MIT */
#ifndef HPACK_H
#define HPACK_H

/*
 * HPACK, the field compression of HTTP/2 (RFC 7541).
 *
 * A connection owns one decoder for what it receives and one encoder for what it sends. Both are plain structs that
 * the caller embeds; the only other memory they use is the dynamic table storage given at init. Nothing is allocated,
 * nothing is global, and a decoder and an encoder may live on different threads as long as each is used by one at a
 * time.
 *
 * Decoding is incremental: a header block may arrive in pieces of any size.
 *
 *     hpack_decoder d;
 *     hpack_decoder_init(&d, table, sizeof table);
 *     hpack_decoder_begin(&d, arena, sizeof arena);          // once a block
 *     hpack_decode(&d, piece, len, false, on_field, ctx);    // as often as pieces arrive
 *     hpack_decode(&d, piece, len, true, on_field, ctx);     // END_HEADERS
 *
 * Each complete field is emitted once. Its name and value lie in the arena or in the static table and stay valid until
 * the next hpack_decoder_begin, so a receiver may collect the structs and act when the block is complete.
 *
 * A block whose strings do not fit the arena does not fail: hpack_decoder_overflowed turns true, nothing more is
 * emitted, and the arena is reused to keep the dynamic table in step with the peer, so the connection survives
 * and only the message is refused. The strings of fields emitted earlier in such a block are lost.
 *
 * Encoding takes whole fields and writes a whole block:
 *
 *     hpack_encoder e;
 *     hpack_encoder_init(&e, table, sizeof table);
 *     ptrdiff_t n = hpack_encode(&e, fields, count, out, sizeof out);
 *
 * A table may also borrow its storage as entries come and double it up to a bound, so that one nobody uses takes none:
 * hpack_storage. Without a loan a decoder fails with HPACK_ENOMEM, and an encoder goes on without the entry.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a dynamic table entry costs besides its octets (RFC 7541, 4.1). */
#define HPACK_ENTRY_OVERHEAD 32u
/* Size limit of the dynamic table before any SETTINGS_HEADER_TABLE_SIZE (RFC 9113, 6.5.2). */
#define HPACK_DEFAULT_TABLE_SIZE 4096u
/* Largest integer and string length accepted, in octets or entries; a larger one is HPACK_EINTEGER (RFC 7541, 5.1). */
#define HPACK_MAX_INTEGER 0x0fffffffu
/* Size updates a block may begin with (RFC 7541, 4.2: the smallest value, then the last). */
#define HPACK_MAX_UPDATES 2u
/* Alignment in bytes that table storage must have. */
#define HPACK_TABLE_ALIGN 4u
/* Buckets of the encoder's index over its dynamic table: of fields, and of names that the static table lacks. A build
 * with H2_SMALL has no index; it must be defined alike wherever this header is included. */
#ifndef H2_SMALL
#define HPACK_BUCKETS      160u
#define HPACK_NAME_BUCKETS 8u
/* Fields kept in mind of those that seldom repeat, to see whether they do. */
#define HPACK_PASSED 4u
#endif

/* A field line. The strings are not terminated. `never_index` is the never-indexed representation of RFC 7541, 6.2.3:
 * decoded fields carry it so that an intermediary can keep it, and encoded fields are sent that way when it is set
 * (7.1.3: for secrets such as an authorization value). */
typedef struct hpack_field {
    const char *name;
    const char *value;
    size_t name_len;
    size_t value_len;
    bool never_index;
} hpack_field;

/* Every error: name, value, sentence. All but the last two end the connection with COMPRESSION_ERROR (RFC 9113, 4.3);
 * HPACK_ENOMEM ends it too, being no fault of the peer's. */
#define HPACK_ERRORS(X)                                                                                                \
    X(HPACK_OK, 0, "no error")                                                                                         \
    X(HPACK_EINTEGER, -1, "an integer is longer or larger than accepted (RFC 7541, 5.1)")                              \
    X(HPACK_EINDEX, -2, "an index is zero or names no table entry (RFC 7541, 2.3.3)")                                  \
    X(HPACK_EHUFFMAN, -3, "a Huffman string holds EOS or wrong padding (RFC 7541, 5.2)")                               \
    X(HPACK_EUPDATE, -4, "a table size update is too large, misplaced or missing (RFC 7541, 4.2 and 6.3)")             \
    X(HPACK_ETRUNCATED, -5, "the header block ends within a field (RFC 7541, 3.1)")                                    \
    X(HPACK_ENOSPACE, -6, "the output buffer is smaller than hpack_encode_bound")                                      \
    X(HPACK_ENOMEM, -7, "the dynamic table could not borrow the storage for an entry")

typedef enum hpack_error {
#define HPACK_ERROR_ENUM(name, value, text) name = value,
    HPACK_ERRORS(HPACK_ERROR_ENUM)
#undef HPACK_ERROR_ENUM
} hpack_error;

/* The sentence for an error; never NULL. */
const char *hpack_error_text(hpack_error error);

/* Memory on demand. */
typedef struct hpack_lender {
    /* `bytes` of memory aligned as for max_align_t, or NULL. */
    void *(*lend)(void *user, size_t bytes);
    /* It comes back, all `bytes` of the loan. */
    void (*give_back)(void *user, void *memory, size_t bytes);
    void *user;
} hpack_lender;

/* Storage of tables that grow; any number of them may share one. Members are private. */
struct hpack_table;
typedef struct hpack_storage {
    const hpack_lender *lender;
    bool (*grow)(struct hpack_table *table, uint32_t bytes);
} hpack_storage;

/* The dynamic table of RFC 7541, 2.3.2. Members are private to the codec; the struct is public to be embedded.
 * Strings grow up from the start of `memory`, entry records grow down from its end, newest lowest; both are
 * closed up when they meet. The 32 octets of overhead pay for the records. A small build keeps it otherwise
 * (hpack_tables_small.c). */
typedef struct hpack_table {
    uint8_t *memory;
#ifndef H2_SMALL
    const hpack_storage *storage; /* to grow from, or NULL */
    uint32_t bytes;               /* of `memory`, a multiple of HPACK_TABLE_ALIGN */
#endif
    uint32_t most; /* bytes that it may grow to */
    uint32_t max;  /* size limit in force, at most `most` */
    uint32_t size; /* sum of entry sizes, overhead included */
#ifndef H2_SMALL
    uint32_t strings; /* end of the used string octets, including evicted ones below the oldest live entry */
    uint32_t records; /* offset of the newest entry record */
#endif
    uint32_t count; /* entries */
} hpack_table;

#ifndef H2_SMALL /* whose tables are given their memory */
/* Make storage out of a lender, which is kept. */
void hpack_storage_init(hpack_storage *storage, const hpack_lender *lender);
#endif

/* Called for each complete field, in order. */
typedef void (*hpack_emit)(void *ctx, const hpack_field *field);

/* Members are private. */
typedef struct hpack_decoder {
    uint8_t code_bits; /* of `code` */
    uint8_t shift;     /* of the integer being read */
    uint8_t state;
    uint8_t kind;    /* representation being read */
    uint8_t updates; /* size updates in this block, HPACK_MAX_UPDATES after a field */
    bool huffman;
    bool update_due; /* the limit was lowered: the next block must begin with an update */
    bool discard;    /* the field in progress is counted, not kept */
    bool overflowed;
    uint32_t limit;    /* the largest size update the peer may send */
    uint32_t lowest;   /* smallest limit since the last update; while none is due, at least `in_force` */
    uint32_t in_force; /* the table size the peer goes by, which may exceed the storage */
    char *arena;       /* strings of the block in progress */
    uint32_t arena_cap;
    uint32_t arena_used;
    const char *name;  /* of the field in progress when it is in the static table, else NULL */
    uint32_t start;    /* offset in the arena of the first string of the field in progress */
    uint32_t name_len; /* octets so far, counted even when discarded */
    uint32_t value_len;
    uint32_t value; /* integer being read, or octets of the string still to come */
    uint32_t code;  /* Huffman bits that are no whole code yet */
    hpack_table table;
} hpack_decoder;

/* Prepare a decoder with `bytes` of table storage at `memory` (aligned to HPACK_TABLE_ALIGN, kept until the decoder is
 * dropped; NULL with 0 for none). The peer may use HPACK_DEFAULT_TABLE_SIZE until told otherwise: with less storage the
 * newest entries are kept, and a reference to one that did not fit is HPACK_EINDEX. */
void hpack_decoder_init(hpack_decoder *d, void *memory, size_t bytes);

#ifndef H2_SMALL
/* The same with storage lent as it is needed, at most `bytes`; `storage` is kept until hpack_decoder_release. */
void hpack_decoder_init_growing(hpack_decoder *d, const hpack_storage *storage, size_t bytes);
/* Give back what was lent: the decoder must not be used again. */
void hpack_decoder_release(hpack_decoder *d);
#endif

/* The peer has acknowledged SETTINGS_HEADER_TABLE_SIZE `size`, in octets. Call it between blocks. When that lowers the
 * limit below the size in force, the next block must begin with a size update (RFC 7541, 4.2). */
void hpack_decoder_set_max_table_size(hpack_decoder *d, uint32_t size);

/* Start a header block. Strings are kept in `arena`, not NULL and borrowed until the next call. Its `bytes` must be at
 * least the table storage, or an overlong block could not keep the table in step. */
void hpack_decoder_begin(hpack_decoder *d, void *arena, size_t bytes);

/* Decode the next `len` octets of the block; `last` when they complete it. Fields are emitted as they complete; `emit`
 * may be NULL to drop them. Returns HPACK_OK or the error, after which the decoder must not be used again. */
hpack_error hpack_decode(hpack_decoder *d, const uint8_t *bytes, size_t len, bool last, hpack_emit emit, void *ctx);

/* Octets that the string being read still lacks, as announced; 0 between strings. */
uint32_t hpack_decoder_awaits(const hpack_decoder *d);

/* Whether the strings of the current block exceeded the arena. The strings of fields emitted before that are gone. */
static inline bool hpack_decoder_overflowed(const hpack_decoder *d) {
    return d->overflowed;
}

/* Members are private. */
typedef struct hpack_encoder {
    hpack_table table;
    uint32_t limit;    /* the table size to go by from the next block on */
    uint32_t lowest;   /* smallest limit since the last block */
    uint32_t in_force; /* the table size the peer goes by */
#ifndef H2_SMALL
    uint16_t added;               /* entries ever added, modulo 65536: the number of the newest */
    uint8_t heads[HPACK_BUCKETS]; /* low octet of the number of the newest entry in each bucket */
    uint16_t name_heads[HPACK_NAME_BUCKETS];
    uint16_t passed[HPACK_PASSED]; /* of fields that seldom repeat: part of the hash of the last in each bucket */
#endif
} hpack_encoder;

/* Prepare an encoder with `bytes` of table storage at `memory` (aligned, kept; NULL with 0 for none). */
void hpack_encoder_init(hpack_encoder *e, void *memory, size_t bytes);

#ifndef H2_SMALL
/* The same with storage lent as it is needed, at most `bytes`; `storage` is kept until hpack_encoder_release. */
void hpack_encoder_init_growing(hpack_encoder *e, const hpack_storage *storage, size_t bytes);
void hpack_encoder_release(hpack_encoder *e);
#endif

/* The peer's SETTINGS_HEADER_TABLE_SIZE is `size`, in octets: the next block announces and obeys min(size, storage),
 * through the smallest value seen since the last block when it was lowered and raised (RFC 7541, 4.2). */
void hpack_encoder_set_max_table_size(hpack_encoder *e, uint32_t size);

/* Octets that always suffice for a block of these fields; SIZE_MAX when a string is longer than HPACK_MAX_INTEGER, in a
 * build with H2_SMALL also when all together take more than twice that. */
size_t hpack_encode_bound(const hpack_field *fields, size_t n);

/* Write the header block of `n` fields. Names must be lower case already. Returns the octets written, or HPACK_ENOSPACE
 * with nothing changed when `cap` is below hpack_encode_bound. */
ptrdiff_t hpack_encode(hpack_encoder *e, const hpack_field *fields, size_t n, uint8_t *out, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
