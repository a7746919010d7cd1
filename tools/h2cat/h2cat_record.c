/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "h2cat_record.h"
#include "tool_exit.h"
#include "tool_record.h"

struct h2cat_recorder {
    pthread_mutex_t lock;
    FILE *out;
    const char *file;
    struct timespec start;
    bool server;
    int failed; /* the error number */
};

h2cat_recorder *h2cat_record_open(const char *file, bool server) {
    h2cat_recorder *r = calloc(1, sizeof *r);
    FILE *out = fopen(file, "wbe");
    if (!r || !out) {
        tool_say("cannot write %s: %s", file, strerror(errno));
        if (out) fclose(out);
        free(r);
        return NULL;
    }
    *r = (h2cat_recorder){.out = out, .file = file, .server = server};
    pthread_mutex_init(&r->lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &r->start);
    if (fwrite(TOOL_RECORD_MAGIC, 1, TOOL_RECORD_MAGIC_BYTES, out) != TOOL_RECORD_MAGIC_BYTES) r->failed = errno;
    return r;
}

static uint64_t elapsed_us(const h2cat_recorder *r) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - r->start.tv_sec) * 1000000 + (now.tv_nsec - r->start.tv_nsec) / 1000);
}

void h2cat_record(void *user, uint64_t session, bool sent, const void *bytes, size_t len) {
    h2cat_recorder *r = user;
    uint8_t head[TOOL_RECORD_HEADER_BYTES];
    const uint32_t number = (uint32_t)(session % TOOL_RECORD_NUMBER_MAX);
    pthread_mutex_lock(&r->lock);
    const tool_record record = {sent == r->server ? '<' : '>', number, elapsed_us(r), (uint32_t)len};
    tool_record_write(head, &record);
    if (r->failed == 0 && (fwrite(head, 1, sizeof head, r->out) != sizeof head ||
                           (len > 0 && fwrite(bytes, 1, len, r->out) != len) || fflush(r->out) != 0))
        r->failed = errno;
    pthread_mutex_unlock(&r->lock);
}

bool h2cat_record_close(h2cat_recorder *r) {
    if (!r) return true;
    if (fclose(r->out) != 0 && r->failed == 0) r->failed = errno;
    const int failed = r->failed;
    if (failed) tool_say("cannot write %s: %s", r->file, strerror(failed));
    pthread_mutex_destroy(&r->lock);
    free(r);
    return !failed;
}
