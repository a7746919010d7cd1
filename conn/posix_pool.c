/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_pool.h"

/* The least brief loan that is a buffer: small ones the allocator has at hand. */
#define LOAN_MIN 4096u

static bool is_buffer(size_t bytes, bool brief) {
    return brief && bytes >= LOAN_MIN && bytes <= POSIX_BUFFER_BYTES;
}

static void *lend(void *user, size_t bytes, bool brief) {
    return is_buffer(bytes, brief) ? posix_pool_get(user) : malloc(bytes);
}

static void take_back(void *user, void *memory, size_t bytes, bool brief) {
    if (is_buffer(bytes, brief))
        posix_pool_put(user, memory);
    else
        free(memory);
}

void posix_pool_init(posix_pool *pool) {
    pool->lender = (h2_lender){lend, take_back, pool};
    pool->n = 0;
    pthread_mutex_init(&pool->lock, NULL);
}

void posix_pool_free(posix_pool *pool) {
    while (pool->n > 0) free(pool->kept[--pool->n]);
    pthread_mutex_destroy(&pool->lock);
}

uint8_t *posix_pool_get(posix_pool *pool) {
    uint8_t *buffer = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->n > 0) buffer = pool->kept[--pool->n];
    pthread_mutex_unlock(&pool->lock);
    return buffer != NULL ? buffer : malloc(POSIX_BUFFER_BYTES);
}

void posix_pool_put(posix_pool *pool, uint8_t *buffer) {
    if (buffer == NULL) return;
    pthread_mutex_lock(&pool->lock);
    if (pool->n < POSIX_POOL_KEPT) {
        pool->kept[pool->n++] = buffer;
        buffer = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    free(buffer);
}
