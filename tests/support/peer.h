/* SPDX-License-Identifier: MIT */
#ifndef TEST_PEER_H
#define TEST_PEER_H

/*
 * The other end of one session, scripted. It writes octets of its own making and reads the session's output with a
 * parser of its own, so that a mistake in the engine's codecs cannot agree with itself; libnghttp2 decodes what the
 * session's HPACK encoded.
 *
 * What is written waits until the script looks at the session, and arrives then as the mode says: whole, octet by octet
 * or in random pieces. Input and output lie before a guard page. Expectations end the test with the line of the script
 * that held them.
 *
 * Header sections are texts: fields separated by '|', name from value by the first '='. A '`' stands for NUL.
 */

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "h2.h"
#include "lender.h"

typedef struct peer peer;

typedef enum peer_mode { PEER_WHOLE, PEER_OCTETS, PEER_PIECES } peer_mode;

typedef enum peer_event_kind {
    PEER_HEADERS,
    PEER_DATA,
    PEER_SENT,
    PEER_CLOSED,
    PEER_SETTINGS,
    PEER_PONG,
    PEER_GOAWAY,
    PEER_FRAME, /* not in a build with H2_SMALL */
#ifdef H2_SMALL
    PEER_EVENTS = PEER_FRAME
#else
    PEER_EVENTS
#endif
} peer_event_kind;

/* What a handler was told. */
typedef struct peer_event {
    peer_event_kind kind;
    uint32_t id;
    h2_section section;
    const h2_field *fields;
    size_t n; /* of fields or bytes */
    const uint8_t *bytes;
    bool end;
    const h2_failure *why;
    const h2_frame_header *header;
    bool sent; /* of PEER_FRAME */
} peer_event;

typedef struct peer_text {
    char *at;
    size_t len, cap;
} peer_text;

/* DATA of one stream, put together whatever pieces it came in. */
typedef struct peer_run {
    bool any, end;
    uint32_t id;
    uint64_t len, sum;
} peer_run;

struct peer {
    /* the script's to set */
    void (*react)(peer *p, const peer_event *event); /* the program, called after the event was noted */
    void *user;
    const void *row;    /* of a table of conversations */
    bool consume;       /* give DATA back as it comes */
    bool refuse_growth; /* of receive windows */
    size_t cap;         /* of each transmit */
    const char *label;  /* said when an expectation fails */

    /* the script's to read */
    h2_config config;
    int64_t grown;       /* octets by which receive windows have grown */
    size_t session_size; /* of the memory that is the session's for good */
    peer_text fields;    /* of the latest section the program was given, as a text */

    /* private */
    h2_session *session;
    uint8_t *memory, *input, *output;
    lender lender; /* of the session, if `test_lent` */
    bool lent;
    peer_mode mode;
    uint64_t random;
    peer_text pending, out, events, story, frames, sent;
    size_t read;
    bool delivering;
    uint8_t touched; /* by reading all of every trace */
    peer_run run;
    nghttp2_hd_inflater *inflater;
    const char *file;
    int line;
};

/* A frame that the session sent. The payload is valid until the next one is asked for. */
typedef struct peer_frame {
    uint32_t length, id;
    uint8_t type, flags;
    const uint8_t *payload;
} peer_frame;

/* Where a script is, for messages. */
#define PEER_HERE(p) ((p)->file = __FILE__, (p)->line = __LINE__, (p))

peer *peer_new(peer_mode mode, uint64_t seed);
/* Deliver and flush what is left, check the session's invariants and its trace. */
void peer_finish(peer *p);
void peer_free(peer *p);

/* Make the session; nothing is exchanged. */
void peer_start(peer *p, const h2_config *config);
/* The prefaces and SETTINGS of both sides with their acknowledgements; the peer's SETTINGS are empty. */
void peer_greet(peer *p);
/* Both, and the events forgotten. */
void peer_connect(peer *p, const h2_config *config);
/* The same with the defaults of h2_config_hosted. */
void peer_connect_server(peer *p);
void peer_connect_client(peer *p);

/* ---- what the peer writes ---- */

void peer_write(peer *p, const void *bytes, size_t n);
void peer_send(peer *p, unsigned type, unsigned flags, uint32_t id, const void *payload, size_t n);
/* A frame whose payload is one number: RST_STREAM, WINDOW_UPDATE. */
void peer_send_u32(peer *p, unsigned type, uint32_t id, uint32_t value);
void peer_send_setting(peer *p, unsigned setting, uint32_t value);
void peer_send_goaway(peer *p, uint32_t last, uint32_t code);
/* PING with eight octets. */
void peer_send_ping(peer *p, unsigned flags, const char *opaque);
/* HEADERS with END_HEADERS and `flags`. */
void peer_send_fields(peer *p, unsigned flags, uint32_t id, const char *text);
/* `n` octets of DATA. */
void peer_send_data(peer *p, unsigned flags, uint32_t id, size_t n);

/* The header block of a text, every field a literal without indexing. Returns its octets. */
size_t peer_encode(uint8_t *out, size_t cap, const char *text);

/* ---- what the program does ---- */

/* The session, after what was written has arrived. */
h2_session *peer_session(peer *p);
void peer_deliver(peer *p);
/* Collect the session's output: all of it, or what one call with room for `cap` gives. */
void peer_flush(peer *p);
size_t peer_flush_once(peer *p, size_t cap);

/* A text as fields of `fields`, at most `cap`. Returns how many; `storage` keeps the strings. */
size_t peer_parse(h2_field *fields, size_t cap, char *storage, size_t bytes, const char *text);
h2_result peer_try_open(peer *p, unsigned flags, const char *text, uint32_t *id);
h2_result peer_try_respond(peer *p, uint32_t id, unsigned flags, const char *text);
h2_result peer_try_trailers(peer *p, uint32_t id, const char *text);

/* ---- expectations ---- */

/* The next frame; false when there is none. */
bool peer_next(peer *p, peer_frame *frame);

#define peer_expect(p, type, flags, id)        peer_expect_frame(PEER_HERE(p), type, flags, id)
#define peer_expect_u32(p, type, id, value)    peer_expect_number(PEER_HERE(p), type, id, value)
#define peer_expect_goaway(p, last, code)      peer_expect_leaving(PEER_HERE(p), last, code)
#define peer_expect_nothing(p)                 peer_expect_silence(PEER_HERE(p))
#define peer_expect_fields(p, flags, id, text) peer_expect_section(PEER_HERE(p), flags, id, text)
#define peer_expect_events(p, text)            peer_expect_told(PEER_HERE(p), text)
#define peer_expect_alive(p)                   peer_expect_pong(PEER_HERE(p))
#define peer_open(p, flags, text)              peer_must_open(PEER_HERE(p), flags, text)
#define peer_respond(p, id, flags, text)       peer_must(PEER_HERE(p), peer_try_respond(p, id, flags, text))
#define peer_trailers(p, id, text)             peer_must(PEER_HERE(p), peer_try_trailers(p, id, text))

peer_frame peer_expect_frame(peer *p, unsigned type, unsigned flags, uint32_t id);
void peer_expect_number(peer *p, unsigned type, uint32_t id, uint32_t value);
/* GOAWAY; with an error code the session is over after it. */
void peer_expect_leaving(peer *p, uint32_t last, uint32_t code);
void peer_expect_silence(peer *p);
/* HEADERS and its CONTINUATIONs, together the fields of the text. */
void peer_expect_section(peer *p, unsigned flags, uint32_t id, const char *text);
/* The events since the last time, joined by "; ". */
void peer_expect_told(peer *p, const char *text);
/* A PING is answered, and nothing else was said before. */
void peer_expect_pong(peer *p);
uint32_t peer_must_open(peer *p, unsigned flags, const char *text);
void peer_must(peer *p, h2_result result);
void peer_fail(const peer *p, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
