/* SPDX-License-Identifier: MIT */
/* Who is trusted: certificates, names, ALPN (RFC 9113, 3.2 and 9.2; RFC 7301). */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include "e2e.h"

static const char listen_tls[] = "https://127.0.0.1:0";

/* Whoever was refused, the server serves the next. */
static void serves_the_next(const char *url) {
    h2tls_options tls = {.insecure = true, .cert_file = e2e_file("client.pem"), .key_file = e2e_file("client.key")};
    e2e_client client;
    e2e_client_open(&client, &tls);
    h2conn *conn = e2e_connect(&client, url);
    e2e_ask(conn, "next");
    h2conn_free(conn);
    e2e_client_close(&client);
}

/* Serve with `name`.pem, connect to `host` with these client options. Returns the error of the attempt, H2CONN_OK after
 * a word was echoed. */
static int attempt(const char *name, const char *host, const h2tls_options *client_tls, bool mutual) {
    char cert[32], key[32], url[H2CONN_WHY_BYTES];
    snprintf(cert, sizeof cert, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    h2tls_options tls = {
        .cert_file = e2e_file(cert), .key_file = e2e_file(key), .ca_file = mutual ? e2e_file("ca.pem") : NULL};
    e2e_server server;
    e2e_client client;
    h2conn_response response;
    h2conn *conn;
    e2e_server_start(&server, listen_tls, &tls, e2e_echo, NULL);
    snprintf(url, sizeof url, "https://%s%.64s/", host, strrchr(server.url, ':'));
    e2e_client_open(&client, client_tls);
    int error = h2conn_connect(&conn, url, &client.options, &response);
    if (error == H2CONN_OK) {
        h2conn_set_deadline(conn, h2conn_now() + E2E_PATIENCE_MS);
        e2e_ask(conn, "trusted");
    } else {
        ck_assert_str_ne(response.why, "");
        ck_assert_ptr_null(conn);
    }
    h2conn_free(conn);
    e2e_client_close(&client);
    if (error != H2CONN_OK) serves_the_next(url);
    e2e_server_stop(&server);
    return error;
}

START_TEST(a_trusted_server_is_accepted_by_name_and_by_address) {
    ck_assert_int_eq(attempt("server", "localhost", NULL, false), H2CONN_OK);
    ck_assert_int_eq(attempt("server", "127.0.0.1", NULL, false), H2CONN_OK);
}
END_TEST

START_TEST(a_wrong_host_name_is_refused) {
    ck_assert_int_eq(attempt("other-name", "localhost", NULL, false), H2CONN_ETLS);
    ck_assert_int_eq(attempt("other-name", "127.0.0.1", NULL, false), H2CONN_ETLS);
}
END_TEST

START_TEST(an_expired_certificate_is_refused) {
    ck_assert_int_eq(attempt("expired", "localhost", NULL, false), H2CONN_ETLS);
}
END_TEST

START_TEST(an_unknown_authority_is_refused) {
    h2tls_options system = {0};
    ck_assert_int_eq(attempt("other-server", "localhost", NULL, false), H2CONN_ETLS);
    ck_assert_int_eq(attempt("server", "localhost", &system, false), H2CONN_ETLS);
}
END_TEST

START_TEST(insecure_accepts_any_certificate) {
    h2tls_options insecure = {.insecure = true};
    ck_assert_int_eq(attempt("other-server", "localhost", &insecure, false), H2CONN_OK);
    ck_assert_int_eq(attempt("expired", "localhost", &insecure, false), H2CONN_OK);
    ck_assert_int_eq(attempt("other-name", "localhost", &insecure, false), H2CONN_OK);
}
END_TEST

START_TEST(mutual_tls_accepts_a_client_certificate) {
    h2tls_options client = {
        .ca_file = e2e_file("ca.pem"), .cert_file = e2e_file("client.pem"), .key_file = e2e_file("client.key")};
    ck_assert_int_eq(attempt("server", "localhost", &client, true), H2CONN_OK);
}
END_TEST

START_TEST(mutual_tls_refuses_a_client_without_a_certificate) {
    ck_assert_int_eq(attempt("server", "localhost", NULL, true), H2CONN_ETLS);
}
END_TEST

START_TEST(mutual_tls_refuses_a_certificate_of_an_unknown_authority) {
    h2tls_options client = {.ca_file = e2e_file("ca.pem"),
                            .cert_file = e2e_file("other-client.pem"),
                            .key_file = e2e_file("other-client.key")};
    ck_assert_int_eq(attempt("server", "localhost", &client, true), H2CONN_ETLS);
}
END_TEST

START_TEST(tls13_alone_is_possible) {
    h2tls_options client = {.ca_file = e2e_file("ca.pem"), .only_tls13 = true};
    ck_assert_int_eq(attempt("server", "localhost", &client, false), H2CONN_OK);
}
END_TEST

/* A server that is wolfSSL alone and says nothing of ALPN. */
typedef struct plain_tls {
    int fd;
    const char *alpn; /* all it speaks, or NULL */
    WOLFSSL_CTX *context;
} plain_tls;

static void *plain_tls_run(void *user) {
    plain_tls *p = user;
    char alpn[16], byte;
    int fd = accept(p->fd, NULL, NULL);
    WOLFSSL *ssl = wolfSSL_new(p->context);
    if (p->alpn) {
        snprintf(alpn, sizeof alpn, "%s", p->alpn);
        wolfSSL_UseALPN(ssl, alpn, (unsigned)strlen(alpn), WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    }
    wolfSSL_set_fd(ssl, fd);
    if (wolfSSL_accept(ssl) == WOLFSSL_SUCCESS)
        while (wolfSSL_read(ssl, &byte, 1) > 0) {
        }
    wolfSSL_free(ssl);
    close(fd);
    wc_ecc_fp_free(); /* what wolfSSL caches for this thread */
    return NULL;
}

static void refuse_alpn(const char *alpn) {
    char url[H2CONN_WHY_BYTES], why[H2CONN_WHY_BYTES];
    plain_tls p = {.fd = e2e_listen_raw("https", url), .alpn = alpn};
    pthread_t thread;
    p.context = wolfSSL_CTX_new(wolfTLSv1_2_server_method());
    ck_assert_int_eq(wolfSSL_CTX_use_certificate_file(p.context, e2e_file("server.pem"), WOLFSSL_FILETYPE_PEM),
                     WOLFSSL_SUCCESS);
    ck_assert_int_eq(wolfSSL_CTX_use_PrivateKey_file(p.context, e2e_file("server.key"), WOLFSSL_FILETYPE_PEM),
                     WOLFSSL_SUCCESS);
    ck_assert_int_eq(pthread_create(&thread, NULL, plain_tls_run, &p), 0);
    ck_assert_int_eq(e2e_connect_error(url, NULL, why), H2CONN_ETLS);
    ck_assert_msg(strstr(why, "h2") != NULL, "%s", why);
    pthread_join(thread, NULL);
    wolfSSL_CTX_free(p.context);
    close(p.fd);
}

START_TEST(a_server_without_alpn_is_refused) {
    refuse_alpn(NULL);
}
END_TEST

START_TEST(a_server_of_another_protocol_is_refused) {
    refuse_alpn("http/1.1");
}
END_TEST

Suite *e2e_trust_suite(void) {
    Suite *suite = suite_create("end to end: trust");
    TCase *tc = tcase_create("trust");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_test(tc, a_trusted_server_is_accepted_by_name_and_by_address);
    tcase_add_test(tc, a_wrong_host_name_is_refused);
    tcase_add_test(tc, an_expired_certificate_is_refused);
    tcase_add_test(tc, an_unknown_authority_is_refused);
    tcase_add_test(tc, insecure_accepts_any_certificate);
    tcase_add_test(tc, mutual_tls_accepts_a_client_certificate);
    tcase_add_test(tc, mutual_tls_refuses_a_client_without_a_certificate);
    tcase_add_test(tc, mutual_tls_refuses_a_certificate_of_an_unknown_authority);
    tcase_add_test(tc, tls13_alone_is_possible);
    tcase_add_test(tc, a_server_without_alpn_is_refused);
    tcase_add_test(tc, a_server_of_another_protocol_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
