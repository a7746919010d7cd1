/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "posix_socket.h"

static ptrdiff_t end(posix_flow *flow, int code, int error) {
    *flow = (posix_flow){.ended = code, .error = error};
    return code;
}

static bool would_wait(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

static ptrdiff_t receive(posix_socket *s, void *buf, size_t len, int flags) {
    ssize_t n;
    if (!s->in.open) return s->in.ended;
    do n = recv(s->fd, buf, len, flags);
    while (n < 0 && errno == EINTR);
    if (n > 0) return n;
    if (n == 0) return end(&s->in, H2CONN_TRANSPORT_END, 0);
    return would_wait(errno) ? H2CONN_TRANSPORT_WANT_READ : end(&s->in, H2CONN_TRANSPORT_ELOST, errno);
}

static ptrdiff_t socket_recv(void *ctx, void *buf, size_t len) {
    return receive(ctx, buf, len, MSG_DONTWAIT);
}

static bool let_linger(posix_socket *s) {
    const struct timeval moment = {.tv_usec = POSIX_MOMENT_MS * 1000};
    const int flags = fcntl(s->fd, F_GETFL);
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment) != 0) return false;
    s->lingers = flags >= 0 && fcntl(s->fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
    return s->lingers;
}

ptrdiff_t posix_socket_linger(posix_socket *socket, void *buf, size_t len) {
    return receive(socket, buf, len, socket->lingers || let_linger(socket) ? 0 : MSG_DONTWAIT);
}

static ptrdiff_t socket_send(void *ctx, const void *buf, size_t len) {
    posix_socket *s = ctx;
    ssize_t n;
    if (!s->out.open) return s->out.ended;
    do n = send(s->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0) return n;
    return would_wait(errno) ? H2CONN_TRANSPORT_WANT_WRITE : end(&s->out, H2CONN_TRANSPORT_ELOST, errno);
}

h2conn_transport posix_socket_transport(posix_socket *socket) {
    return (h2conn_transport){socket_recv, socket_send, socket};
}

static void be_prompt(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void posix_socket_init(posix_socket *socket, int fd, const posix_ends *ends) {
    *socket = (posix_socket){.fd = fd, .in = {.open = true}, .out = {.open = true}};
    if (ends != NULL) {
        socket->ends = *ends;
        return;
    }
    be_prompt(fd);
    socket->ends = (posix_ends){posix_name_local(fd), posix_name_remote(fd)};
}

void posix_socket_close(posix_socket *socket) {
    if (socket->fd >= 0) close(socket->fd);
    socket->fd = -1;
}

int posix_socket_new(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

/* Listening on no address in particular, only each connection knows to which it came. */
static bool is_any(const posix_name *name) {
    if (name->any.sa_family == AF_INET) return name->in.sin_addr.s_addr == htonl(INADDR_ANY);
    if (name->any.sa_family == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&name->in6.sin6_addr);
    return true;
}

int posix_accept(int fd, const posix_name *at, posix_ends *ends) {
    socklen_t len = sizeof ends->remote;
    const int accepted = accept4(fd, &ends->remote.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) ends->local = is_any(at) ? posix_name_local(accepted) : *at;
    return accepted;
}

/* Sharing is said before binding by those that join, and after it by the one that must not join strangers. */
static bool bind_and_listen(int fd, const struct sockaddr *address, socklen_t len, posix_sharing sharing) {
    const int on = 1;
    if (sharing == POSIX_FURTHER && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return false;
    if (bind(fd, address, len) != 0) return false;
    if (sharing == POSIX_FIRST && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return false;
    return listen(fd, POSIX_BACKLOG) == 0;
}

int posix_listen(const struct sockaddr *address, socklen_t len, posix_sharing sharing) {
    const int on = 1;
    const int fd = posix_socket_new(address->sa_family);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* An IPv6 socket that took IPv4 too would keep a listener of the same port from binding. */
    if (address->sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    be_prompt(fd);
    if (bind_and_listen(fd, address, len, sharing)) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

void posix_address_print(char out[H2CONN_ADDRESS_BYTES], const struct sockaddr *address) {
    char host[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(out, H2CONN_ADDRESS_BYTES, "[%s]:%u", host, (unsigned)ntohs(in6->sin6_port));
    } else if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(out, H2CONN_ADDRESS_BYTES, "%s:%u", host, (unsigned)ntohs(in->sin_port));
    } else {
        out[0] = '\0';
    }
}

void posix_address_set_port(struct sockaddr *address, uint16_t port) {
    if (address->sa_family == AF_INET6) ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
    if (address->sa_family == AF_INET) ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
}

uint16_t posix_name_port(const posix_name *name) {
    if (name->any.sa_family == AF_INET6) return ntohs(name->in6.sin6_port);
    return name->any.sa_family == AF_INET ? ntohs(name->in.sin_port) : 0;
}

posix_name posix_name_local(int fd) {
    posix_name name = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof name;
    if (getsockname(fd, &name.any, &len) != 0) name.any.sa_family = AF_UNSPEC;
    return name;
}

posix_name posix_name_remote(int fd) {
    posix_name name = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof name;
    if (getpeername(fd, &name.any, &len) != 0) name.any.sa_family = AF_UNSPEC;
    return name;
}
