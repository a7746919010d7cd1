/* SPDX-License-Identifier: MIT */
/* A context that cannot be made says why, and names the file. */

#include "tls_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct context_case {
    const char *cert, *key, *ca, *server_words, *client_words; /* words: NULL is success */
} context_cases[] = {
    {NULL, NULL, NULL, "needs a certificate file", NULL},
    {"server.pem", "server.key", NULL, NULL, NULL},
    {"rsa.pem", "rsa.key", "ca.pem", NULL, NULL},
    {"chain.pem", "chain.key", "ca.pem", NULL, NULL},
    {"server.pem", NULL, NULL, "the key file is not given", "the key file is not given"},
    {NULL, "server.key", NULL, "needs a certificate file", "the certificate file is not given"},
    {"missing.pem", "server.key", NULL, "missing.pem: No such file", "missing.pem: No such file"},
    {"server.pem", "missing.key", NULL, "missing.key: No such file", "missing.key: No such file"},
    {"server.pem", "server.key", "missing.pem", "missing.pem: No such file", "missing.pem: No such file"},
    {"server.pem", "client.key", NULL, "client.key does not belong", "client.key does not belong"},
    {"server.pem", "rsa.key", NULL, "rsa.key does not belong", "rsa.key does not belong"},
    {"rsa.pem", "server.key", NULL, "server.key does not belong", "server.key does not belong"},
    {"server.key", "server.key", NULL, "no usable PEM certificate", "no usable PEM certificate"},
    {"server.pem", "server.pem", NULL, "no usable private key", "no usable private key"},
    {"server.pem", "locked.key", NULL, "no password", "no password"},
    {"server.pem", "server.key", "server.key", "no usable PEM certificate", "no usable PEM certificate"},
    {"complete", "server.key", NULL, "complete: it is empty", "complete: it is empty"},
    {"../..", "server.key", NULL, "Is a directory", "Is a directory"},
    {"server.pem", "server.key", "../..", "Is a directory", "Is a directory"},
};

static void expect(int made, const char *why, const char *words) {
    if (words == NULL) {
        ck_assert_msg(made == 0, "%s", why);
    } else {
        ck_assert_int_eq(made, -1);
        ck_assert_msg(strstr(why, words) != NULL, "says \"%s\"", why);
    }
}

START_TEST(what_is_wrong_is_named) {
    const struct context_case *c = &context_cases[_i];
    char why[H2TLS_WHY_BYTES] = "";
    h2tls_context *tls = NULL;
    h2tls_options options = {.cert_file = tls_file(c->cert), .key_file = tls_file(c->key), .ca_file = tls_file(c->ca)};
    expect(h2tls_server(&tls, &options, why), why, c->server_words);
    ck_assert((tls == NULL) == (c->server_words != NULL));
    h2tls_free(tls);
    tls = NULL;
    expect(h2tls_client(&tls, &options, why), why, c->client_words);
    ck_assert((tls == NULL) == (c->client_words != NULL));
    h2tls_free(tls);
}
END_TEST

START_TEST(a_long_file_name_is_cut_in_the_sentence) {
    char why[H2TLS_WHY_BYTES], name[2 * H2TLS_WHY_BYTES];
    h2tls_context *tls;
    h2tls_options options = {.ca_file = name};
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(h2tls_client(&tls, &options, why), -1);
    ck_assert_uint_eq(strlen(why), sizeof why - 1);
}
END_TEST

/* ---- files ---- */

typedef struct piped {
    h2tls_options options;
    h2tls_context *tls;
    char why[H2TLS_WHY_BYTES];
} piped;

static void *make_server(void *user) {
    piped *p = user;
    return h2tls_server(&p->tls, &p->options, p->why) == 0 ? NULL : p;
}

/* The flags of the process's descriptor for `path` that is not `own`, or -1 when there is none. */
static int flags_of_other(const char *path, int own) {
    char name[300], target[300];
    int flags = -1;
    DIR *all = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(all);
    for (const struct dirent *one; (one = readdir(all)) != NULL;) {
        snprintf(name, sizeof name, "/proc/self/fd/%.200s", one->d_name);
        const ssize_t n = readlink(name, target, sizeof target - 1);
        if (n < 0 || atoi(one->d_name) == own) continue;
        target[n] = '\0';
        if (strcmp(target, path) == 0) flags = fcntl(atoi(one->d_name), F_GETFD);
    }
    closedir(all);
    return flags;
}

static void pass_file(const char *name, int to) {
    char buf[4096];
    const int from = open(name, O_RDONLY);
    ssize_t n;
    ck_assert_int_ge(from, 0);
    while ((n = read(from, buf, sizeof buf)) > 0) ck_assert_int_eq(write(to, buf, (size_t)n), n);
    close(from);
}

/* A program that is started while a file is read does not inherit it. Each file comes through a pipe here, which the
 * context has open until it has been looked at; it is read once and to its end. */
START_TEST(files_are_read_once_and_not_inherited) {
    static const char *const files[] = {"chain.pem", "chain.key", "ca.pem"};
    char folder[] = "/tmp/h2tls-XXXXXX", pipes[3][64];
    pthread_t thread;
    void *failed = NULL;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < 3; i++) {
        snprintf(pipes[i], sizeof pipes[i], "%s/%d", folder, i);
        ck_assert_int_eq(mkfifo(pipes[i], 0600), 0);
    }
    piped p = {.options = {.cert_file = pipes[0], .key_file = pipes[1], .ca_file = pipes[2]}};
    ck_assert_int_eq(pthread_create(&thread, NULL, make_server, &p), 0);
    for (int i = 0; i < 3; i++) {
        const int own = open(pipes[i], O_WRONLY);
        int flags;
        ck_assert_int_ge(own, 0);
        do flags = flags_of_other(pipes[i], own);
        while (flags < 0);
        ck_assert_int_ne(flags & FD_CLOEXEC, 0);
        pass_file(tls_file(files[i]), own);
        close(own);
    }
    pthread_join(thread, &failed);
    ck_assert_msg(failed == NULL, "%s", p.why);
    h2tls_free(p.tls);
    for (int i = 0; i < 3; i++) unlink(pipes[i]);
    rmdir(folder);
}
END_TEST

START_TEST(a_file_without_end_is_refused) {
    char why[H2TLS_WHY_BYTES];
    h2tls_context *tls;
    const h2tls_options options = {.ca_file = "/dev/zero"};
    ck_assert_int_eq(h2tls_client(&tls, &options, why), -1);
    ck_assert_ptr_nonnull(strstr(why, "too large"));
}
END_TEST

START_TEST(free_ignores_nothing) {
    h2tls_free(NULL);
}
END_TEST

/* Another pair of connections from the same contexts. */
static void open_again(tls_pair *pair) {
    pair->pipe = test_pipe_new(65536);
    for (int side = 0; side < 2; side++) {
        const char *host = side == CLIENT ? "localhost" : NULL;
        pair->below[side] = test_pipe_end(pair->pipe, side);
        ck_assert_int_eq(pair->layer[side].open(pair->layer[side].ctx, &pair->below[side], host, &pair->above[side]),
                         0);
    }
}

static void close_again(tls_pair *pair) {
    for (int side = 0; side < 2; side++) pair->layer[side].release(&pair->above[side]);
    test_pipe_free(pair->pipe);
}

/* Many threads open from one context; each leaves nothing behind in wolfSSL's caches when it ends. */
static void *shake_hands(void *ctx) {
    const tls_pair *shared = ctx;
    tls_pair pair = *shared;
    ptrdiff_t code[2];
    for (int i = 0; i < 3; i++) {
        pair.pipe = test_pipe_new(65536);
        for (int side = 0; side < 2; side++) {
            pair.below[side] = test_pipe_end(pair.pipe, side);
            const char *host = side == CLIENT ? "localhost" : NULL;
            if (pair.layer[side].open(pair.layer[side].ctx, &pair.below[side], host, &pair.above[side]) != 0)
                return ctx;
        }
        tls_pair_handshake(&pair, code);
        bool done = tls_pair_done(&pair, CLIENT) && tls_pair_done(&pair, SERVER);
        for (int side = 0; side < 2; side++) pair.layer[side].release(&pair.above[side]);
        test_pipe_free(pair.pipe);
        if (!done) return ctx;
    }
    return NULL;
}

START_TEST(a_context_is_shared_by_threads) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    pthread_t threads[4];
    tls_pair_open(&pair, &setup);
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, shake_hands, &pair), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    tls_pair_close(&pair);
}
END_TEST

/* The next connection meets the new certificate, the one that is open notices nothing. */
START_TEST(a_reloaded_certificate_is_for_new_connections) {
    tls_setup setup = tls_sound();
    char why[H2TLS_WHY_BYTES];
    ptrdiff_t code[2];
    tls_pair old, pair;
    tls_pair_ready(&old, &setup);
    pair = old;
    h2tls_options other = {.cert_file = tls_file("other-server.pem"), .key_file = tls_file("other-server.key")};
    ck_assert_int_eq(h2tls_reload(old.tls[SERVER], &other, why), 0);
    tls_pair_exchange(&old, 10000, 1000);
    open_again(&pair);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "");
    close_again(&pair);
    h2tls_options trust = {.ca_file = tls_file("other-ca.pem")};
    ck_assert_int_eq(h2tls_reload(old.tls[CLIENT], &trust, why), 0);
    open_again(&pair);
    tls_pair_handshake(&pair, code);
    ck_assert(tls_pair_done(&pair, CLIENT) && tls_pair_done(&pair, SERVER));
    tls_pair_exchange(&pair, 10000, 1000);
    close_again(&pair);
    tls_pair_exchange(&old, 10000, 1000);
    tls_pair_close(&old);
}
END_TEST

START_TEST(a_reload_that_fails_changes_nothing) {
    tls_setup setup = tls_sound();
    char why[H2TLS_WHY_BYTES];
    tls_pair pair;
    tls_pair_ready(&pair, &setup);
    h2tls_options missing = setup.options[SERVER], mixed = setup.options[SERVER], none = {.cert_file = NULL};
    missing.cert_file = "/nonexistent";
    mixed.key_file = tls_file("rsa.key");
    ck_assert_int_eq(h2tls_reload(pair.tls[SERVER], &missing, why), -1);
    ck_assert_ptr_nonnull(strstr(why, "/nonexistent"));
    ck_assert_int_eq(h2tls_reload(pair.tls[SERVER], &mixed, why), -1);
    ck_assert_int_eq(h2tls_reload(pair.tls[SERVER], &none, why), -1);
    tls_pair_again(&pair, &setup);
    tls_pair_exchange(&pair, 10000, 1000);
    tls_pair_close(&pair);
}
END_TEST

/* Threads open connections while another reloads. */
START_TEST(a_context_is_reloaded_while_threads_open) {
    tls_setup setup = tls_sound();
    char why[H2TLS_WHY_BYTES];
    tls_pair pair;
    pthread_t threads[3];
    tls_pair_open(&pair, &setup);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, shake_hands, &pair), 0);
    for (int i = 0; i < 20; i++) ck_assert_int_eq(h2tls_reload(pair.tls[i % 2], &setup.options[i % 2], why), 0);
    for (int i = 0; i < 3; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_context_suite(void) {
    Suite *suite = suite_create("TLS context");
    TCase *cases = tcase_create("context");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, what_is_wrong_is_named, 0, (int)(sizeof context_cases / sizeof *context_cases));
    tcase_add_test(cases, a_long_file_name_is_cut_in_the_sentence);
    tcase_add_test(cases, files_are_read_once_and_not_inherited);
    tcase_add_test(cases, a_file_without_end_is_refused);
    tcase_add_test(cases, free_ignores_nothing);
    tcase_add_test(cases, a_context_is_shared_by_threads);
    tcase_add_test(cases, a_reloaded_certificate_is_for_new_connections);
    tcase_add_test(cases, a_reload_that_fails_changes_nothing);
    tcase_add_test(cases, a_context_is_reloaded_while_threads_open);
    suite_add_tcase(suite, cases);
    return suite;
}
