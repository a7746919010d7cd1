/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "h2cat_socket.h"

#define BACKLOG 128

/* ---- names ---- */

/* "host:port" into its parts; a host in brackets may hold colons. */
static bool split(const char *name, char host[256], char port[32]) {
    const char *colon = strrchr(name, ':');
    size_t n = colon ? (size_t)(colon - name) : 0;
    const size_t brackets = n > 2 && name[0] == '[' && name[n - 1] == ']' ? 1 : 0;
    if (!colon || n == 0 || n >= 256 || strlen(colon + 1) >= 32 || colon[1] == '\0') return false;
    snprintf(host, 256, "%.*s", (int)(n - 2 * brackets), name + brackets);
    snprintf(port, 32, "%s", colon + 1);
    return true;
}

/* A service's name, or a number; the resolver would take 65536 for 0. */
static bool is_port(const char *port) {
    return strspn(port, "0123456789") < strlen(port) || (strlen(port) <= 5 && atoi(port) <= 65535);
}

static struct addrinfo *resolve(const char *name, int flags, char why[H2CAT_WHY_BYTES]) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;
    char host[256], port[32];
    if (!split(name, host, port)) {
        snprintf(why, H2CAT_WHY_BYTES, "an address is HOST:PORT, not %s", name);
        return NULL;
    }
    if (!is_port(port)) {
        snprintf(why, H2CAT_WHY_BYTES, "a port is at most 65535, not %s", port);
        return NULL;
    }
    const int error = getaddrinfo(host, port, &hints, &list);
    if (error) snprintf(why, H2CAT_WHY_BYTES, "no address for %s: %s", name, gai_strerror(error));
    return error ? NULL : list;
}

static bool unix_address(struct sockaddr_un *out, const char *path, char why[H2CAT_WHY_BYTES]) {
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    const size_t len = strlen(path);
    if (len > 0 && len < sizeof out->sun_path) {
        memcpy(out->sun_path, path, len + 1);
        return true;
    }
    snprintf(why, H2CAT_WHY_BYTES, "the path of a socket has 1 to %zu octets, not %zu", sizeof out->sun_path - 1, len);
    return false;
}

bool h2cat_socket_check(const h2cat_target *target, char why[H2CAT_WHY_BYTES]) {
    struct sockaddr_un address;
    char host[256], port[32];
    if (target->path) return unix_address(&address, target->path, why);
    if (split(target->tcp, host, port)) return true;
    snprintf(why, H2CAT_WHY_BYTES, "--tcp is HOST:PORT, not %s", target->tcp);
    return false;
}

/* ---- dialing ---- */

static int dial_one(const struct sockaddr *address, socklen_t len) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0) return -1;
    if (connect(fd, address, len) != 0) {
        const int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    if (address->sa_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int h2cat_socket_dial(const h2cat_target *target, char why[H2CAT_WHY_BYTES]) {
    int fd = -1;
    if (target->path) {
        struct sockaddr_un address;
        if (!unix_address(&address, target->path, why)) return -1;
        fd = dial_one((const struct sockaddr *)&address, sizeof address);
    } else {
        struct addrinfo *list = resolve(target->tcp, 0, why);
        if (!list) return -1;
        for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) fd = dial_one(a->ai_addr, a->ai_addrlen);
        const int error = errno;
        freeaddrinfo(list);
        errno = error;
    }
    if (fd < 0)
        snprintf(why, H2CAT_WHY_BYTES, "cannot connect to %s: %s", target->path ? target->path : target->tcp,
                 strerror(errno));
    return fd;
}

/* ---- listening ---- */

static int listen_one(const struct sockaddr *address, socklen_t len) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A socket file is left behind by a process that was killed. */
static int listen_unix(const char *path, char why[H2CAT_WHY_BYTES]) {
    struct sockaddr_un address;
    struct stat info;
    if (!unix_address(&address, path, why)) return -1;
    int fd = listen_one((const struct sockaddr *)&address, sizeof address);
    if (fd >= 0 || errno != EADDRINUSE) return fd;
    const bool is_socket = lstat(path, &info) == 0 && S_ISSOCK(info.st_mode);
    int other = is_socket ? dial_one((const struct sockaddr *)&address, sizeof address) : -1;
    if (other >= 0) close(other);
    if (!is_socket || other >= 0 || errno != ECONNREFUSED) {
        errno = EADDRINUSE;
        return -1;
    }
    unlink(path);
    return listen_one((const struct sockaddr *)&address, sizeof address);
}

static void name_tcp(int fd, char out[H2CAT_WHY_BYTES]) {
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[128] = "?", port[32] = "?";
    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, H2CAT_WHY_BYTES, strchr(host, ':') ? "tcp://[%s]:%s" : "tcp://%s:%s", host, port);
}

int h2cat_socket_listen(const h2cat_target *target, char address[H2CAT_WHY_BYTES], char why[H2CAT_WHY_BYTES]) {
    int fd = -1;
    why[0] = '\0';
    if (target->path) {
        fd = listen_unix(target->path, why);
        snprintf(address, H2CAT_WHY_BYTES, "unix:%.400s", target->path);
    } else {
        struct addrinfo *list = resolve(target->tcp, AI_PASSIVE, why);
        if (!list) return -1;
        for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) fd = listen_one(a->ai_addr, a->ai_addrlen);
        const int error = errno;
        freeaddrinfo(list);
        errno = error;
        if (fd >= 0) name_tcp(fd, address);
    }
    if (fd < 0 && !why[0])
        snprintf(why, H2CAT_WHY_BYTES, "cannot listen on %s: %s", target->path ? target->path : target->tcp,
                 strerror(errno));
    return fd;
}

int h2cat_socket_accept(int listening) {
    int on = 1;
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    /* Fails on a Unix socket, where there is nothing to set. */
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void h2cat_socket_will_reset(int fd) {
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void h2cat_socket_unlink(const h2cat_target *target) {
    if (target->path) unlink(target->path);
}
