/* SPDX-License-Identifier: MIT */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

/*
 * The room: who is in it, and what waits to be sent to each.
 *
 * What is said is made into JSON once and shared by the queues of all. Nobody waits for anybody: a guest whose queue is
 * full is told so in the place of what waited, and gets nothing more. No call does I/O.
 *
 *   to a guest       {"type":"welcome","name":N,"guests":[N,...],"time":T}    after a join
 *                    {"type":"refused","why":W}                               a join under another name may follow
 *                    {"type":"joined","name":N,"time":T} {"type":"left","name":N,"time":T}
 *                    {"type":"post","from":N,"text":S,"time":T}               to its author too
 *                    {"type":"error","why":W}                                 what came was not taken
 *                    {"type":"dropped","why":W}                               the last one
 *   from a guest     {"type":"join","name":N} {"type":"post","text":S}
 *
 * T is in milliseconds since 1970, UTC.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "chat_text.h"

/* What may wait for a guest. */
#define CHAT_QUEUE_NOTES  256u
#define CHAT_QUEUE_OCTETS 131072u

/* Something to send: JSON and a newline. */
typedef struct chat_note {
    size_t refs;
    size_t len;
    char line[];
} chat_note;

typedef struct chat_guest {
    char name[CHAT_NAME_BYTES]; /* "" before a join */
    /* Called with the room locked when the queue overflowed: must not wait, and make the guest's reader end. */
    void (*cut)(void *user);
    void *user;
    /* The rest is the room's. */
    chat_note *queue[CHAT_QUEUE_NOTES];
    size_t first, n, octets;
    bool over; /* nothing is queued any more */
    bool slow; /* as it did not keep up */
    pthread_cond_t some;
    struct chat_guest *next;
} chat_guest;

typedef struct chat_room {
    pthread_mutex_t lock;
    chat_guest *guests; /* those with a name */
    size_t n;
} chat_room;

/* Prepare a zeroed guest. False when memory is short. */
bool chat_guest_init(chat_guest *g);
/* After chat_room_leave and a chat_room_next that gave NULL, or before anything was queued. */
void chat_guest_free(chat_guest *g);

/* Let a guest in under a name, and announce it; or tell the guest why not. */
bool chat_room_join(chat_room *room, chat_guest *g, const char *name);
/* Tell all what the guest says; or the guest why not. */
void chat_room_post(chat_room *room, chat_guest *g, const char *text);
/* Tell the guest alone that what came was not taken. */
void chat_room_complain(chat_room *room, chat_guest *g, const char *why);
/* Take the guest out and announce it, if it was in. Nothing is queued for it any more. */
void chat_room_leave(chat_room *room, chat_guest *g);

/* Wait for the next thing to send; NULL when there will be none. Handed back by chat_room_done. */
chat_note *chat_room_next(chat_room *room, chat_guest *g);
void chat_room_done(chat_room *room, chat_note *note);
/* Whether the guest did not keep up. */
bool chat_room_is_slow(chat_room *room, const chat_guest *g);

#endif
