/* SPDX-License-Identifier: MIT */
#include "h2_error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *h2_code_name(uint32_t code) {
    static const char *const names[] = {
#define NAME(name, value) [value] = &#name[3],
        H2_CODES(NAME)
#undef NAME
    };
    return code < COUNT(names) ? names[code] : "UNKNOWN";
}

/* The code, and the scope above it. */
static const uint8_t rows[] = {
#define ROW(name, code, scope, text) (code) | (scope) << 4,
    H2_RULES(ROW)
#undef ROW
};

h2_code h2_rule_code(h2_rule rule) {
    return (h2_code)(rows[rule] & 0xf);
}

h2_scope h2_rule_scope(h2_rule rule) {
    return (h2_scope)(rows[rule] >> 4);
}

const char *h2_rule_text(h2_rule rule) {
#ifdef H2_SMALL
    (void)rule;
    return "";
#else
    static const char *const texts[] = {
#define TEXT(name, code, scope, text) text,
        H2_RULES(TEXT)
#undef TEXT
    };
    return texts[rule];
#endif
}
