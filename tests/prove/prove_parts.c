/* SPDX-License-Identifier: MIT */
#include "hpack.h"
#include "hpack_int.h"
#include "hpack_static.h"
#include "prove.h"

/* HPACK's integers, read from any octets and written from any value, and the static table. */

void prove_integer_read(void) {
    uint32_t value;
    uint8_t shift;
    //@ loop unroll 9;
    for (uint32_t most = 1; most < 256; most = 2 * most + 1) {
        hpack_int_status status = hpack_int_first(&value, &shift, (uint8_t)prove_any, (uint8_t)most);
        //@ loop unroll 6;
        while (status == HPACK_INT_MORE) status = hpack_int_next(&value, &shift, (uint8_t)prove_any);
        /*@ check status == 0 ==> value <= 0x0fffffff; */
    }
}

void prove_integer_write(void) {
    uint8_t out[HPACK_INT_MAX_OCTETS];
    //@ loop unroll 9;
    for (uint32_t most = 1; most < 256; most = 2 * most + 1)
        hpack_int_write(out, 0, (uint8_t)most, any_u32(0, HPACK_MAX_INTEGER));
}

void prove_static(void) {
    hpack_field field;
    hpack_static_get(any_u32(1, HPACK_STATIC_COUNT), &field);
}

int main(void) {
    prove_integer_read();
    prove_integer_write();
    prove_static();
    return 0;
}
