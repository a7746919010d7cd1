/* SPDX-License-Identifier: MIT */
#ifndef ARCH_CC_H
#define ARCH_CC_H

/* What lwIP asks of this machine. */

#include "board.h"

#define LWIP_NO_UNISTD_H 1
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message)                                                                                  \
    do {                                                                                                               \
        board_print("lwip: %s\n", message);                                                                            \
        board_exit(4);                                                                                                 \
    } while (0)
#define LWIP_RAND() board_random_number()

#endif
