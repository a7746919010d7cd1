/* SPDX-License-Identifier: MIT */
#include "h2_settings.h"

/* The most that may be sent is so many bits fewer than all; the least is 0, or the default. */
typedef struct setting_info {
    uint32_t initial;
    uint8_t id, rule, most, least_is_initial;
} setting_info;

#define MOST(value)                            ((value) == UINT32_MAX ? 0 : (value) == H2_WINDOW_MAX ? 1 : (value) == H2_FRAME_SIZE_MAX ? 8 : 31)
#define IS_MOST(value)                         (UINT32_MAX >> MOST(value) == (value))
#define ROW(name, id, def, least, most, rule)  {def, id, rule, MOST(most), (least) > 0},
#define FITS(name, id, def, least, most, rule) &&IS_MOST(most) && ((least) == 0 || (least) == (def))
static const setting_info rows[H2_SETTING_ROWS] = {H2_SETTINGS_LIST(ROW)};
_Static_assert(1 H2_SETTINGS_LIST(FITS), "every range can be said in a row");

int h2_setting_find(uint16_t id) {
    for (int row = 0; row < H2_SETTING_ROWS; row++) {
        if (rows[row].id == id) return row;
    }
    return -1;
}

uint16_t h2_setting_id(h2_setting_row row) {
    return rows[row].id;
}

uint32_t h2_setting_default(h2_setting_row row) {
    return rows[row].initial;
}

h2_rule h2_setting_check(h2_setting_row row, uint32_t value) {
    const setting_info *info = &rows[row];
    bool fits = value <= UINT32_MAX >> info->most && (!info->least_is_initial || value >= info->initial);
    return fits ? H2_RULE_NONE : (h2_rule)info->rule;
}
