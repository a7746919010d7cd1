/* SPDX-License-Identifier: MIT */
#include "h2_settings.h"

typedef struct setting_info {
    uint32_t initial, least, most;
    uint8_t id, rule;
} setting_info;

static const setting_info rows[H2_SETTING_ROWS] = {
#define ROW(name, id, def, least, most, rule) {def, least, most, id, rule},
    H2_SETTINGS_LIST(ROW)
#undef ROW
};

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
    bool fits = value >= rows[row].least && value <= rows[row].most;
    return fits ? H2_RULE_NONE : (h2_rule)rows[row].rule;
}
