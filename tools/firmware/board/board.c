/* SPDX-License-Identifier: MIT */
#include "board.h"
#include <stdarg.h>
#include <stdbool.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* CMSDK APB UART. */
#define UART_DATA  REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CTRL  REGISTER(0x40004008)
#define UART_BAUD  REGISTER(0x40004010)
#define UART_FULL  1u
#define UART_TX_ON 1u

/* SysTick, once a millisecond. */
#define SYST_CTRL   REGISTER(0xe000e010)
#define SYST_RELOAD REGISTER(0xe000e014)
#define SYST_VALUE  REGISTER(0xe000e018)
#define SYST_ON     7u
#define CLOCK_HZ    25000000u

/* Semihosting. */
#define SYS_OPEN          0x01
#define SYS_CLOSE         0x02
#define SYS_READ          0x06
#define SYS_TIME          0x11
#define SYS_GET_CMDLINE   0x15
#define SYS_EXIT_EXTENDED 0x20
#define OPEN_TO_READ      1u
#define EXITED            0x20026u

#define PAINT 0x5aa5c33cu

extern uint32_t image_data_from[], image_data[], image_data_end[], image_bss[], image_bss_end[];
extern uint32_t image_stack_end[], image_stack[];

int main(void);
_Noreturn void board_reset(void);

static volatile uint32_t ticks;
static uint32_t *painted_to;

static uint32_t semihost(uint32_t operation, void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

_Noreturn void board_exit(int status) {
    uint32_t block[2] = {EXITED, (uint32_t)status};
    semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

long board_epoch(void *unused) {
    (void)unused;
    return (long)semihost(SYS_TIME, NULL);
}

int board_random(unsigned char *out, unsigned n) {
    static const char path[] = "/dev/urandom";
    uint32_t open[3] = {(uint32_t)path, OPEN_TO_READ, sizeof path - 1};
    uint32_t file = semihost(SYS_OPEN, open);
    if (file == UINT32_MAX) return -1;
    uint32_t read[3] = {file, (uint32_t)out, n};
    const uint32_t missing = semihost(SYS_READ, read);
    semihost(SYS_CLOSE, &file);
    return missing == 0 ? 0 : -1;
}

uint32_t board_random_number(void) {
    uint32_t number = 0;
    board_random((unsigned char *)&number, sizeof number);
    return number;
}

uint32_t board_argument(int index) {
    static char line[128];
    uint32_t block[2] = {(uint32_t)line, sizeof line - 1}, number = 0;
    if (semihost(SYS_GET_CMDLINE, block) != 0) return 0;
    const char *at = line;
    for (int i = 0; i <= index; i++) {
        while (*at && *at != ' ') at++;
        while (*at == ' ') at++;
    }
    for (; *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint32_t)(*at - '0');
    return number;
}

uint32_t board_ms(void) {
    return ticks;
}

void board_write(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        while (UART_STATE & UART_FULL) {
        }
        UART_DATA = (uint8_t)bytes[i];
    }
}

static void print_number(uint32_t value, uint32_t base) {
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    board_write(digits + at, sizeof digits - at);
}

static void print_signed(int value) {
    if (value < 0) board_write("-", 1);
    print_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 10);
}

static void print_string(const char *string) {
    while (*string) board_write(string++, 1);
}

void board_print(const char *format, ...) {
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            board_write(format, 1);
            continue;
        }
        switch (*++format) {
        case 's': print_string(va_arg(list, const char *)); break;
        case 'd': print_signed(va_arg(list, int)); break;
        case 'u': print_number(va_arg(list, uint32_t), 10); break;
        case 'x': print_number(va_arg(list, uint32_t), 16); break;
        default: board_write(format, 1);
        }
    }
    va_end(list);
}

static uint32_t *stack_pointer(void) {
    uint32_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

void board_stack_paint(void) {
    painted_to = stack_pointer();
    for (uint32_t *at = image_stack_end; at < painted_to; at++) *at = PAINT;
}

uint32_t board_stack_used(void) {
    uint32_t *at = image_stack_end;
    while (at < painted_to && *at == PAINT) at++;
    return (uint32_t)((char *)painted_to - (char *)at);
}

static void on_tick(void) {
    ticks++;
}

static void on_fault(void) {
    board_print("fault\n");
    board_exit(3);
}

_Noreturn void board_reset(void) {
    const uint32_t *from = image_data_from;
    for (uint32_t *to = image_data; to < image_data_end;) *to++ = *from++;
    for (uint32_t *to = image_bss; to < image_bss_end;) *to++ = 0;
    UART_BAUD = 16;
    UART_CTRL = UART_TX_ON;
    SYST_RELOAD = CLOCK_HZ / 1000 - 1;
    SYST_VALUE = 0;
    SYST_CTRL = SYST_ON;
    board_exit(main());
}

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(void *)image_stack, (vector)board_reset, on_fault, on_fault, on_fault, on_fault, on_fault, [15] = on_tick};
