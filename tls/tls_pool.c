/* SPDX-License-Identifier: MIT */
/* Without a pool each call would take fresh memory of this size and give it back, and the allocator would ask the
 * system for pages each time. */

#include <stdlib.h>
#include "tls_internal.h"

void h2tls_pool_init(tls_pool *pool) {
    pool->n = 0;
    pthread_mutex_init(&pool->lock, NULL);
}

void h2tls_pool_free(tls_pool *pool) {
    while (pool->n > 0) free(pool->kept[--pool->n]);
    pthread_mutex_destroy(&pool->lock);
}

uint8_t *h2tls_buffer_get(tls_pool *pool) {
    uint8_t *buffer = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->n > 0) buffer = pool->kept[--pool->n];
    pthread_mutex_unlock(&pool->lock);
    return buffer != NULL ? buffer : malloc(TLS_BUFFER_BYTES);
}

void h2tls_buffer_put(tls_pool *pool, uint8_t *buffer) {
    if (buffer == NULL) return;
    pthread_mutex_lock(&pool->lock);
    if (pool->n < TLS_POOL_KEPT) {
        pool->kept[pool->n++] = buffer;
        buffer = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    free(buffer);
}
