/* SPDX-License-Identifier: MIT */
#ifndef CHAT_SCREEN_H
#define CHAT_SCREEN_H

/* The terminal, full-screen: what was said, who is there, and a line to write in. One for the process. */

#include <stdbool.h>
#include <stdint.h>

typedef enum chat_kind { CHAT_SAID, CHAT_CAME, CHAT_WENT, CHAT_NOTICE } chat_kind;

/* What a key did. */
typedef enum chat_action { CHAT_NO_KEY, CHAT_EDITED, CHAT_ENTERED, CHAT_QUIT } chat_action;

/* Take the terminal; `where` is shown at the top and kept. False with a sentence on stderr when it is none. */
bool chat_screen_open(const char *where);
/* Give the terminal back. May be called twice. */
void chat_screen_close(void);

/* Before there is a name, the screen asks for one. */
void chat_screen_name(const char *name);
/* A sentence beside the line that is written, such as a complaint; NULL for none. Copied. */
void chat_screen_hint(const char *hint);
/* A line more. `who` is shown beside a CHAT_SAID and in front of others; `at_ms` is since 1970. Strings are UTF-8. */
void chat_screen_add(chat_kind kind, int64_t at_ms, const char *who, const char *text);
/* Who is there: forget all, one more, one less. */
void chat_screen_guests_clear(void);
void chat_screen_guest_came(const char *name);
void chat_screen_guest_went(const char *name);

void chat_screen_draw(void);

/* Take one key, if there is one. */
chat_action chat_screen_key(void);
/* What was written, in UTF-8, until the next call; the line is empty then. */
const char *chat_screen_line(void);

#endif
