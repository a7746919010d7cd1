/* SPDX-License-Identifier: MIT */
#ifndef DIFFERENTIAL_H
#define DIFFERENTIAL_H

/* A conversation between our session and one of libnghttp2, in memory. */

#include <check.h>
#include <nghttp2/nghttp2.h>
#include "h2.h"
#include "lender.h"

#define TALK_STREAMS  200u
#define TALK_BODY_MAX 150000u
#define TALK_PIPE     400000u

/* One direction of a stream: what is to come and what came. */
typedef struct talk_way {
    size_t length, received, sent;
    bool ended, trailers;
} talk_way;

typedef struct talk_stream {
    bool opened, answered, torn;
    talk_way way[2]; /* from the server, from the client */
    size_t unread;   /* received by us and not given back */
    bool lent;       /* of ours: all was lent */
} talk_stream;

typedef struct talk_pipe {
    uint8_t bytes[TALK_PIPE];
    size_t at, len;
} talk_pipe;

typedef struct talk {
    uint32_t seed;
    uint64_t random;
    bool we_serve;
    bool closing;  /* nothing new is begun */
    bool farewell; /* they were told that we leave */
    h2_session *ours;
    void *memory;  /* of ours, when it is given */
    lender lender; /* else */
    nghttp2_session *theirs;
    talk_stream streams[TALK_STREAMS];
    talk_pipe to_ours, to_theirs;
    unsigned whole;
} talk;

/* Below `bound`. */
uint32_t talk_random(talk *t, uint32_t bound);
/* The octets a body consists of, TALK_BODY_MAX at most. */
const uint8_t *talk_body(uint32_t id, bool from_client);
talk_stream *talk_find(talk *t, uint32_t id);
void talk_got(talk *t, uint32_t id, bool from_client, const uint8_t *bytes, size_t n, bool end);

/* differential_ours.c */
void ours_start(talk *t);
void ours_act(talk *t);
/* Whether octets are lent that windows hold back or that wait to be given back. */
bool ours_busy(talk *t);
bool ours_idle(talk *t);

/* differential_theirs.c */
void theirs_start(talk *t);
void theirs_act(talk *t);

#endif
