/* SPDX-License-Identifier: MIT */
/*
 * A server under thousands of connections that open, talk, reset, vanish, attack and behave, for minutes: every honest
 * octet comes back, and from the second minute on its memory does not grow.
 * usage: soak MINUTES SERVER ARGUMENT...     the server echoes and says "listening on URL" on stderr
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "h2conn.h"
#include "process.h"
#include "storm.h"

#define SESSIONS    16u
#define HELD        125u /* connections of each session, held open throughout */
#define TALKERS     4u
#define TALK_MAX    65536u
#define PATIENCE_MS 20000
#define STORM_MS    1000
#define ATTACKERS   8u
#define SAMPLE_MS   5000
#define VANISH_MS   50
/* What memory may gain after the second minute, in KiB: the allocator's own ups and downs. */
#define SLACK_KIB 8192

typedef struct talker {
    pthread_t thread;
    uint32_t random;
    h2conn_client *clients[SESSIONS];
    h2conn *held[HELD];
} talker;

static process server;
static _Atomic bool stopping;
static _Atomic unsigned long opened, resets, vanished, attacks, failures;
static _Atomic unsigned long long octets;
static atomic_uint shown;

static uint32_t next(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static void failed(const char *what, h2conn *conn) {
    char why[H2CONN_WHY_BYTES];
    failures++;
    if (atomic_fetch_add(&shown, 1) < 10) fprintf(stderr, "soak: %s: %s\n", what, conn ? h2conn_why(conn, why) : "");
}

/* Send `n` octets and compare what comes back, as far as one window goes at a time. */
static bool echo(h2conn *conn, size_t n, uint32_t seed) {
    static _Thread_local uint8_t out[TALK_MAX], in[TALK_MAX];
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(next(&seed) >> 3);
    h2conn_set_deadline(conn, h2conn_now() + PATIENCE_MS);
    if (h2conn_write(conn, out, n, NULL) != H2CONN_OK) return false;
    for (size_t got = 0; got < n;) {
        ptrdiff_t some = h2conn_read(conn, in + got, n - got);
        if (some <= 0) return false;
        got += (size_t)some;
    }
    octets += 2 * n;
    return memcmp(out, in, n) == 0;
}

static h2conn *open_one(h2conn_client *client) {
    h2conn_options options = {.client = client, .timeout_ms = PATIENCE_MS};
    h2conn_response response;
    h2conn *conn;
    int error = h2conn_connect(&conn, server.url, &options, &response);
    if (error == H2CONN_OK && response.status == 200) {
        opened++;
        return conn;
    }
    failures++;
    if (atomic_fetch_add(&shown, 1) < 10) fprintf(stderr, "soak: connecting: %s\n", response.why);
    if (error == H2CONN_OK) h2conn_free(conn);
    return NULL;
}

/* One of those held is used, ended in one way or another now and then, and replaced. */
static void talk(talker *t) {
    uint32_t i = next(&t->random) % HELD, what = next(&t->random) % 16;
    h2conn **conn = &t->held[i];
    if (*conn == NULL) *conn = open_one(t->clients[i % SESSIONS]);
    if (*conn == NULL) return;
    if (!echo(*conn, 1 + next(&t->random) % (what == 0 ? TALK_MAX : 2000), t->random)) failed("an echo", *conn);
    if (what > 3) return;
    if (what == 1) {
        h2conn_reset(*conn, H2_CANCEL);
        resets++;
    } else if (h2conn_close_write(*conn) != H2CONN_OK || h2conn_read(*conn, &(uint8_t){0}, 1) != 0) {
        failed("an end", *conn);
    }
    h2conn_free(*conn);
    *conn = NULL;
}

static void *talker_run(void *user) {
    talker *t = user;
    h2conn_client_options options = {0};
    for (unsigned i = 0; i < SESSIONS; i++)
        if (h2conn_client_new(&t->clients[i], &options) != H2CONN_OK) abort();
    for (unsigned i = 0; i < HELD; i++) t->held[i] = open_one(t->clients[i % SESSIONS]);
    while (!stopping) talk(t);
    for (unsigned i = 0; i < HELD; i++) h2conn_free(t->held[i]);
    for (unsigned i = 0; i < SESSIONS; i++) h2conn_client_free(t->clients[i]);
    return NULL;
}

static void *attacker_run(void *user) {
    uint32_t random = 7;
    (void)user;
    while (!stopping) {
        storm_run(&attack_kinds[next(&random) % attack_kinds_count], server.port, ATTACKERS, STORM_MS);
        attacks++;
    }
    return NULL;
}

/* A process that opens streams with bytes under way, and is killed. */
static void vanish(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pid_t pid = fork();
    if (pid == 0) {
        uint8_t unit[ATTACK_UNIT_BYTES];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool sent = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                    write(fd, H2_PREFACE "\0\0\0\4\0\0\0\0\0", H2_PREFACE_BYTES + H2_FRAME_HEADER_BYTES) > 0;
        for (uint32_t i = 0; sent && i < 20; i++) sent = write(fd, unit, attack_kinds[0].unit(unit, i)) > 0;
        pause();
        _exit(0);
    }
    nanosleep(&(struct timespec){0, VANISH_MS * 1000000L}, NULL);
    if (pid > 0 && kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid) vanished++;
}

int main(int argc, char **argv) {
    static talker talkers[TALKERS];
    pthread_t attacker;
    long settled = 0, most = 0;
    double minutes = argc > 2 ? atof(argv[1]) : 0;
    if (minutes <= 0) return fprintf(stderr, "usage: soak MINUTES SERVER ARGUMENT...\n"), 1;
    if (!process_start(&server, argv + 2, -1)) return 1;
    const int64_t start = h2conn_now(), end = start + (int64_t)(minutes * 60000);
    const int64_t settle = start + (minutes > 2 ? 120000 : (int64_t)(minutes * 30000));
    for (unsigned i = 0; i < TALKERS; i++) {
        talkers[i].random = i + 1;
        if (pthread_create(&talkers[i].thread, NULL, talker_run, &talkers[i]) != 0) return 1;
    }
    if (pthread_create(&attacker, NULL, attacker_run, NULL) != 0) return 1;
    for (int64_t sample = 0; h2conn_now() < end && process_alive(&server);) {
        vanish();
        if (h2conn_now() < sample) continue;
        long rss = process_rss(&server);
        if (h2conn_now() < settle)
            settled = rss > settled ? rss : settled;
        else
            most = rss > most ? rss : most;
        printf("%5.1f min: %ld KiB, %lu opened, %lu reset, %lu vanished, %lu storms, %.1f MB echoed, %lu failures\n",
               (double)(h2conn_now() - start) / 60000, rss, opened, resets, vanished, attacks, (double)octets / 1e6,
               failures);
        fflush(stdout);
        sample = h2conn_now() + SAMPLE_MS;
    }
    stopping = true;
    bool alive = process_alive(&server);
    for (unsigned i = 0; i < TALKERS; i++) pthread_join(talkers[i].thread, NULL);
    pthread_join(attacker, NULL);
    bool ended = process_stop(&server);
    bool flat = most <= settled + SLACK_KIB;
    printf("%s: the server %s; memory %ld KiB at most, %ld KiB once settled; %lu failures of honest clients\n",
           alive && ended && flat && failures == 0 ? "ok" : "FAILED", alive && ended ? "lived" : "did not live", most,
           settled, failures);
    return !(alive && ended && flat && failures == 0);
}
