/* SPDX-License-Identifier: MIT */
/*
 * The 20 KiB device's configuration as a program of the host, to try it against other implementations.
 *
 *     h2device TABLE serve PORT [CERT KEY]              echo, one session after another; PORT 0 takes a free one
 *     h2device TABLE ask PORT CA|- BYTES PATH...        one session: a request for each path, with BYTES of content
 *
 * TABLE is 256, 0 or 4096. `ask` prints one line for each answer; with BYTES what comes back is compared.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <errno.h>
#include "h2tls.h"
#include "small.h"

#define PATIENCE_MS 30000

H2CONN_CORE_STORAGE(small_server, true, SMALL_SIZES);
H2CONN_CORE_STORAGE(small_client, false, SMALL_SIZES);
H2CONN_CORE_STORAGE(bare_server, true, SMALL_NO_TABLE);
H2CONN_CORE_STORAGE(bare_client, false, SMALL_NO_TABLE);
H2CONN_CORE_STORAGE(full_server, true, SMALL_FULL_TABLE);
H2CONN_CORE_STORAGE(full_client, false, SMALL_FULL_TABLE);

static ptrdiff_t code_of(ssize_t n, int want) {
    if (n > 0) return n;
    if (n == 0) return H2CONN_TRANSPORT_END;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? want : H2CONN_TRANSPORT_ELOST;
}

static ptrdiff_t take(void *ctx, void *buf, size_t len) {
    return code_of(recv(*(int *)ctx, buf, len, 0), H2CONN_TRANSPORT_WANT_READ);
}

static ptrdiff_t give(void *ctx, const void *buf, size_t len) {
    return code_of(send(*(int *)ctx, buf, len, MSG_NOSIGNAL), H2CONN_TRANSPORT_WANT_WRITE);
}

/* Sleep until the socket can move what the core waits for, or it is time. */
static void wait_for(const h2conn_core *core, int fd) {
    const uint64_t now = (uint64_t)h2conn_now();
    struct pollfd p = {fd, POLLIN, 0};
    int ms = core->wake_ms == UINT64_MAX ? PATIENCE_MS : core->wake_ms > now ? (int)(core->wake_ms - now) : 0;
    if (core->refused) p.events |= POLLOUT;
    poll(&p, 1, ms < PATIENCE_MS ? ms : PATIENCE_MS);
}

static bool move(h2conn_core *core) {
    return h2conn_core_step(core, (uint64_t)h2conn_now());
}

static int listen_or_connect(bool server, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!server) return connect(fd, (struct sockaddr *)&address, len) == 0 ? fd : -1;
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 8) != 0) return -1;
    getsockname(fd, (struct sockaddr *)&address, &len);
    printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* A transport over the socket, by TLS when there is a context. Returns 0 or -1. */
static int open_transport(int *fd, h2tls_context *tls, h2conn_transport *above) {
    const h2conn_transport plain = {take, give, fd};
    fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
    *above = plain;
    if (tls == NULL) return 0;
    static h2conn_transport below;
    below = plain;
    const h2conn_secure secure = h2tls_secure(tls);
    return secure.open(secure.ctx, &below, "localhost", above);
}

static void close_transport(int fd, h2tls_context *tls, h2conn_transport *above) {
    if (tls != NULL) {
        const h2conn_secure secure = h2tls_secure(tls);
        const char *why = secure.failure(above);
        if (why != NULL) fprintf(stderr, "%s\n", why);
        secure.shutdown(above);
        secure.release(above);
    }
    shutdown(fd, SHUT_WR);
    close(fd);
}

/* ---- the server: echo ---- */

typedef struct served {
    h2conn_core_conn *conn;
    uint8_t chunk[128];
} served;

static void on_request(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields, size_t n) {
    static const h2_field answer[] = {H2_FIELD(":status", "200"), H2_FIELD("x-long", "not very")};
    served *all = user;
    (void)fields;
    (void)n;
    if (section != H2_REQUEST || h2conn_core_respond(conn, answer, 2, 0) != H2CONN_OK) return;
    for (int i = 0; i < SMALL_STREAMS; i++) {
        if (all[i].conn != NULL) continue;
        all[i].conn = conn;
        return;
    }
}

static bool echo(served *s) {
    if (s->conn == NULL || !h2conn_core_writable(s->conn)) return false;
    const ptrdiff_t n = h2conn_core_read(s->conn, s->chunk, sizeof s->chunk);
    if (n == H2CONN_EAGAIN) return false;
    if (n >= 0) h2conn_core_write(s->conn, s->chunk, (size_t)n, n == 0 ? H2_END : 0);
    if (n > 0) return true;
    h2conn_core_close(s->conn);
    s->conn = NULL;
    return true;
}

static void serve_one(const h2conn_core_storage *storage, int fd, h2tls_context *tls) {
    served all[SMALL_STREAMS] = {{NULL, {0}}};
    h2conn_transport transport;
    h2conn_core core;
    if (open_transport(&fd, tls, &transport) != 0 ||
        h2conn_core_init(&core, storage, &transport, on_request, all) != H2CONN_OK)
        return;
    while (!h2conn_core_over(&core)) {
        bool busy = move(&core);
        for (int i = 0; i < SMALL_STREAMS; i++) busy |= echo(&all[i]);
        if (!busy) wait_for(&core, fd);
    }
    const h2_failure *why = h2_session_failure(h2conn_core_session(&core));
    printf("session over: error %d, code %u, rule %d\n", h2conn_core_error(&core), (unsigned)why->code, (int)why->rule);
    fflush(stdout);
    close_transport(fd, tls, &transport);
}

static int serve(const h2conn_core_storage *storage, int argc, char **argv) {
    const h2tls_options options = {.cert_file = argc > 4 ? argv[4] : NULL, .key_file = argc > 5 ? argv[5] : NULL};
    char why[H2TLS_WHY_BYTES];
    h2tls_context *tls = NULL;
    if (argc > 5 && h2tls_server(&tls, &options, why) != 0) return fprintf(stderr, "%s\n", why), 1;
    const int listener = listen_or_connect(true, (uint16_t)atoi(argv[3]));
    for (int fd; listener >= 0 && (fd = accept(listener, NULL, NULL)) >= 0;) serve_one(storage, fd, tls);
    return 1;
}

/* ---- the client ---- */

static uint8_t octet(size_t at) {
    return (uint8_t)(at * 31 + (at >> 8));
}

typedef struct exchange {
    h2conn_core_conn *conn;
    size_t sent, received, bytes;
    bool differs;
    uint8_t chunk[200];
} exchange;

static void send_more(exchange *x) {
    if (x->conn->ended || !h2conn_core_writable(x->conn)) return;
    const size_t left = x->bytes - x->sent, n = left < sizeof x->chunk ? left : sizeof x->chunk;
    for (size_t i = 0; i < n; i++) x->chunk[i] = octet(x->sent + i);
    if (h2conn_core_write(x->conn, x->chunk, n, n == left ? H2_END : 0) == H2CONN_OK) x->sent += n;
}

/* Returns what read gave last: 0 at the end. */
static ptrdiff_t receive_more(exchange *x) {
    uint8_t in[100];
    ptrdiff_t n;
    while ((n = h2conn_core_read(x->conn, in, sizeof in)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++) x->differs |= in[i] != octet(x->received++);
    }
    return n;
}

/* One request and its answer. */
static void ask_one(h2conn_core *core, int fd, const char *scheme, const char *path, size_t bytes) {
    const h2_field fields[] = {{":method", bytes > 0 ? "POST" : "GET", 7, bytes > 0 ? 4 : 3, false},
                               {":scheme", scheme, 7, strlen(scheme), false},
                               H2_FIELD(":authority", "localhost"),
                               {":path", path, 5, strlen(path), false}};
    exchange x = {.bytes = bytes};
    int result;
    while ((result = h2conn_core_open(core, fields, 4, &x.conn)) != H2CONN_OK && !h2conn_core_over(core)) {
        if (!move(core)) wait_for(core, fd);
    }
    ptrdiff_t n = result == H2CONN_OK ? H2CONN_EAGAIN : result;
    while (n == H2CONN_EAGAIN) {
        const bool moved = move(core);
        const size_t before = x.received;
        send_more(&x);
        n = receive_more(&x);
        if (!moved && x.received == before && n == H2CONN_EAGAIN && h2conn_core_writable(x.conn) == x.conn->ended)
            wait_for(core, fd);
    }
    printf("%s: status %d, %zu bytes, %s, end %d\n", path, x.conn != NULL ? x.conn->status : 0, x.received,
           bytes == 0                         ? "not compared"
           : x.differs || x.received != bytes ? "different"
                                              : "the same",
           (int)n);
    h2conn_core_close(x.conn);
}

static int ask(const h2conn_core_storage *storage, int argc, char **argv) {
    const h2tls_options options = {.ca_file = argv[4]};
    char why[H2TLS_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_transport transport;
    h2conn_core core;
    const bool secure = strcmp(argv[4], "-") != 0;
    if (secure && h2tls_client(&tls, &options, why) != 0) return fprintf(stderr, "%s\n", why), 1;
    int fd = listen_or_connect(false, (uint16_t)atoi(argv[3]));
    if (fd < 0 || open_transport(&fd, tls, &transport) != 0) return fprintf(stderr, "cannot connect\n"), 1;
    if (h2conn_core_init(&core, storage, &transport, NULL, NULL) != H2CONN_OK) return 1;
    for (int i = 6; i < argc; i++) ask_one(&core, fd, secure ? "https" : "http", argv[i], (size_t)atol(argv[5]));
    h2_session_goaway(h2conn_core_session(&core), H2_NO_ERROR);
    while (!h2conn_core_over(&core)) {
        if (!move(&core)) wait_for(&core, fd);
    }
    const int error = h2conn_core_error(&core);
    if (error != H2CONN_OK) printf("session over: %s\n", h2conn_strerror(error));
    close_transport(fd, tls, &transport);
    h2tls_free(tls);
    return error == H2CONN_OK ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return fprintf(stderr, "usage: h2device 256|0|4096 serve PORT [CERT KEY] | ask PORT CA|- BYTES PATH...\n"), 1;
    const int table = atoi(argv[1]);
    const h2conn_core_storage *server = table == 0      ? &bare_server_storage
                                        : table == 4096 ? &full_server_storage
                                                        : &small_server_storage;
    const h2conn_core_storage *client = table == 0      ? &bare_client_storage
                                        : table == 4096 ? &full_client_storage
                                                        : &small_client_storage;
    if (strcmp(argv[2], "serve") == 0) return serve(server, argc, argv);
    return strcmp(argv[2], "ask") == 0 && argc > 6 ? ask(client, argc, argv) : 1;
}
