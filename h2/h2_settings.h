/* SPDX-License-Identifier: MIT */
#ifndef H2_SETTINGS_H
#define H2_SETTINGS_H

/* The settings an endpoint knows: RFC 9113, 6.5.2; RFC 8441, 3; RFC 9218, 2.1. One row each: name, id, default, least,
 * most, rule broken beyond. */

#include <stdbool.h>
#include <stdint.h>
#include "h2_error.h"
#include "h2_frame.h"
#include "h2_limits.h"

#define H2_SETTINGS_LIST(X)                                                                                            \
    X(HEADER_TABLE_SIZE, 1, 4096, 0, UINT32_MAX, H2_RULE_SETTINGS_VALUE)                                               \
    X(ENABLE_PUSH, 2, 1, 0, 1, H2_RULE_SETTINGS_VALUE)                                                                 \
    X(MAX_CONCURRENT_STREAMS, 3, UINT32_MAX, 0, UINT32_MAX, H2_RULE_SETTINGS_VALUE)                                    \
    X(INITIAL_WINDOW_SIZE, 4, H2_WINDOW_INITIAL, 0, H2_WINDOW_MAX, H2_RULE_SETTINGS_WINDOW)                            \
    X(MAX_FRAME_SIZE, 5, H2_FRAME_SIZE_MIN, H2_FRAME_SIZE_MIN, H2_FRAME_SIZE_MAX, H2_RULE_SETTINGS_VALUE)              \
    X(MAX_HEADER_LIST_SIZE, 6, UINT32_MAX, 0, UINT32_MAX, H2_RULE_SETTINGS_VALUE)                                      \
    X(ENABLE_CONNECT_PROTOCOL, 8, 0, 0, 1, H2_RULE_SETTINGS_VALUE)                                                     \
    X(NO_RFC7540_PRIORITIES, 9, 0, 0, 1, H2_RULE_SETTINGS_VALUE)

/* Rows by position, to index one endpoint's values. */
typedef enum h2_setting_row {
#define H2_SETTING_ROW(name, id, def, least, most, rule) H2_SET_##name,
    H2_SETTINGS_LIST(H2_SETTING_ROW)
#undef H2_SETTING_ROW
        H2_SETTING_ROWS
} h2_setting_row;

/* The row of an identifier, or -1 for one to ignore (6.5.2). */
int h2_setting_find(uint16_t id);

uint16_t h2_setting_id(h2_setting_row row);
/* What holds while nothing else was said. */
extern const uint32_t h2_setting_defaults[H2_SETTING_ROWS];

/* Whether a value may be sent for a row, by anyone. */
h2_rule h2_setting_check(h2_setting_row row, uint32_t value);

#endif
