/* SPDX-License-Identifier: MIT */
#include "good.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "h2conn.h"

#define SAMPLES    65536u
#define PATIENCE   5000 /* ms for each call */
#define PAUSE_NS   2000000
#define SHOWN_WHYS 3u

struct good_client {
    pthread_t thread;
    pthread_mutex_t lock;
    _Atomic bool stopping;
    h2conn_client *client;
    char url[256];
    uint32_t n, failed, shown;
    int64_t us[SAMPLES];
};

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool talk(h2conn *conn) {
    static const char word[] = "the quick brown fox jumps over the lazy dog";
    char back[sizeof word];
    size_t got = 0;
    h2conn_set_deadline(conn, h2conn_now() + PATIENCE);
    if (h2conn_write(conn, word, sizeof word, NULL) || h2conn_close_write(conn)) return false;
    for (ptrdiff_t n; got < sizeof word; got += (size_t)n) {
        n = h2conn_read(conn, back + got, sizeof back - got);
        if (n <= 0) return false;
    }
    return memcmp(word, back, sizeof word) == 0 && h2conn_read(conn, back, 1) == 0;
}

static bool ask(good_client *g) {
    char why[H2CONN_WHY_BYTES];
    h2conn_options options = {.client = g->client, .timeout_ms = PATIENCE};
    h2conn_response response;
    h2conn *conn;
    int error = h2conn_connect(&conn, g->url, &options, &response);
    bool right = error == H2CONN_OK && response.status == 200 && talk(conn);
    if (!right && g->shown++ < SHOWN_WHYS)
        fprintf(stderr, "attacks: the good client failed: %s\n", error ? response.why : h2conn_why(conn, why));
    if (error == H2CONN_OK) h2conn_free(conn);
    return right;
}

static void *run(void *user) {
    good_client *g = user;
    while (!g->stopping) {
        int64_t start = now_us();
        bool right = ask(g);
        int64_t took = now_us() - start;
        pthread_mutex_lock(&g->lock);
        if (!right)
            g->failed++;
        else if (g->n < SAMPLES)
            g->us[g->n++] = took;
        pthread_mutex_unlock(&g->lock);
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    }
    return NULL;
}

good_client *good_start(const char *url) {
    good_client *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    snprintf(g->url, sizeof g->url, "%s", url);
    pthread_mutex_init(&g->lock, NULL);
    h2conn_client_options options = {0};
    if (h2conn_client_new(&g->client, &options) == H2CONN_OK && pthread_create(&g->thread, NULL, run, g) == 0) return g;
    free(g);
    return NULL;
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

good_figures good_take(good_client *g) {
    pthread_mutex_lock(&g->lock);
    good_figures f = {.done = g->n, .failed = g->failed};
    if (g->n > 0) {
        qsort(g->us, g->n, sizeof g->us[0], compare);
        f.p50_us = g->us[g->n / 2];
        f.p99_us = g->us[g->n - 1 - g->n / 100];
        f.worst_us = g->us[g->n - 1];
    }
    g->n = g->failed = 0;
    pthread_mutex_unlock(&g->lock);
    return f;
}

void good_stop(good_client *g) {
    g->stopping = true;
    pthread_join(g->thread, NULL);
    h2conn_client_free(g->client);
    free(g);
}
