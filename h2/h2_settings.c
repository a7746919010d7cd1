/* SPDX-License-Identifier: MIT */
#include "h2_settings.h"

/* Identifiers are one more than their row, and two from 8 on, as 7 is none of them. */
#define IDENTIFIER(row) ((row) + 1 + ((row) >= H2_SET_ENABLE_CONNECT_PROTOCOL))

/* The most that may be sent is so many bits fewer than all; the least is 0, or the default. */
enum { MOST = 0x1f, LEAST_IS_INITIAL = 0x20, BREAKS_WINDOW = 0x40 };

#define INITIAL(name, id, def, least, most, rule) def,
const uint32_t h2_setting_defaults[H2_SETTING_ROWS] = {H2_SETTINGS_LIST(INITIAL)};

#define BITS(value) ((value) == UINT32_MAX ? 0 : (value) == H2_WINDOW_MAX ? 1 : (value) == H2_FRAME_SIZE_MAX ? 8 : 31)
#define RANGE(name, id, def, least, most, rule)                                                                        \
    BITS(most) | ((least) > 0 ? LEAST_IS_INITIAL : 0) | ((rule) == H2_RULE_SETTINGS_WINDOW ? BREAKS_WINDOW : 0),
static const uint8_t ranges[H2_SETTING_ROWS] = {H2_SETTINGS_LIST(RANGE)};

#define FITS(name, id, def, least, most, rule)                                                                         \
    &&(id) == IDENTIFIER(H2_SET_##name) && UINT32_MAX >> BITS(most) == (most) && ((least) == 0 || (least) == (def)) && \
        ((rule) == H2_RULE_SETTINGS_VALUE || (rule) == H2_RULE_SETTINGS_WINDOW)
_Static_assert(1 H2_SETTINGS_LIST(FITS), "every setting can be said in a row");

int h2_setting_find(uint16_t id) {
    for (int row = 0; row < H2_SETTING_ROWS; row++) {
        if (IDENTIFIER(row) == id) return row;
    }
    return -1;
}

uint16_t h2_setting_id(h2_setting_row row) {
    return (uint16_t)IDENTIFIER(row);
}

h2_rule h2_setting_check(h2_setting_row row, uint32_t value) {
    const unsigned range = ranges[row];
    if (value <= UINT32_MAX >> (range & MOST) && (!(range & LEAST_IS_INITIAL) || value >= h2_setting_defaults[row]))
        return H2_RULE_NONE;
    return range & BREAKS_WINDOW ? H2_RULE_SETTINGS_WINDOW : H2_RULE_SETTINGS_VALUE;
}
