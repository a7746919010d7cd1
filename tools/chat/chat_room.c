/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "chat_room.h"

static json_int_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (json_int_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- notes ---- */

/* The value's JSON, with no reference yet; takes the value. NULL when memory is short. */
static chat_note *write_down(json_t *value) {
    const size_t len = value ? json_dumpb(value, NULL, 0, JSON_COMPACT) : 0;
    chat_note *note = len > 0 ? malloc(sizeof *note + len + 1) : NULL;
    if (note) {
        note->refs = 0;
        note->len = len + 1;
        json_dumpb(value, note->line, len, JSON_COMPACT);
        note->line[len] = '\n';
    }
    json_decref(value);
    return note;
}

static void let_go(chat_note *note) {
    if (--note->refs == 0) free(note);
}

/* ---- a guest's queue; the room is locked ---- */

static void clear(chat_guest *g) {
    for (; g->n > 0; g->n--, g->first = (g->first + 1) % CHAT_QUEUE_NOTES) let_go(g->queue[g->first]);
    g->octets = 0;
}

static void append(chat_guest *g, chat_note *note) {
    note->refs++;
    g->queue[(g->first + g->n++) % CHAT_QUEUE_NOTES] = note;
    g->octets += note->len;
    pthread_cond_signal(&g->some);
}

static void drop(chat_guest *g) {
    chat_note *last = write_down(json_pack("{ssss}", "type", "dropped", "why", "you did not keep up with the room"));
    clear(g);
    if (last) append(g, last);
    g->over = g->slow = true;
    pthread_cond_signal(&g->some);
    g->cut(g->user);
}

static void queue(chat_guest *g, chat_note *note) {
    if (g->over) return;
    if (g->n < CHAT_QUEUE_NOTES && g->octets + note->len <= CHAT_QUEUE_OCTETS)
        append(g, note);
    else
        drop(g);
}

/* Takes the value. */
static void tell(chat_guest *g, json_t *value) {
    chat_note *note = write_down(value);
    if (!note) return;
    note->refs++;
    queue(g, note);
    let_go(note);
}

/* All but one, which may be NULL. Takes the value. */
static void tell_all(chat_room *room, const chat_guest *but, json_t *value) {
    chat_note *note = write_down(value);
    if (!note) return;
    note->refs++;
    for (chat_guest *g = room->guests; g; g = g->next)
        if (g != but) queue(g, note);
    let_go(note);
}

/* ---- the room ---- */

bool chat_guest_init(chat_guest *g) {
    return pthread_cond_init(&g->some, NULL) == 0;
}

void chat_guest_free(chat_guest *g) {
    pthread_cond_destroy(&g->some);
}

static const char *why_not(const chat_room *room, const chat_guest *g, const char *name) {
    const char *bad = chat_bad_name(name);
    if (bad) return bad;
    if (g->name[0] != '\0') return "you are in the room already";
    for (const chat_guest *other = room->guests; other; other = other->next)
        if (strcasecmp(other->name, name) == 0) return "that name is taken; choose another";
    return room->n < CHAT_GUESTS ? NULL : "the room is full; come back later";
}

static json_t *names(const chat_room *room) {
    json_t *list = json_array();
    for (const chat_guest *g = room->guests; g; g = g->next) json_array_append_new(list, json_string(g->name));
    return list;
}

bool chat_room_join(chat_room *room, chat_guest *g, const char *name) {
    pthread_mutex_lock(&room->lock);
    const char *why = why_not(room, g, name);
    if (why) {
        tell(g, json_pack("{ssss}", "type", "refused", "why", why));
    } else {
        memcpy(g->name, name, strlen(name) + 1);
        g->next = room->guests;
        room->guests = g;
        room->n++;
        const json_int_t at = now();
        tell(g, json_pack("{sssssosI}", "type", "welcome", "name", name, "guests", names(room), "time", at));
        tell_all(room, g, json_pack("{sssssI}", "type", "joined", "name", name, "time", at));
    }
    pthread_mutex_unlock(&room->lock);
    return !why;
}

void chat_room_post(chat_room *room, chat_guest *g, const char *text) {
    const char *bad = chat_bad_text(text);
    pthread_mutex_lock(&room->lock);
    if (!bad && g->name[0] == '\0') bad = "join with a name first";
    if (bad)
        tell(g, json_pack("{ssss}", "type", "error", "why", bad));
    else
        tell_all(room, NULL, json_pack("{sssssssI}", "type", "post", "from", g->name, "text", text, "time", now()));
    pthread_mutex_unlock(&room->lock);
}

void chat_room_complain(chat_room *room, chat_guest *g, const char *why) {
    pthread_mutex_lock(&room->lock);
    tell(g, json_pack("{ssss}", "type", "error", "why", why));
    pthread_mutex_unlock(&room->lock);
}

void chat_room_leave(chat_room *room, chat_guest *g) {
    pthread_mutex_lock(&room->lock);
    for (chat_guest **at = &room->guests; *at; at = &(*at)->next) {
        if (*at != g) continue;
        *at = g->next;
        room->n--;
        tell_all(room, NULL, json_pack("{sssssI}", "type", "left", "name", g->name, "time", now()));
        break;
    }
    g->over = true;
    pthread_cond_signal(&g->some);
    pthread_mutex_unlock(&room->lock);
}

chat_note *chat_room_next(chat_room *room, chat_guest *g) {
    chat_note *note = NULL;
    pthread_mutex_lock(&room->lock);
    while (g->n == 0 && !g->over) pthread_cond_wait(&g->some, &room->lock);
    if (g->n > 0) {
        note = g->queue[g->first];
        g->first = (g->first + 1) % CHAT_QUEUE_NOTES;
        g->n--;
        g->octets -= note->len;
    }
    pthread_mutex_unlock(&room->lock);
    return note;
}

void chat_room_done(chat_room *room, chat_note *note) {
    pthread_mutex_lock(&room->lock);
    let_go(note);
    pthread_mutex_unlock(&room->lock);
}

bool chat_room_is_slow(chat_room *room, const chat_guest *g) {
    pthread_mutex_lock(&room->lock);
    const bool slow = g->slow;
    pthread_mutex_unlock(&room->lock);
    return slow;
}
