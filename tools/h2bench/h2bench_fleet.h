/* SPDX-License-Identifier: MIT */
#ifndef H2BENCH_FLEET_H
#define H2BENCH_FLEET_H

/*
 * Many connections at once from one thread: sessions of the engine over non-blocking sockets, all in one epoll. The
 * blocking client needs a thread for each wait, which would measure the threads.
 */

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "h2conn.h"

typedef struct fleet_options {
    const char *url;
    unsigned sessions, streams; /* each session's */
    unsigned seconds;           /* of echoing */
    unsigned size;              /* of a message, bytes */
    pid_t pid;                  /* of the server, to measure; 0 for none */
    bool self;                  /* start a server */
    bool idle;                  /* do not await answers, do not echo */
    const h2conn_secure *secure;
} fleet_options;

/* Run it and print what was measured. Returns the exit status. */
int fleet_run(const fleet_options *options);

/* ---- h2bench_latency.c ---- */

/* Times in microseconds, each kept to within 2 %. */
#define LATENCY_SLOTS 2048u
typedef struct latency {
    uint64_t count, slots[LATENCY_SLOTS];
} latency;
void latency_add(latency *l, uint64_t us);
/* The time that `share` of all did not exceed. */
uint64_t latency_at(const latency *l, double share);

/* ---- h2bench_process.c ---- */

/* Start a server that echoes by events, for so many sessions and streams on each; its URL in `url`. Returns its
 * process, or -1 after saying why. */
pid_t server_start(char url[64], unsigned sessions, unsigned streams);
/* Have it end. False when it did so in bad order, or before. */
bool server_end(pid_t pid);
/* Bytes of a process's memory that are in RAM; 0 when that cannot be read. */
uint64_t process_rss(pid_t pid);
/* Seconds of processor time it has had; 0 when that cannot be told. */
double process_cpu(pid_t pid);
/* Allow so many descriptors. False after saying why not. */
bool allow_descriptors(unsigned n);

/* ---- h2bench_session.c ---- */

typedef struct fleet fleet;

/* One conn: a stream that sends a message and awaits it back. */
typedef struct fleet_conn {
    uint64_t sent_us;
    uint32_t id;
    uint32_t messages; /* that came back whole */
    uint32_t got;      /* octets of the one under way */
    bool open, ended, waiting;
} fleet_conn;

typedef struct fleet_session {
    fleet *fleet;
    h2_session *engine;
    h2conn_transport below, above; /* `above` is used */
    fleet_conn *conns;
    uint8_t *unsent; /* what the socket did not take, NULL for none */
    size_t unsent_at, unsent_end;
    unsigned opened;  /* streams so far */
    uint32_t watched; /* events */
    int fd;
    bool secured, connected, over, ponged;
} fleet_session;

struct fleet {
    const fleet_options *options;
    struct addrinfo *address;
    char host[256], port[8];
    const char *authority, *path;
    size_t authority_len, path_len;
    bool https;
    h2_config config;
    fleet_session *sessions;
    latency latency;
    int epoll;
    unsigned begun, connecting, ready; /* sessions: ever, now, whose server's SETTINGS came */
    unsigned target;                   /* streams each should have */
    unsigned open, failed, closed;     /* conns */
    unsigned pongs;                    /* sessions that answered the latest ping */
    unsigned waiting;                  /* messages under way */
    unsigned wrong;                    /* conns whose bytes differed */
    bool echoing;                      /* each message that came back is followed by the next */
    char why[160];                     /* of the first failure */
};

/* Begin to connect. */
void session_begin(fleet *f, fleet_session *s);
/* Its descriptor is ready. */
void session_ready(fleet_session *s, uint32_t events);
/* Open streams up to the target, and send. */
void session_open_streams(fleet_session *s);
/* Send a first message on each conn. */
void session_echo(fleet_session *s);
void session_ping(fleet_session *s);
/* End every conn's own side. */
void session_end_streams(fleet_session *s);
void session_free(fleet_session *s);

#endif
