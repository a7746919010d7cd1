/* SPDX-License-Identifier: MIT */
#ifndef BOARD_H
#define BOARD_H

/* QEMU's mps2-an385, a Cortex-M3 at 25 MHz: UART, clock, stack gauge, and exit by semihosting. */

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since reset. */
uint32_t board_ms(void);

/* Print to the UART. Knows %s, %d, %u, %x and %%. */
void board_print(const char *format, ...);
void board_write(const char *bytes, size_t n);

/* Paint the stack below the caller, and how many bytes below it were touched since. */
void board_stack_paint(void);
uint32_t board_stack_used(void);

/* What the host lends by semihosting, as the machine has none of its own. */

/* Seconds since 1970. */
long board_epoch(void *unused);
/* Fill `out` with `n` octets from the host's random source. Returns 0 or -1. */
int board_random(unsigned char *out, unsigned n);
uint32_t board_random_number(void);
/* The number that the emulator was given as argument `index` after the image's name; 0 when there is none. */
uint32_t board_argument(int index);

/* End the machine; 0 is success. */
_Noreturn void board_exit(int status);

#endif
