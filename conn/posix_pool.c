/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "posix_pool.h"

void posix_pool_init(posix_pool *pool) {
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
