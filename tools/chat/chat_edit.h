/* SPDX-License-Identifier: MIT */
#ifndef CHAT_EDIT_H
#define CHAT_EDIT_H

/* A line that is being written. */

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define CHAT_EDIT_LETTERS 1000u

typedef struct chat_edit {
    wchar_t text[CHAT_EDIT_LETTERS];
    size_t len, at; /* letters; the cursor is in front of text[at] */
} chat_edit;

/* A letter typed, or a control character: home, end, delete to either side, a word back. */
void chat_edit_letter(chat_edit *e, wchar_t letter);
/* A key of curses.h: arrows, Home, End, Backspace, Delete. */
void chat_edit_key(chat_edit *e, int key);

/* The first letter to show so that the cursor is within `cells`; its column goes to *column. */
size_t chat_edit_from(const chat_edit *e, int cells, int *column);

/* Cells a letter takes; none is negative. */
int chat_cells(wchar_t letter);

#endif
