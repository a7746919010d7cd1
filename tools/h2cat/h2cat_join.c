/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "h2cat_join.h"
#include "tool_exit.h"

/* Silence of stdin after which a client leaves, once the peer has ended its half. */
#define LINGER_MS 1000
/* How long a write may then wait for a peer that takes nothing. */
#define LINGER_WRITE_MS 10000

enum { RUN, LINGER, STOP };

typedef struct upload {
    h2cat_channel *channel;
    atomic_uint heard; /* pieces that came */
    int wake[2];       /* a byte for each change of `mode` */
    atomic_int mode;
    bool stdin_failed; /* read after the thread is joined */
    char *buf;
    h2cat_before before;
    void *user;
} upload;

bool h2cat_write_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd p = {fd, POLLOUT, 0};
            poll(&p, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
    }
    return true;
}

int h2cat_wait_readable(int fd, int wake, int timeout_ms) {
    struct pollfd p[2] = {{fd, POLLIN, 0}, {wake, POLLIN, 0}};
    for (;;) {
        int n = poll(p, 2, timeout_ms);
        if (n == 0) return -1;
        if (n < 0 && errno != EINTR) return 1;
        if (n < 0) continue;
        return p[1].revents ? 0 : 1;
    }
}

static void set_mode(upload *u, int mode) {
    atomic_store(&u->mode, mode);
    h2cat_write_all(u->wake[1], "", 1);
}

/* Stdin has ended, and a WebSocket cannot say so: close it after a second in which nothing came. */
static void end_in_silence(upload *u) {
    for (unsigned heard = atomic_load(&u->heard);; heard = atomic_load(&u->heard)) {
        const int ready = h2cat_wait_readable(-1, u->wake[0], LINGER_MS);
        if (ready == 0) return; /* it ended meanwhile */
        if (heard == atomic_load(&u->heard)) break;
    }
    h2cat_channel_close(u->channel);
}

/* stdin to the connection, until its end, an order to stop, or silence while lingering. */
static void *upload_run(void *user) {
    upload *u = user;
    for (;;) {
        int mode = atomic_load(&u->mode);
        if (mode == STOP) return NULL;
        int ready = h2cat_wait_readable(STDIN_FILENO, u->wake[0], mode == LINGER ? LINGER_MS : -1);
        if (ready == 0) {
            char byte;
            if (read(u->wake[0], &byte, 1) < 0) return NULL;
            continue;
        }
        if (ready < 0) break;
        ssize_t n = read(STDIN_FILENO, u->buf, H2CAT_CHUNK_BYTES);
        if (n == 0) {
            h2cat_channel_end(u->channel);
            if (u->channel->ws) end_in_silence(u);
            return NULL;
        }
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) {
            tool_say("cannot read stdin: %s", strerror(errno));
            u->stdin_failed = true;
            h2cat_channel_reset(u->channel, H2_CANCEL);
            return NULL;
        }
        if (mode == LINGER) h2cat_channel_write_deadline(u->channel, h2conn_now() + LINGER_WRITE_MS);
        const int error = h2cat_channel_write(u->channel, u->buf, (size_t)n);
        if (error == H2CONN_EINVAL) {
            tool_say("a line is not UTF-8; --websocket=binary sends octets as they are");
            u->stdin_failed = true;
            h2cat_channel_reset(u->channel, H2_CANCEL);
        }
        if (error != H2CONN_OK) break;
    }
    /* While the download runs it has the say: what arrived before a failure is still to be read. */
    if (atomic_load(&u->mode) != RUN) h2cat_channel_close(u->channel);
    return NULL;
}

/* The connection to stdout. Returns 0 at the peer's end, an error of the connection, or 1 when stdout failed. */
static int download(upload *u, char *buf, bool *reported) {
    ptrdiff_t n;
    while ((n = h2cat_channel_read(u->channel, buf, H2CAT_CHUNK_BYTES)) > 0) {
        atomic_fetch_add(&u->heard, 1);
        if (h2cat_write_all(STDOUT_FILENO, buf, (size_t)n)) continue;
        /* A reader that has seen enough, as in `h2cat URL | head`, is no failure. */
        *reported = errno != EPIPE;
        if (*reported) tool_say("cannot write stdout: %s", strerror(errno));
        return 1;
    }
    return (int)n;
}

static h2cat_end join_running(upload *u, char *buf, bool leave, int *error) {
    pthread_t thread;
    bool reported = false;
    if (pthread_create(&thread, NULL, upload_run, u) != 0) {
        *error = H2CONN_ENOMEM;
        return H2CAT_END_FAILED;
    }
    int result = u->before ? u->before(u->user, u->channel->conn) : H2CONN_OK;
    if (result == H2CONN_OK) result = download(u, buf, &reported);
    /* A WebSocket is closed whole: there is nobody to say more to. */
    if (result == 0 && !u->channel->ws && !(leave && isatty(STDIN_FILENO))) {
        if (leave) {
            h2cat_channel_write_deadline(u->channel, h2conn_now() + LINGER_WRITE_MS);
            set_mode(u, LINGER);
        }
        /* The stream is over when the upload has ended too, or the peer refuses the rest of it, in good order with
         * NO_ERROR or CANCEL. */
        int how = h2cat_channel_wait(u->channel);
        uint32_t code = h2conn_code(u->channel->conn);
        if (how == H2CONN_ERESET && code != H2_NO_ERROR && code != H2_CANCEL) result = how;
    }
    set_mode(u, STOP);
    h2cat_channel_close(u->channel);
    pthread_join(thread, NULL);
    *error = result;
    if (u->stdin_failed || reported) return H2CAT_END_STDIN;
    if (result == H2CONN_ECLOSED) return H2CAT_END_CLOSED;
    return result < 0 ? H2CAT_END_FAILED : H2CAT_END_CLEAN;
}

h2cat_end h2cat_join(h2cat_channel *channel, bool leave, h2cat_before before, void *user, int *error) {
    upload u = {.channel = channel, .wake = {-1, -1}, .before = before, .user = user};
    char *memory = malloc(2 * H2CAT_CHUNK_BYTES);
    h2cat_end end = H2CAT_END_FAILED;
    *error = H2CONN_ENOMEM;
    if (memory && pipe(u.wake) == 0) {
        u.buf = memory + H2CAT_CHUNK_BYTES;
        end = join_running(&u, memory, leave, error);
        close(u.wake[0]);
        close(u.wake[1]);
    }
    free(memory);
    return end;
}
