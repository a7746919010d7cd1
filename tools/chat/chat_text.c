/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "chat_text.h"

#define NO_LETTER 0xfffdu

uint32_t chat_letter(const char **at, const char *end) {
    const unsigned char *s = (const unsigned char *)*at;
    const size_t left = (size_t)(end - *at);
    const size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    *at += 1;
    if (n == 1) return s[0];
    if (n == 0 || n > left) return NO_LETTER;
    uint32_t letter = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return NO_LETTER;
        letter = letter << 6 | (s[i] & 0x3fu);
    }
    *at += n - 1;
    return letter;
}

bool chat_is_hidden(uint32_t letter) {
    static const uint32_t ranges[][2] = {{0, 0x1f},        {0x7f, 0x9f},      {0xad, 0xad},     {0x61c, 0x61c},
                                         {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f}, {0xfeff, 0xfeff},
                                         {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (letter >= ranges[i][0] && letter <= ranges[i][1]) return true;
    return false;
}

const char *chat_bad_name(const char *name) {
    const char *at = name, *end = name + strlen(name);
    size_t letters = 0;
    if (at == end) return "a name has at least one letter";
    if (*at == ' ' || end[-1] == ' ') return "a name neither begins nor ends with a space";
    while (at < end) {
        if (chat_is_hidden(chat_letter(&at, end))) return "a name has only letters that can be seen";
        if (++letters > CHAT_NAME_LETTERS) return "a name has at most 24 letters";
    }
    return NULL;
}

const char *chat_bad_text(const char *text) {
    const char *at = text, *end = text + strlen(text);
    bool seen = false;
    if ((size_t)(end - at) > CHAT_TEXT_OCTETS) return "that is too long: 4,000 octets at most";
    while (at < end) {
        const uint32_t letter = chat_letter(&at, end);
        /* A zero-width joiner makes one picture of several. */
        if (letter != 0x200d && chat_is_hidden(letter)) return "there is a control character in it";
        if (letter != ' ') seen = true;
    }
    return seen ? NULL : "there is nothing in it";
}
