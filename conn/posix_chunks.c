/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "posix_conn.h"

/*
 * The allocator as a source of chunks. Large ones are pages of their own: an allocator may keep what was freed, and a
 * pile is rare and may be large. New pages cost more than what is copied to them, and on a long link a pile comes and
 * goes all the time: so a number of them are kept, and those that were not needed for a while go back to the system.
 */

#define LARGE_KEPT_MOST 64u

static struct {
    pthread_mutex_t lock; /* taken last, for a few instructions */
    h2conn_chunk *first;
    size_t n, least;        /* kept; and the fewest since the last trim */
    int64_t trimmed_at;     /* when that was */
    _Atomic size_t present; /* kept or in use */
} large = {.lock = PTHREAD_MUTEX_INITIALIZER};

static h2conn_chunk *take_kept(void) {
    h2conn_chunk *chunk = large.first;
    if (chunk == NULL) return NULL;
    large.first = chunk->next;
    large.n--;
    if (large.n < large.least) large.least = large.n;
    return chunk;
}

static h2conn_chunk *large_get(size_t want) {
    h2conn_chunk *chunk = NULL;
    pthread_mutex_lock(&large.lock);
    if (want == H2CONN_CHUNK_LARGE) chunk = take_kept();
    pthread_mutex_unlock(&large.lock);
    if (chunk != NULL) return chunk;
    void *pages = mmap(NULL, sizeof *chunk + want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return NULL;
    atomic_fetch_add(&large.present, 1);
    return pages;
}

static void large_free(h2conn_chunk *chunk) {
    munmap(chunk, sizeof *chunk + chunk->cap);
    atomic_fetch_sub(&large.present, 1);
}

static void large_put(h2conn_chunk *chunk) {
    pthread_mutex_lock(&large.lock);
    const bool keep = chunk->cap == H2CONN_CHUNK_LARGE && large.n < LARGE_KEPT_MOST;
    if (keep) {
        chunk->next = large.first;
        large.first = chunk;
        large.n++;
    }
    pthread_mutex_unlock(&large.lock);
    if (!keep) large_free(chunk);
}

static h2conn_chunk *chunk_get(void *ctx, size_t want) {
    (void)ctx;
    h2conn_chunk *chunk = want < H2CONN_CHUNK_LARGE ? malloc(sizeof *chunk + want) : large_get(want);
    if (chunk == NULL) return NULL;
    chunk->cap = (uint32_t)want;
    chunk->bytes = (uint8_t *)(chunk + 1);
    return chunk;
}

static void chunk_put(void *ctx, h2conn_chunk *chunk) {
    (void)ctx;
    if (chunk->cap < H2CONN_CHUNK_LARGE)
        free(chunk);
    else
        large_put(chunk);
}

const h2conn_chunk_source posix_chunks = {chunk_get, chunk_put, NULL};

bool posix_chunks_present(void) {
    return atomic_load_explicit(&large.present, memory_order_relaxed) > 0;
}

void posix_chunks_trim(int64_t now) {
    h2conn_chunk *idle = NULL, *chunk;
    pthread_mutex_lock(&large.lock);
    if (now - large.trimmed_at >= POSIX_TRIM_MS) {
        for (size_t left = large.least; left > 0 && (chunk = take_kept()) != NULL; left--) {
            chunk->next = idle;
            idle = chunk;
        }
        large.least = large.n;
        large.trimmed_at = now;
    }
    pthread_mutex_unlock(&large.lock);
    while (idle != NULL) {
        h2conn_chunk *next = idle->next;
        large_free(idle);
        idle = next;
    }
}
