/* SPDX-License-Identifier: MIT */
#ifndef POSIX_POOL_H
#define POSIX_POOL_H

/* Buffers that sessions borrow while bytes are in flight. A few that were returned are kept for the next; the rest go
 * back to the allocator. */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include "h2.h"

/* Four whole frames of the smallest limit: fewer system calls than single ones, and small enough for a cache. And room
 * for windows and answers beside them, which would push the end of the last one into a write of its own. */
#define POSIX_BUFFER_BYTES (4u * (H2_FRAME_HEADER_BYTES + H2_FRAME_SIZE_MIN) + 256u)
/* Returned buffers kept. */
#define POSIX_POOL_KEPT 16u

typedef struct posix_pool {
    pthread_mutex_t lock; /* taken last, for a few instructions */
    uint8_t *kept[POSIX_POOL_KEPT];
    size_t n;
} posix_pool;

void posix_pool_init(posix_pool *pool);
void posix_pool_free(posix_pool *pool);
/* POSIX_BUFFER_BYTES of room, or NULL. */
uint8_t *posix_pool_get(posix_pool *pool);
/* NULL is ignored. */
void posix_pool_put(posix_pool *pool, uint8_t *buffer);

#endif
