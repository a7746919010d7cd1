/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

/* What people may be called and say, and how long it may be. Both programs keep to it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAT_NAME_LETTERS 24u
#define CHAT_NAME_BYTES   (4 * CHAT_NAME_LETTERS + 1) /* terminator included */
#define CHAT_TEXT_OCTETS  4000u
/* Octets of a JSON value from a guest, and of one from the server, which may list everybody. */
#define CHAT_ASK_BYTES  32768u
#define CHAT_TELL_BYTES 131072u
#define CHAT_GUESTS     256u

/* The code point at *at, which is moved behind it; 0xfffd, one octet taken, where there is no UTF-8. */
uint32_t chat_letter(const char **at, const char *end);

/* Whether it shows nothing, or changes how what surrounds it is shown: controls, and marks of direction and width. */
bool chat_is_hidden(uint32_t letter);

/* NULL when it may be a name: 1 to CHAT_NAME_LETTERS letters, none hidden, no space at either end; else a sentence. */
const char *chat_bad_name(const char *name);

/* NULL when it may be said: up to CHAT_TEXT_OCTETS, something to see, nothing hidden; else a sentence. */
const char *chat_bad_text(const char *text);

#endif
