/* SPDX-License-Identifier: MIT */
#include "h2_chars.h"

const h2_chars h2_chars_method = {{0, 0x03ff6cfau, 0xc7fffffeu, 0x57ffffffu, 0}};
const h2_chars h2_chars_scheme = {{0, 0x03ff6800u, 0x07fffffeu, 0x07fffffeu, 0}};
const h2_chars h2_chars_authority = {{0, 0x2fff7ff2u, 0xafffffffu, 0x47fffffeu, 0}};
const h2_chars h2_chars_path = {{0, 0xfffffffeu, 0xffffffffu, 0x7fffffffu, 1}};
const h2_chars h2_chars_name = {{0, 0x03ff6cfau, 0xc0000000u, 0x57ffffffu, 0}};
const h2_chars h2_chars_host = {{0, 0x2fff7ff2u, 0xaffffffeu, 0x47fffffeu, 0}};
const h2_chars h2_chars_value = {{0xffffdbfeu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 1}};

bool h2_chars_all(const h2_chars *sort, const char *at, size_t len) {
    for (; len > 0; len--, at++) {
        unsigned c = (unsigned char)*at;
        if (c >= 128) c = 128;
        if (!(sort->bits[c >> 5] >> (c & 31) & 1)) return false;
    }
    return true;
}
