/* SPDX-License-Identifier: MIT */
#ifndef ATTACK_PROCESS_H
#define ATTACK_PROCESS_H

/* The server under attack: a process of its own, watched through /proc. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct process {
    pid_t pid;
    char url[128]; /* that it said it listens on */
    uint16_t port;
} process;

/* Run argv, on processor `cpu` alone unless that is negative, and wait until it says "listening on URL" on stderr.
 * False with a sentence on stderr. */
bool process_start(process *p, char **argv, int cpu);
/* End it with SIGTERM, SIGKILL after 5 s. Returns whether it was alive and left in good order. */
bool process_stop(process *p);
bool process_alive(const process *p);

/* Its resident memory in KiB, the most it had since it was last forgotten, and CPU time used so far in microseconds. */
long process_rss(const process *p);
long process_rss_most(const process *p);
void process_forget_most(const process *p);
int64_t process_cpu(const process *p);

#endif
