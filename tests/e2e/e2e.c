/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "e2e.h"

static char directory[] = P_tmpdir "/h2conn-e2e-XXXXXX";

static int run(const char *format) {
    char command[256];
    snprintf(command, sizeof command, format, directory);
    return system(command);
}

void e2e_certificates_make(void) {
    if (mkdtemp(directory) != NULL && run("tests/support/certs.sh %s") == 0) return;
    fprintf(stderr, "no certificates; run this from the project's directory, with openssl installed\n");
    exit(EXIT_FAILURE);
}

void e2e_certificates_remove(void) {
    if (run("rm -r %s") != 0) fprintf(stderr, "%s stays behind\n", directory);
}

const char *e2e_file(const char *name) {
    static char paths[16][64];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

h2tls_options e2e_server_tls(void) {
    return (h2tls_options){.cert_file = e2e_file("server.pem"), .key_file = e2e_file("server.key")};
}

h2tls_options e2e_client_tls(void) {
    return (h2tls_options){.ca_file = e2e_file("ca.pem")};
}

static void *serve(void *user) {
    e2e_server *s = user;
    s->result = h2conn_server_run(s->server);
    return NULL;
}

/* ---- styles ---- */

static bool by_events; /* in this test */

static void use_events(void) {
    by_events = true;
}

void e2e_both_styles(Suite *suite, void (*add)(TCase *tc)) {
    static const char *const names[] = {"handlers", "events"};
    for (int i = 0; i < 2; i++) {
        TCase *tc = tcase_create(names[i]);
        tcase_set_timeout(tc, E2E_TEST_SECONDS);
        if (i == 1) tcase_add_checked_fixture(tc, use_events, NULL);
        add(tc);
        suite_add_tcase(suite, tc);
    }
}

static void open_echo(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, NULL, 0);
}

static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

static h2conn_server_options options_of(h2conn_handler handler, void *user) {
    static const h2conn_events echo = {.on_open = open_echo, .on_readable = give_back, .on_writable = give_back};
    if (by_events && handler == e2e_echo) return (h2conn_server_options){.events = &echo, .loops = 2};
    return (h2conn_server_options){.handler = handler, .user = user};
}

/* ---- servers ---- */

bool e2e_server_try(e2e_server *s, const char *listen, const h2tls_options *tls, h2conn_handler handler, void *user) {
    char why[H2TLS_WHY_BYTES], address[H2CONN_WHY_BYTES];
    bool https = strncmp(listen, "https", 5) == 0;
    h2tls_options own = tls ? *tls : e2e_server_tls();
    h2conn_server_options options = options_of(handler, user);
    h2conn_secure secure;
    memset(s, 0, sizeof *s);
    if (https) {
        ck_assert_msg(h2tls_server(&s->tls, &own, why) == 0, "%s", why);
        secure = h2tls_secure(s->tls);
        options.secure = &secure;
    }
    ck_assert_int_eq(h2conn_server_new(&s->server, &options), H2CONN_OK);
    if (h2conn_server_listen(s->server, listen, address) != H2CONN_OK) {
        h2conn_server_free(s->server);
        h2tls_free(s->tls);
        return false;
    }
    snprintf(s->url, sizeof s->url, "%s://%.*s", https ? "https" : "http", 256, address);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
    return true;
}

void e2e_server_start(e2e_server *s, const char *listen, const h2tls_options *tls, h2conn_handler handler, void *user) {
    ck_assert_msg(e2e_server_try(s, listen, tls, handler, user), "cannot listen on %s", listen);
}

void e2e_server_join(e2e_server *s) {
    pthread_join(s->thread, NULL);
    h2conn_server_free(s->server);
    h2tls_free(s->tls);
}

void e2e_server_stop(e2e_server *s) {
    h2conn_server_stop(s->server);
    e2e_server_join(s);
}

void e2e_echo(void *user, h2conn_request *request) {
    uint8_t buf[16384];
    h2conn *conn;
    ptrdiff_t n;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0)
        if (h2conn_write(conn, buf, (size_t)n, NULL) != H2CONN_OK) return;
}

void e2e_client_open(e2e_client *c, const h2tls_options *tls) {
    char why[H2TLS_WHY_BYTES];
    h2tls_options own = tls ? *tls : e2e_client_tls();
    memset(c, 0, sizeof *c);
    ck_assert_msg(h2tls_client(&c->tls, &own, why) == 0, "%s", why);
    c->secure = h2tls_secure(c->tls);
    c->options.secure = &c->secure;
    c->options.timeout_ms = E2E_PATIENCE_MS;
}

void e2e_client_close(e2e_client *c) {
    h2tls_free(c->tls);
}

h2conn *e2e_connect(const e2e_client *c, const char *url) {
    h2conn_response response;
    h2conn *conn = NULL;
    int error = h2conn_connect(&conn, url, &c->options, &response);
    ck_assert_msg(error == H2CONN_OK, "%s: %s", h2conn_error_name(error), response.why);
    ck_assert_int_eq(response.status, 200);
    h2conn_set_deadline(conn, h2conn_now() + E2E_TEST_SECONDS * 1000);
    return conn;
}

int e2e_connect_error(const char *url, const h2tls_options *tls, char why[H2CONN_WHY_BYTES]) {
    h2conn_response response;
    e2e_client c;
    h2conn *conn;
    e2e_client_open(&c, tls);
    int error = h2conn_connect(&conn, url, &c.options, &response);
    ck_assert_msg(error < 0, "connected to %s", url);
    ck_assert_ptr_null(conn);
    ck_assert_str_ne(response.why, "");
    memcpy(why, response.why, H2CONN_WHY_BYTES);
    e2e_client_close(&c);
    return error;
}

uint8_t e2e_byte(uint64_t offset, uint32_t seed) {
    uint64_t x = (offset + seed) * 0x9e3779b97f4a7c15u;
    return (uint8_t)(x >> 56 ^ x >> 24);
}

void e2e_fill(uint8_t *out, size_t len, uint64_t offset, uint32_t seed) {
    for (size_t i = 0; i < len; i++) out[i] = e2e_byte(offset + i, seed);
}

int e2e_send(h2conn *conn, uint64_t len, uint32_t seed) {
    static _Thread_local uint8_t buf[65536];
    for (uint64_t done = 0; done < len;) {
        size_t n = len - done < sizeof buf ? (size_t)(len - done) : sizeof buf;
        e2e_fill(buf, n, done, seed);
        int error = h2conn_write(conn, buf, n, NULL);
        if (error) return error;
        done += n;
    }
    return h2conn_close_write(conn);
}

int64_t e2e_receive(h2conn *conn, uint32_t seed) {
    static _Thread_local uint8_t buf[65536];
    int64_t done = 0;
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++)
            if (buf[i] != e2e_byte((uint64_t)(done + i), seed)) return H2CONN_EINVAL;
        done += n;
    }
    return n < 0 ? n : done;
}

typedef struct sending {
    h2conn *conn;
    uint64_t len;
    uint32_t seed;
    int error;
} sending;

static void *send_thread(void *user) {
    sending *s = user;
    s->error = e2e_send(s->conn, s->len, s->seed);
    return NULL;
}

int e2e_both_ways(h2conn *conn, uint64_t len, uint32_t send_seed, uint32_t receive_seed) {
    sending s = {conn, len, send_seed, H2CONN_OK};
    pthread_t thread;
    if (pthread_create(&thread, NULL, send_thread, &s) != 0) return H2CONN_ENOMEM;
    int64_t got = e2e_receive(conn, receive_seed);
    pthread_join(thread, NULL);
    if (got < 0) return (int)got;
    if (s.error) return s.error;
    return got == (int64_t)len ? H2CONN_OK : H2CONN_ELOST;
}

void e2e_ask(h2conn *conn, const char *word) {
    char buf[256];
    size_t len = strlen(word), got = 0;
    ck_assert_int_eq(h2conn_write(conn, word, len, NULL), H2CONN_OK);
    while (got < len) {
        ptrdiff_t n = h2conn_read(conn, buf + got, len - got);
        ck_assert_msg(n > 0, "read gives %td", n);
        got += (size_t)n;
    }
    ck_assert_mem_eq(buf, word, len);
}

int e2e_listen_raw(const char *scheme, char url[H2CONN_WHY_BYTES]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, H2CONN_WHY_BYTES, "%s://127.0.0.1:%u/", scheme, (unsigned)ntohs(address.sin_port));
    return fd;
}

int e2e_dial_raw(const char *url) {
    unsigned port = (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}
