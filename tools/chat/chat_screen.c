/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE    700
#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "chat_edit.h"
#include "chat_screen.h"
#include "chat_text.h"

#define ENTRIES 1000u
/* Columns: a time, a name, and the list of guests where there is room for it. */
#define TIME_CELLS 5
/* Names have less room where the window has. */
#define NAME_CELLS   (getmaxx(stdscr) < 60 ? 8 : 14)
#define TEXT_COLUMN  (1 + TIME_CELLS + 1 + NAME_CELLS + 3)
#define GUESTS_CELLS 22
#define WIDE_ENOUGH  72
#define NAME_COLOURS 6

enum { PAIR_BAR = 1, PAIR_DIM, PAIR_CAME, PAIR_WENT, PAIR_HINT, PAIR_NAME };

typedef struct entry {
    chat_kind kind;
    int64_t at_ms;
    char who[CHAT_NAME_BYTES];
    wchar_t *text;
    size_t len;
} entry;

static struct {
    bool open;
    const char *where;
    char name[CHAT_NAME_BYTES], hint[128];
    entry log[ENTRIES]; /* a ring */
    size_t first, n;
    char guests[CHAT_GUESTS][CHAT_NAME_BYTES];
    size_t n_guests;
    chat_edit edit;
    char line[4 * CHAT_EDIT_LETTERS + 1];
    int back;      /* rows scrolled up */
    size_t unread; /* entries that came meanwhile */
} s;

/* ---- terminal ---- */

static void make_colours(void) {
    static const short many[NAME_COLOURS] = {75, 114, 179, 176, 80, 210};
    static const short few[NAME_COLOURS] = {COLOR_CYAN,    COLOR_GREEN, COLOR_YELLOW,
                                            COLOR_MAGENTA, COLOR_BLUE,  COLOR_RED};
    const bool rich = COLORS >= 256;
    start_color();
    use_default_colors();
    init_pair(PAIR_BAR, rich ? 255 : COLOR_WHITE, rich ? 24 : COLOR_BLUE);
    init_pair(PAIR_DIM, rich ? 244 : -1, -1);
    init_pair(PAIR_CAME, COLOR_GREEN, -1);
    init_pair(PAIR_WENT, rich ? 131 : COLOR_RED, -1);
    init_pair(PAIR_HINT, COLOR_YELLOW, -1);
    for (short i = 0; i < NAME_COLOURS; i++) init_pair((short)(PAIR_NAME + i), rich ? many[i] : few[i], -1);
}

bool chat_screen_open(const char *where) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fputs("chat_client: this needs a terminal; h2cat talks to the room from a pipe\n", stderr);
        return false;
    }
    setlocale(LC_ALL, "");
    if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
    if (!newterm(NULL, stdout, stdin)) {
        fputs("chat_client: curses does not know this terminal; set TERM\n", stderr);
        return false;
    }
    s.open = true;
    s.where = where;
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    make_colours();
    return true;
}

void chat_screen_close(void) {
    if (s.open) endwin();
    s.open = false;
    for (; s.n > 0; s.n--, s.first = (s.first + 1) % ENTRIES) free(s.log[s.first].text);
}

/* ---- what is known ---- */

static void copy(char *to, size_t cap, const char *from) {
    snprintf(to, cap, "%s", from ? from : "");
}

/* Cells of a row of text. */
static int text_cells(void) {
    const int width = getmaxx(stdscr);
    return (width >= WIDE_ENOUGH ? width - GUESTS_CELLS : width) - TEXT_COLUMN - 1;
}

void chat_screen_name(const char *name) {
    copy(s.name, sizeof s.name, name);
}

void chat_screen_hint(const char *hint) {
    copy(s.hint, sizeof s.hint, hint);
}

/* What a server might hide in it is shown as a dot. */
static size_t widen(wchar_t *to, size_t cap, const char *text) {
    const char *end = text + strlen(text);
    size_t n = 0;
    while (text < end && n < cap) {
        const uint32_t letter = chat_letter(&text, end);
        to[n++] = letter != 0x200d && chat_is_hidden(letter) ? L'\u00b7' : (wchar_t)letter;
    }
    return n;
}

static int rows_of(const entry *e, int cells);

void chat_screen_add(chat_kind kind, int64_t at_ms, const char *who, const char *text) {
    const size_t cap = strlen(text);
    wchar_t *wide = malloc((cap + 1) * sizeof *wide);
    if (!wide) return;
    if (s.n == ENTRIES) {
        free(s.log[s.first].text);
        s.first = (s.first + 1) % ENTRIES;
        s.n--;
    }
    entry *e = &s.log[(s.first + s.n++) % ENTRIES];
    *e = (entry){.kind = kind, .at_ms = at_ms, .text = wide, .len = widen(wide, cap, text)};
    copy(e->who, sizeof e->who, who);
    if (s.back == 0) return;
    /* Who has scrolled back to read goes on seeing the same. */
    s.back += rows_of(e, text_cells());
    s.unread++;
}

void chat_screen_guests_clear(void) {
    s.n_guests = 0;
}

void chat_screen_guest_came(const char *name) {
    size_t at = s.n_guests;
    if (at == CHAT_GUESTS) return;
    for (; at > 0 && strcoll(s.guests[at - 1], name) > 0; at--) memcpy(s.guests[at], s.guests[at - 1], CHAT_NAME_BYTES);
    copy(s.guests[at], CHAT_NAME_BYTES, name);
    s.n_guests++;
}

void chat_screen_guest_went(const char *name) {
    for (size_t i = 0; i < s.n_guests; i++) {
        if (strcmp(s.guests[i], name) != 0) continue;
        memmove(s.guests[i], s.guests[i + 1], (--s.n_guests - i) * CHAT_NAME_BYTES);
        return;
    }
}

/* ---- drawing ---- */

static int name_colour(const char *name) {
    unsigned sum = 0;
    for (; *name; name++) sum = sum * 31 + (unsigned char)*name;
    return (int)(COLOR_PAIR(PAIR_NAME + (int)(sum % NAME_COLOURS)) | A_BOLD);
}

/* Put a string within so many cells, an ellipsis at its end where it is cut; to the right with `right`. */
static void put(int row, int column, int cells, const char *text, bool right) {
    wchar_t wide[256];
    const size_t len = widen(wide, sizeof wide / sizeof *wide, text);
    size_t n = 0;
    int used = 0;
    if (cells < 1) return;
    while (n < len && used + chat_cells(wide[n]) <= cells) used += chat_cells(wide[n++]);
    if (n < len && n > 0) {
        used -= chat_cells(wide[n - 1]) - 1;
        wide[n - 1] = L'\u2026';
    }
    mvaddnwstr(row, column + (right ? cells - used : 0), wide, (int)n);
}

static int cells_of(const char *text) {
    wchar_t wide[256];
    const size_t len = widen(wide, sizeof wide / sizeof *wide, text);
    int cells = 0;
    for (size_t i = 0; i < len; i++) cells += chat_cells(wide[i]);
    return cells;
}

/* Whether a row may end after this letter: a space, or a wide one unless what follows belongs to it. */
static bool may_break(const wchar_t *text, size_t at, size_t len) {
    if (text[at] == L' ' || at + 1 == len) return true;
    const wchar_t next = text[at + 1];
    return chat_cells(text[at]) == 2 && chat_cells(next) > 0 && next != L' ' && (next < 0x1f3fb || next > 0x1f3ff) &&
           !wcschr(L",.!?;:)\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\uff09\u300d\u300f\u3011\u2026", next);
}

/* How much of the text goes on a row. */
static size_t fit(const wchar_t *text, size_t len, int cells) {
    size_t n = 0, end = 0;
    int used = 0;
    for (; n < len && (used += chat_cells(text[n])) <= cells; n++)
        if (may_break(text, n, len)) end = n + 1;
    if (n == len) return n;
    if (text[n] == L' ') return n + 1; /* it is not seen */
    return end > 0 ? end : n > 0 ? n : 1;
}

static int rows_of(const entry *e, int cells) {
    int rows = 0;
    if (cells < 1) return 1;
    for (size_t at = 0; at < e->len || rows == 0; rows++) at += fit(e->text + at, e->len - at, cells);
    return rows;
}

static void draw_margin(const entry *e, int row) {
    static const char *const marks[] = {[CHAT_CAME] = "\u2192", [CHAT_WENT] = "\u2190", [CHAT_NOTICE] = "!"};
    static const int pairs[] = {[CHAT_CAME] = PAIR_CAME, [CHAT_WENT] = PAIR_WENT, [CHAT_NOTICE] = PAIR_HINT};
    const time_t at = (time_t)(e->at_ms / 1000);
    struct tm day;
    char clock[TIME_CELLS + 1] = "";
    if (localtime_r(&at, &day)) strftime(clock, sizeof clock, "%H:%M", &day);
    attrset(COLOR_PAIR(PAIR_DIM));
    put(row, 1, TIME_CELLS, clock, false);
    attrset(e->kind == CHAT_SAID ? name_colour(e->who) : (int)COLOR_PAIR(pairs[e->kind]));
    put(row, 1 + TIME_CELLS + 1, NAME_CELLS, e->kind == CHAT_SAID ? e->who : marks[e->kind], true);
}

/* Draw an entry whose first row is `row`, as far as it is within [top, bottom). */
static void draw_entry(const entry *e, int row, int top, int bottom, int cells) {
    if (row >= top && row < bottom) draw_margin(e, row);
    size_t at = 0;
    do {
        const size_t n = fit(e->text + at, e->len - at, cells);
        if (row >= top && row < bottom) {
            attrset(COLOR_PAIR(PAIR_DIM));
            mvaddnwstr(row, TEXT_COLUMN - 2, L"\u2502", 1);
            attrset(e->kind == CHAT_SAID ? 0 : (int)COLOR_PAIR(PAIR_DIM));
            mvaddnwstr(row, TEXT_COLUMN, e->text + at, (int)n);
        }
        at += n;
        row++;
    } while (at < e->len);
}

static void draw_log(int top, int bottom, int cells) {
    int rows = 0;
    if (cells < 1) return;
    for (size_t i = 0; i < s.n; i++) rows += rows_of(&s.log[(s.first + i) % ENTRIES], cells);
    const int most = rows > bottom - top ? rows - (bottom - top) : 0;
    if (s.back > most) s.back = most;
    if (s.back <= 0) s.back = 0, s.unread = 0;
    int row = bottom + s.back;
    for (size_t i = s.n; i-- > 0 && row > top;) {
        const entry *e = &s.log[(s.first + i) % ENTRIES];
        row -= rows_of(e, cells);
        draw_entry(e, row, top, bottom, cells);
    }
}

static void draw_guests(int column, int top, int bottom) {
    const int room = bottom - top - 2;
    attrset(COLOR_PAIR(PAIR_DIM));
    mvvline(top, column, ACS_VLINE, bottom - top);
    put(top, column + 2, GUESTS_CELLS - 3, "in the room", false);
    for (size_t i = 0; i < s.n_guests && (int)i < room; i++) {
        attrset(name_colour(s.guests[i]));
        put(top + 2 + (int)i, column + 2, GUESTS_CELLS - 3, s.guests[i], false);
    }
}

static void draw_bar(int width) {
    char here[32];
    snprintf(here, sizeof here, "%zu here", s.n_guests);
    /* Who one is and how many there are have their room first, then where. */
    const int count = (int)strlen(here), name = cells_of(s.name), most = width - 1 - count - 2 - 7;
    const int names = name < most ? name : most;
    attrset(COLOR_PAIR(PAIR_BAR) | A_BOLD);
    mvhline(0, 0, ' ', width);
    put(0, 1, 4, "chat", false);
    if (s.name[0] != '\0') put(0, width - 1 - count - 2 - names, names, s.name, true);
    attrset(COLOR_PAIR(PAIR_BAR));
    if (s.name[0] != '\0') put(0, width - 1 - count, count, here, true);
    put(0, 7, s.name[0] != '\0' ? most - names - 2 : width - 8, s.where, false);
}

static void draw_edit(int row, int column, int cells) {
    int cursor;
    if (cells < 1) return;
    const size_t from = chat_edit_from(&s.edit, cells, &cursor);
    attrset(A_NORMAL);
    mvaddnwstr(row, column, s.edit.text + from, (int)fit(s.edit.text + from, s.edit.len - from, cells));
    move(row, column + cursor);
}

static void draw_room(int height, int width) {
    const bool wide = width >= WIDE_ENOUGH;
    const int right = wide ? width - GUESTS_CELLS : width;
    char below[64] = " more below: Page Down ";
    draw_log(1, height - 2, text_cells());
    if (s.unread > 0) snprintf(below, sizeof below, " %zu new below: Page Down ", s.unread);
    if (wide) draw_guests(right, 1, height - 2);
    attrset(COLOR_PAIR(PAIR_DIM));
    mvhline(height - 2, 0, ACS_HLINE, width);
    if (wide) mvaddch(height - 2, right, ACS_BTEE);
    attrset(COLOR_PAIR(PAIR_HINT));
    if (s.hint[0] != '\0' || s.back > 0) put(height - 2, 2, width - 4, s.hint[0] != '\0' ? s.hint : below, false);
    attrset(A_BOLD);
    put(height - 1, 1, 1, "\u203a", false);
    draw_edit(height - 1, 3, width - 4);
}

static void draw_login(int height, int width) {
    const int cells = width < 44 ? width - 4 : 40, row = height / 2 - 2, column = (width - cells) / 2;
    attrset(A_BOLD);
    put(row, column, cells, "What is your name?", false);
    attrset(COLOR_PAIR(PAIR_DIM));
    mvhline(row + 3, column, ACS_HLINE, cells);
    put(row + 5, column, cells, "Enter joins the room, Ctrl-C leaves.", false);
    put(row + 6, column, cells, "Page Up reads what has gone by.", false);
    attrset(COLOR_PAIR(PAIR_HINT));
    put(row + 4, column, width - column - 1, s.hint, false);
    draw_edit(row + 2, column, cells);
}

void chat_screen_draw(void) {
    int height, width;
    getmaxyx(stdscr, height, width);
    erase();
    if (height < 6 || width < TEXT_COLUMN + 10)
        put(0, 0, width, "window too small", false);
    else {
        draw_bar(width);
        if (s.name[0] == '\0')
            draw_login(height, width);
        else
            draw_room(height, width);
    }
    refresh();
}

/* ---- keys ---- */

chat_action chat_screen_key(void) {
    wint_t key;
    const int kind = get_wch(&key);
    if (kind == ERR) return CHAT_NO_KEY;
    const int page = getmaxy(stdscr) > 6 ? getmaxy(stdscr) - 4 : 1;
    if (kind == KEY_CODE_YES) {
        if (key == KEY_ENTER) return CHAT_ENTERED;
        if (key == KEY_PPAGE) s.back += page;
        if (key == KEY_NPAGE) s.back -= page;
        chat_edit_key(&s.edit, (int)key);
        return CHAT_EDITED;
    }
    if (key == ('C' & 0x1f) || (key == ('D' & 0x1f) && s.edit.len == 0)) return CHAT_QUIT;
    if (key == '\r' || key == '\n') return CHAT_ENTERED;
    if (key == ('L' & 0x1f)) clearok(curscr, TRUE);
    chat_edit_letter(&s.edit, (wchar_t)key);
    return CHAT_EDITED;
}

const char *chat_screen_line(void) {
    size_t n = 0;
    for (size_t i = 0; i < s.edit.len; i++) {
        const int octets = wctomb(s.line + n, s.edit.text[i]);
        if (octets > 0) n += (size_t)octets;
    }
    s.line[n] = '\0';
    s.edit.len = s.edit.at = 0;
    s.back = 0;
    return s.line;
}
