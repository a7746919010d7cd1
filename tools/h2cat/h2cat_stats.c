/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "h2cat_stats.h"
#include "tool_exit.h"

/* How often the live line is drawn, and a ping sent for it; in milliseconds. */
#define DRAW_MS       500
#define STATS_PING_MS 1000
/* How long --stats waits for the answer to a ping of its own. */
#define PATIENCE_MS 2000

static atomic_uint_fast64_t all_sent, all_received;

static struct watch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    h2conn *conn;
    int64_t ping_ms, start_ms;
    bool running, stop, loud, stats, live, unanswered;
    int64_t n, least_us, most_us, sum_us; /* round trips */
} w = {.lock = PTHREAD_MUTEX_INITIALIZER};

void h2cat_stats_count(uint64_t sent, uint64_t received) {
    atomic_fetch_add_explicit(&all_sent, sent, memory_order_relaxed);
    atomic_fetch_add_explicit(&all_received, received, memory_order_relaxed);
}

/* "12.3 MB", in powers of 1,000. */
static const char *size(double octets, char out[24]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; octets >= 1000 && unit < 4; unit++) octets /= 1000;
    snprintf(out, 24, unit ? "%.1f %s" : "%.0f %s", octets, units[unit]);
    return out;
}

static void draw(uint64_t *sent_before, uint64_t *received_before, int64_t *drawn_ms) {
    char a[24], b[24], c[24], d[24];
    const uint64_t sent = atomic_load(&all_sent), received = atomic_load(&all_received);
    const int64_t now = h2conn_now();
    const double seconds = now > *drawn_ms ? (double)(now - *drawn_ms) / 1000 : 1;
    fprintf(stderr, "\r\033[Ksent %s (%s/s)  received %s (%s/s)", size((double)sent, a),
            size((double)(sent - *sent_before) / seconds, b), size((double)received, c),
            size((double)(received - *received_before) / seconds, d));
    if (w.n > 0) fprintf(stderr, "  round trip %.2f ms", (double)w.sum_us / (double)w.n / 1000);
    fflush(stderr);
    *sent_before = sent;
    *received_before = received;
    *drawn_ms = now;
}

/* Returns whether the connection is alive; the lock is let go of meanwhile. */
static bool ping(void) {
    int64_t us = 0;
    h2conn *conn = w.conn;
    const int64_t patience = w.loud ? w.ping_ms : PATIENCE_MS;
    pthread_mutex_unlock(&w.lock);
    const int error = h2conn_ping(conn, patience, &us);
    pthread_mutex_lock(&w.lock);
    if (w.stop) return false;
    if (error == H2CONN_OK) {
        w.least_us = w.n == 0 || us < w.least_us ? us : w.least_us;
        w.most_us = us > w.most_us ? us : w.most_us;
        w.sum_us += us;
        w.n++;
        if (w.loud) tool_say("round trip %.3f ms", (double)us / 1000);
        return true;
    }
    if (w.loud && error == H2CONN_ETIMEDOUT) {
        tool_say("no answer to a ping within %g s", (double)patience / 1000);
        w.unanswered = true;
        h2conn_reset(conn, H2_CANCEL);
    }
    return false;
}

static void wait_until(int64_t at_ms) {
    const struct timespec until = {.tv_sec = (time_t)(at_ms / 1000), .tv_nsec = (long)(at_ms % 1000) * 1000000};
    pthread_cond_timedwait(&w.changed, &w.lock, &until);
}

static void *run(void *user) {
    uint64_t sent = 0, received = 0;
    (void)user;
    pthread_mutex_lock(&w.lock);
    bool alive = true;
    int64_t drawn = h2conn_now(), ping_at = drawn;
    while (!w.stop) {
        const int64_t now = h2conn_now();
        if (alive && now >= ping_at) {
            alive = ping();
            ping_at = now + w.ping_ms;
        }
        if (w.live && !w.stop && h2conn_now() >= drawn + DRAW_MS) draw(&sent, &received, &drawn);
        const int64_t draw_at = drawn + DRAW_MS;
        if (!w.stop) wait_until(w.live && draw_at < ping_at ? draw_at : alive ? ping_at : now + 60000);
    }
    pthread_mutex_unlock(&w.lock);
    return NULL;
}

bool h2cat_stats_start(h2conn *conn, int64_t ping_ms, bool stats) {
    pthread_condattr_t attributes;
    if (ping_ms == 0 && !stats) return true;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    w.conn = conn;
    w.loud = ping_ms > 0;
    w.ping_ms = ping_ms > 0 ? ping_ms : STATS_PING_MS;
    w.stats = stats;
    /* What is typed or comes in would be on the same line. */
    w.live = stats && isatty(STDERR_FILENO) && !isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO);
    w.start_ms = h2conn_now();
    w.running = pthread_create(&w.thread, NULL, run, NULL) == 0;
    return w.running;
}

bool h2cat_stats_stop(void) {
    if (!w.running) return true;
    pthread_mutex_lock(&w.lock);
    w.stop = true;
    pthread_cond_signal(&w.changed);
    pthread_mutex_unlock(&w.lock);
    pthread_join(w.thread, NULL);
    w.running = false;
    if (w.live) fputs("\r\033[K", stderr);
    return !w.unanswered;
}

void h2cat_stats_summary(void) {
    char a[24], b[24];
    if (!w.stats) return;
    const uint64_t sent = atomic_load(&all_sent), received = atomic_load(&all_received);
    const double seconds = (double)(h2conn_now() - w.start_ms) / 1000, per = seconds > 0 ? seconds : 0.001;
    char trips[96] = "";
    if (w.n > 0)
        snprintf(trips, sizeof trips, "; round trip %.3f/%.3f/%.3f ms (least/mean/most of %" PRId64 ")",
                 (double)w.least_us / 1000, (double)w.sum_us / (double)w.n / 1000, (double)w.most_us / 1000, w.n);
    tool_say("sent %" PRIu64 " bytes (%s/s), received %" PRIu64 " bytes (%s/s) in %.3f s%s", sent,
             size((double)sent / per, a), received, size((double)received / per, b), seconds, trips);
}
