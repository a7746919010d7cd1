/* SPDX-License-Identifier: MIT */
#ifndef H2_INTERNAL_H
#define H2_INTERNAL_H

/*
 * The session, seen only by the files of the engine.
 *
 * Invariants:
 *   - `stage` says what the next received octet is; `held` octets of an incomplete header, prefix or record are in
 * `hold`.
 *   - While `block.open`, only CONTINUATION of `block.stream_id` may come (6.10).
 *   - `headers` holds whole frames in order, of which the first may be begun; nothing else is written before they are.
 *   - Once `failure.culprit` is H2_BY_RULE, or `over`, nothing is received and only GOAWAY is sent.
 *   - Handlers are called last: no function uses a stream after calling one, without looking it up again. A handler may
 *     open a stream, and slots may move then.
 */

#include <stdbool.h>
#include "h2.h"
#include "h2_field.h"
#include "h2_ledger.h"
#include "h2_priority.h"
#include "h2_settings.h"
#include "h2_stream.h"
#include "h2_window.h"

/* Milliseconds from any origin. A small build goes by the lower half: what passed between two ticks is all it asks. */
#ifdef H2_SMALL
typedef uint32_t h2_time;
#else
typedef uint64_t h2_time;
#endif

#define H2_HOLD_BYTES 9u
#define H2_NO_TIME    UINT32_MAX
/* Parts of the session's memory are aligned for pointers and 64-bit numbers. */
#define H2_ALIGNMENT  8u
#define H2_ALIGNED(n) (((n) + H2_ALIGNMENT - 1) / H2_ALIGNMENT * H2_ALIGNMENT)

typedef enum h2_stage {
    H2_STAGE_PREFACE, /* server: the 24 octets of 3.4 */
    H2_STAGE_HTTP1,   /* no preface, perhaps the request line of HTTP/1.x */
    H2_STAGE_HEADER,  /* and from here on, HTTP/2: nine octets of a frame header */
    H2_STAGE_PREFIX,  /* pad length, priority, promised stream */
    H2_STAGE_RECORD,  /* a fixed record: one setting, a ping, a code */
    H2_STAGE_CONTENT, /* data or header block fragment */
    H2_STAGE_SKIP     /* padding, debug data, unknown frames */
} h2_stage;

typedef enum h2_goaway_state {
    H2_GOAWAY_NONE,
    H2_GOAWAY_NOTICE_OWED, /* first of two: no last stream yet (6.8) */
    H2_GOAWAY_NOTICE_SENT, /* waiting for the PING that went with it */
    H2_GOAWAY_OWED,
    H2_GOAWAY_SENT
} h2_goaway_state;

/* The one that is owed is a bit of its own. */
typedef enum h2_ping_state { H2_PING_NONE, H2_PING_OWED, H2_PING_SENT } h2_ping_state;

/* A ping of ours: the program's, the keepalive's, the drain's, the gauge's. */
enum {
    H2_PING_USER,
    H2_PING_KEEPALIVE,
    H2_PING_DRAIN,
    H2_PING_GAUGE,
#ifdef H2_SMALL
    H2_PING_KINDS = H2_PING_GAUGE
#else
    H2_PING_KINDS
#endif
};

/* What has its time. */
enum {
    H2_WAIT_SETTINGS, /* the preface, then the acknowledgement of SETTINGS */
    H2_WAIT_BLOCK,    /* the end of a header block */
    H2_WAIT_QUIET,    /* any frame, until the keepalive's PING */
    H2_WAIT_PING,     /* and its answer */
    H2_WAIT_SWEEP,    /* the next look at streams that are blocked */
    H2_WAITS
};

/* What a PING of the session's own kinds carries: a part of this, as no two are the same (h2_receive_frames.c). */
extern const uint8_t h2_ping_tags[H2_PING_KINDS + H2_PING_BYTES - 2];

/* The header block being received. */
typedef struct h2_block {
    uint32_t stream_id;
    uint32_t octets;       /* of its frames' payloads, announced so far */
    uint16_t fields;       /* collected */
    uint8_t continuations; /* so far */
    bool open;             /* END_HEADERS has not come */
    bool end_stream;
    bool discard;   /* decoded for the table's sake only */
    bool too_many;  /* more fields than accepted */
    h2_rule breach; /* a stream error to raise when the block is complete */
} h2_block;

/* What is still known of a stream while on_closed runs; id 0 for none. */
typedef struct h2_parting {
    uint32_t id;
    size_t left; /* lent octets not taken */
    void *user;
} h2_parting;

typedef enum h2_lap { H2_LAP_NONE, H2_LAP_BEGUN, H2_LAP_DONE } h2_lap;

/* What comes during a round trip (h2_gauge.h). */
typedef struct h2_gauge {
    uint64_t octets, stream_octets; /* come since the lap began: of the session and of one stream */
    uint32_t credit, stream_credit; /* what the peer might send when it began */
    uint64_t begun_at, next_at;     /* the lap; when to gauge again */
    uint32_t stream_id;
    uint32_t least_ms, recent_ms; /* the shortest lap, so what the path takes when nothing waits in it; and of late */
    uint8_t laps;                 /* in which recent_ms is the shortest */
    uint8_t lap;                  /* h2_lap */
    bool fed;                     /* since the last sweep */
} h2_gauge;

#define H2_LAP_UNKNOWN UINT32_MAX

/* Encoded header blocks as frames, waiting. */
typedef struct h2_outbox {
    uint8_t *bytes;
    uint32_t head, tail;
#ifndef H2_SMALL /* which traces no frames */
    uint32_t frame_left;
#endif
} h2_outbox;

/* Where a session without a block of its own gets its parts (h2_lent.c). Whatever grows may move. */
typedef struct h2_supply {
    /* The arena and the fields, for a header block on its way in. False when they are not lent. */
    bool (*block)(h2_session *s);
    void (*block_done)(h2_session *s);
    /* Room for `bytes` more in the outbox. */
    bool (*outbox)(h2_session *s, size_t bytes);
    void (*outbox_done)(h2_session *s);
    /* At least one free slot, when there are fewer than configured. */
    bool (*slot)(h2_session *s);
    /* No stream is left. */
    void (*idle)(h2_session *s);
} h2_supply;

/* Memory beside the session: of 8-fold alignment, each part as its place in h2_config says. */
typedef struct h2_parts {
    void *slots, *fields, *arena, *decoder_table, *encoder_table, *outbox;
} h2_parts;

/* Received octets not looked at yet. */
typedef struct h2_octets {
    const uint8_t *at;
    size_t left;
} h2_octets;

static inline void h2_octets_take(h2_octets *in, size_t n) {
    in->at += n;
    in->left -= n;
}

/* What only a server does (h2_server.c). */
typedef struct h2_server_part {
    /* Up to the first frame: a stage, as in h2_receive.c. */
    bool (*greeting)(h2_session *s, h2_octets *in);
    /* A header block begins on a stream that the client may open. */
    void (*open)(h2_session *s);
    /* Judge a request, and note what it means for what follows. */
    h2_rule (*request)(h2_session *s, h2_stream *stream);
    /* Answer a request that is too large; false when that cannot be. */
    bool (*refuse)(h2_session *s, h2_stream *stream);
    /* The program leaves a stream that it has answered, while the client still sends; what comes then. */
    void (*leave)(h2_session *s, h2_stream *stream);
    void (*drop)(h2_session *s, h2_stream *stream, size_t n);
#ifndef H2_SMALL
    /* PRIORITY_UPDATE. */
    h2_rule (*prioritize)(h2_session *s, const uint8_t *record);
    /* To a client of HTTP/1.x: returns the octets written; `goaway` is H2_GOAWAY_SENT after the last. */
    size_t (*answer_http1)(h2_session *s, uint8_t *out, size_t cap);
    /* A piece of PRIORITY_UPDATE's value. */
    void (*prioritize_value)(h2_session *s, const uint8_t *bytes, size_t n);
#else
    /* How streams ended: a small build's client is tolerant of whatever comes late (5.1), and remembers none. */
    h2_state (*ended)(const h2_streams *t, uint32_t id);
    void (*remember)(h2_streams *t, uint32_t id, bool reset);
#endif
} h2_server_part;

extern const h2_server_part h2_server;

/* What is used most lies first: small offsets make small instructions. */
struct h2_session {
    /* receiving */
    h2_frame_header frame;
    uint8_t stage; /* h2_stage */
    uint8_t held;
    uint8_t preface_at;
#ifndef H2_SMALL
    uint8_t http1_at;    /* octets sent of the answer to HTTP/1.x */
    uint8_t priority_at; /* octets of a PRIORITY_UPDATE's value so far */
#endif
    bool begun; /* the first frame's header came */
    bool heard;
    bool peer_ready; /* its first SETTINGS came */
    bool over;       /* nothing is received or opened any more */

    /* sending */
    bool preface_owed, settings_owed, settings_acked;
    uint8_t goaway; /* h2_goaway_state */
    bool goaway_received;
    uint8_t ping_state[H2_PING_KINDS]; /* h2_ping_state */
#ifndef H2_SMALL
    uint8_t resets_waiting, pongs_waiting;
#endif

    const h2_server_part *server; /* NULL for a client */
    /* What the answer to a PING of the program's or the drain's means. Set when one is asked for: a program that never
     * does has this dropped by the linker. */
    void (*answered)(h2_session *s, int kind, const uint8_t *opaque);
#ifndef H2_SMALL
    const h2_supply *supply; /* NULL when all parts lie behind the session */
#endif
    void *user;
#ifdef H2_SMALL
    const h2_handlers *handlers; /* constants of the program's, in flash */
    const h2_config *config;
#endif

    /* receiving */
    uint32_t content_left; /* of the frame's content */
    uint32_t skip_left;    /* and what follows it unread */
    h2_window recv;
    h2_block block;
#ifndef H2_SMALL
    uint32_t recv_target; /* what that window is meant to stay at */
    h2_gauge gauge;
#endif

    /* sending */
    h2_window send;
    h2_outbox headers;
    uint32_t next_id; /* client: of the next stream */
#ifndef H2_SMALL
    uint32_t settings_acks; /* owed */
#endif
    uint32_t goaway_last;      /* the last stream we promised to process */
    uint32_t peer_goaway_last; /* and the peer */
#ifndef H2_SMALL
    uint32_t goaway_code;
#endif
    uint32_t peer[H2_SETTING_ROWS]; /* the peer's settings */

#ifndef H2_SMALL
    h2_handlers handlers[1];
    h2_config config[1];
#endif

    /* time */
    h2_time now;
    uint32_t wait[H2_WAITS]; /* ms left at the last tick, H2_NO_TIME for any */
    h2_ledger ledger;
    uint16_t tiny_saved; /* WINDOW_UPDATEs of few octets that cost nothing */

    h2_field *fields;
    uint8_t *arena;
    h2_streams streams;
    h2_parting parting; /* the stream on_closed is being called for */
    h2_failure failure;
    hpack_decoder decoder;
    hpack_encoder encoder;

#ifndef H2_SMALL
    uint32_t early_id; /* server: an idle stream that a PRIORITY_UPDATE came for */
    h2_urgency early_priority;
#endif
    uint8_t hold[H2_HOLD_BYTES];
    uint8_t ping[H2_PING_BYTES]; /* the program's */
#ifndef H2_SMALL
    uint8_t pongs[H2_PINGS_WAITING][H2_PING_BYTES];
    struct {
        uint32_t id, code;
    } resets[H2_RESETS_WAITING]; /* owed for streams without a slot */
#endif
};

/* Where the parts come from; NULL when they lie behind the session, as they always do in a small build. */
static inline const h2_supply *h2_session_supply(const h2_session *s) {
#ifdef H2_SMALL
    (void)s;
    return NULL;
#else
    return s->supply;
#endif
}

/* What a small build's server leaves out: priorities, and an answer to HTTP/1.x; and its client: how streams ended. */
#ifndef H2_SMALL

static inline h2_state h2_server_ended(const h2_session *s, uint32_t id) {
    return h2_streams_ended(&s->streams, id);
}
static inline void h2_server_remember(h2_session *s, const h2_stream *stream) {
    h2_streams_remember(&s->streams, stream->id, stream->state == H2_CLOSED_RESET);
}

/* Whether frames of this type are PRIORITY_UPDATE; to a small build that is an unknown type (RFC 9218, 7.1). */
static inline bool h2_server_prioritizes(uint8_t type) {
    return type == H2_PRIORITY_UPDATE;
}
static inline h2_rule h2_server_prioritize(h2_session *s, const uint8_t *record) {
    return s->server ? s->server->prioritize(s, record) : H2_RULE_PRIORITY_UPDATE;
}
/* Take content of PRIORITY_UPDATE; false when the frame is another. */
static inline bool h2_server_value(h2_session *s, const uint8_t *bytes, size_t n) {
    if (s->frame.type != H2_PRIORITY_UPDATE) return false;
    s->server->prioritize_value(s, bytes, n);
    return true;
}
/* Whether all there is to say is that this is not HTTP/1.x. */
static inline bool h2_server_answers(const h2_session *s) {
    return s->over && s->failure.rule == H2_RULE_HTTP1 && s->server;
}
static inline size_t h2_server_answer(h2_session *s, uint8_t *out, size_t cap) {
    return s->server->answer_http1(s, out, cap);
}

#else

static inline h2_state h2_server_ended(const h2_session *s, uint32_t id) {
    return s->server ? s->server->ended(&s->streams, id) : H2_CLOSED_RESET;
}
static inline void h2_server_remember(h2_session *s, const h2_stream *stream) {
    if (s->server) s->server->remember(&s->streams, stream->id, stream->state == H2_CLOSED_RESET);
}

static inline bool h2_server_prioritizes(uint8_t type) {
    (void)type;
    return false;
}
static inline h2_rule h2_server_prioritize(h2_session *s, const uint8_t *record) {
    (void)s, (void)record;
    return H2_RULE_NONE;
}
static inline bool h2_server_value(h2_session *s, const uint8_t *bytes, size_t n) {
    (void)s, (void)bytes, (void)n;
    return false;
}
static inline bool h2_server_answers(const h2_session *s) {
    (void)s;
    return false;
}
static inline size_t h2_server_answer(h2_session *s, uint8_t *out, size_t cap) {
    (void)s, (void)out, (void)cap;
    return 0;
}

#endif

/* The eight octets of a PING of ours. */
static inline const uint8_t *h2_ping_tag(const h2_session *s, int kind) {
    return kind == H2_PING_USER ? s->ping : h2_ping_tags + kind - 1;
}

/* h2_session.c */
/* All but the parts that are carved or lent, which are empty. */
void h2_session_begin(h2_session *s, const h2_config *config, const h2_handlers *handlers, void *user,
                      const h2_server_part *server);
/* Give it its parts, of the sizes its configuration says. */
void h2_session_furnish(h2_session *s, const h2_parts *parts);
/* h2_client_init and h2_server_init. */
h2_result h2_session_make(h2_session **session, void *memory, size_t size, const h2_config *config,
                          const h2_handlers *handlers, void *user, const h2_server_part *server);
/* Whether a stream may be added, with a slot for it. */
bool h2_session_has_slot(h2_session *s);
/* The state of any identifier (5.1, 5.1.1), and its stream when it is live, else NULL. */
h2_state h2_session_state(const h2_session *s, uint32_t id, h2_stream **stream);
/* The peer broke a rule of session scope: GOAWAY is owed, all streams end. */
void h2_session_fail(h2_session *s, h2_rule rule, uint32_t stream_id);
/* A rule of either scope, at a stream that may be unknown. */
void h2_session_breach(h2_session *s, h2_rule rule, uint32_t stream_id);
/* Charge the ledger: H2_RULE_ABUSE when it is exhausted. */
h2_rule h2_session_pay(h2_session *s, uint32_t price);
/* The same; false when that ended the session. */
bool h2_session_charge(h2_session *s, uint32_t price);
/* How a stream ends: the culprit, and when that is the peer by a rule, the rule; whether RST_STREAM is sent. */
#define H2_ENDS_RESET     0x80u
#define H2_ENDS_BY(rule)  (H2_BY_RULE | (unsigned)(rule) << 8)
#define H2_ENDS_WHO(how)  ((h2_culprit)((how)&0xfu))
#define H2_ENDS_RULE(how) ((h2_rule)((how) >> 8))
/* Close a live stream: forget it, tell the program. */
void h2_session_end_stream(h2_session *s, h2_stream *stream, unsigned how, uint32_t code);
/* Call on_closed. */
void h2_session_report_closed(h2_session *s, const h2_parting *parting, const h2_failure *why);
/* What a stream is reset with when its input is no longer wanted; and reset it so. */
static inline h2_code h2_session_leave_code(const h2_session *s) {
    return s->server ? H2_NO_ERROR : H2_CANCEL;
}
void h2_session_leave_stream(h2_session *s, h2_stream *stream);
/* Close a stream that has ended on both sides, after its last event was reported. */
void h2_session_settle(h2_session *s, uint32_t id);
/* The peer's GOAWAY: end our streams above `last`. */
void h2_session_refuse_above(h2_session *s, uint32_t last, uint32_t code);
/* The octets that may arrive on a new stream. */
uint32_t h2_session_recv_initial(const h2_session *s);
/* A new stream, for which there is a slot. */
h2_stream *h2_session_add_stream(h2_session *s, uint32_t id, h2_state state);

/* h2_block.c: a received header block */
h2_rule h2_block_begin(h2_session *s, const h2_frame_prefix *prefix);
/* Take a piece of the fragment; `last` for the last of the block. */
void h2_block_piece(h2_session *s, const uint8_t *bytes, size_t n, bool last);

/* h2_receive_frames.c */
/* The nine octets are complete and judged by themselves: judge them in the session, choose the next stage. */
void h2_receive_header(h2_session *s);
/* What the frame did wrong; nothing for H2_RULE_NONE and H2_RULE_IGNORE. */
void h2_receive_breach(h2_session *s, h2_rule rule);
void h2_receive_prefix(h2_session *s, const uint8_t *octets);
/* Octets of the next record of this frame, 0 when none is left. */
uint32_t h2_receive_record_bytes(const h2_session *s);
void h2_receive_record(h2_session *s, const uint8_t *record);
/* Pass over the next `n` octets. */
void h2_receive_skip(h2_session *s, uint32_t n);
void h2_receive_data(h2_session *s, const uint8_t *bytes, size_t n);
/* The frame's last octet was taken. */
void h2_receive_end(h2_session *s);

/* h2_headers.c: header sections to send */
h2_result h2_headers_queue(h2_session *s, uint32_t id, const h2_field *fields, size_t n, bool end);
/* Room for `n` octets at the end of the outbox, which has it. */
uint8_t *h2_headers_extend(h2_session *s, uint32_t n);
/* Move waiting octets to `out`. Returns how many. */
size_t h2_headers_drain(h2_session *s, uint8_t *out, size_t cap);

/* h2_schedule.c */
/* Put a stream on the ready list, or take it off, by its lent bytes and window. */
#ifdef H2_SMALL
static inline void h2_schedule(h2_session *s, h2_stream *stream) {
    (void)s, (void)stream;
}
#else
void h2_schedule(h2_session *s, h2_stream *stream);
/* Give a stream its urgency and manner. */
void h2_schedule_priority(h2_session *s, h2_stream *stream, h2_urgency priority);
#endif
/* Whether DATA could be written now. */
bool h2_schedule_any(const h2_session *s);
/* Write one DATA frame of the stream whose turn it is. Returns the octets, 0 when none can or it does not fit. */
size_t h2_schedule_write(h2_session *s, uint8_t *out, size_t cap);

/* Whether DATA opens the connection's window again on arrival. */
static inline bool h2_session_credits_early(const h2_session *s) {
#ifdef H2_SMALL
    (void)s;
    return false;
#else
    return s->config->credit_on_receipt;
#endif
}

/* h2_transmit.c: tell the program of a frame. */
#ifdef H2_SMALL
static inline void h2_trace_sent(const h2_session *s, const uint8_t *frame) {
    (void)s, (void)frame;
}
static inline void h2_trace_received(const h2_session *s, const h2_octets *in) {
    (void)s, (void)in;
}
#else
void h2_trace_sent(const h2_session *s, const uint8_t *frame);
void h2_trace_received(const h2_session *s, const h2_octets *in);
#endif

#endif
