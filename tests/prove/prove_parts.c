/* SPDX-License-Identifier: MIT */
#include "hpack.h"
#include "hpack_int.h"
#include "hpack_dynamic.h"
#include "hpack_static.h"
#include "hpack_string.h"
#include "prove.h"

/* HPACK's integers, read from any octets and written from any value, the static table, and copies of strings. */

void prove_integer_read(void) {
    uint32_t value;
    uint8_t shift;
    //@ loop unroll 9;
    for (uint32_t most = 1; most < 256; most = 2 * most + 1) {
        hpack_int_status status = hpack_int_first(&value, &shift, any_u8(), (uint8_t)most);
        //@ loop unroll 6;
        while (status == HPACK_INT_MORE) status = hpack_int_next(&value, &shift, any_u8());
        /*@ check status == 0 ==> value <= 0x0fffffff; */
    }
}

void prove_integer_write(void) {
    uint8_t out[HPACK_INT_MAX_OCTETS];
    //@ loop unroll 9;
    for (uint32_t most = 1; most < 256; most = 2 * most + 1)
        hpack_int_write(out, HPACK_INT_FIRST(0, (uint8_t)most), any_u32(0, HPACK_MAX_INTEGER));
}

void prove_static(void) {
    hpack_field field;
    //@ loop unroll 62;
    for (uint32_t index = 1; index <= HPACK_STATIC_COUNT; index++) {
#ifdef H2_SMALL
        const hpack_table empty = {0};
        hpack_table_entry(&empty, index, &field);
#else
        hpack_static_get(index, &field);
#endif
        /*@ check \valid_read(field.name + (0 .. field.name_len - 1)) && field.name_len <= 300; */
        /*@ check field.value_len == 0 || \valid_read(field.value + (0 .. field.value_len - 1)); */
        /*@ check field.value_len <= 300; */
    }
}

#ifndef H2_SMALL
/* Where there is nothing before the string, and nothing behind. */
void prove_copy(void) {
    char from[70], to[70];
    any_octets(from, sizeof from);
    //@ loop unroll 71;
    for (uint32_t len = 0; len <= sizeof to; len++) {
        hpack_copy(to, from, len);
        hpack_copy(to + sizeof to - len, from + sizeof from - len, len);
    }
}
#endif

int main(void) {
    prove_integer_read();
    prove_integer_write();
    prove_static();
#ifndef H2_SMALL
    prove_copy();
#endif
    return 0;
}
