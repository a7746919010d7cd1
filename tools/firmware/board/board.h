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

/* Octets nobody can foretell are not to be had from this machine; semihosting gives the host's clock. */
uint32_t board_host_ticks(void);

/* End the machine; 0 is success. */
_Noreturn void board_exit(int status);

#endif
