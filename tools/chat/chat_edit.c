/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include <ncurses.h>
#include <string.h>
#include "chat_edit.h"
#include "chat_text.h"

#define CONTROL(letter) ((letter)&0x1f)
#define DELETE          0x7f

int chat_cells(wchar_t letter) {
    const int cells = wcwidth(letter);
    return cells < 0 ? 1 : cells;
}

/* Take out what is from `from` to the cursor. */
static void take_back(chat_edit *e, size_t from) {
    wmemmove(e->text + from, e->text + e->at, e->len - e->at);
    e->len -= e->at - from;
    e->at = from;
}

static size_t word_start(const chat_edit *e) {
    size_t at = e->at;
    while (at > 0 && e->text[at - 1] == L' ') at--;
    while (at > 0 && e->text[at - 1] != L' ') at--;
    return at;
}

static void insert(chat_edit *e, wchar_t letter) {
    if (e->len == CHAT_EDIT_LETTERS || (letter != 0x200d && chat_is_hidden((uint32_t)letter))) return;
    wmemmove(e->text + e->at + 1, e->text + e->at, e->len++ - e->at);
    e->text[e->at++] = letter;
}

void chat_edit_letter(chat_edit *e, wchar_t letter) {
    switch (letter) {
    case CONTROL('A'): e->at = 0; break;
    case CONTROL('E'): e->at = e->len; break;
    case CONTROL('U'): take_back(e, 0); break;
    case CONTROL('K'): e->len = e->at; break;
    case CONTROL('W'): take_back(e, word_start(e)); break;
    case CONTROL('H'):
    case DELETE: chat_edit_key(e, KEY_BACKSPACE); break;
    default: insert(e, letter);
    }
}

void chat_edit_key(chat_edit *e, int key) {
    switch (key) {
    case KEY_LEFT: e->at -= e->at > 0; break;
    case KEY_RIGHT: e->at += e->at < e->len; break;
    case KEY_HOME: e->at = 0; break;
    case KEY_END: e->at = e->len; break;
    case KEY_BACKSPACE:
        if (e->at > 0) take_back(e, e->at - 1);
        break;
    case KEY_DC:
        if (e->at == e->len) break;
        e->at++;
        take_back(e, e->at - 1);
        break;
    default: break;
    }
}

size_t chat_edit_from(const chat_edit *e, int cells, int *column) {
    size_t from = e->at;
    *column = 0;
    while (from > 0 && *column + chat_cells(e->text[from - 1]) < cells) *column += chat_cells(e->text[--from]);
    return from;
}
