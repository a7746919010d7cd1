/* SPDX-License-Identifier: MIT */
/* Whom either side believes: RFC 5280 chains, RFC 9525 names, client certificates. */

#include "tls_test.h"

#include <stdio.h>
#include <string.h>

/* A server's certificate, what the client asks for, and what comes of it; NULL is success. */
static const struct server_case {
    const char *cert, *host, *ca, *words;
} server_cases[] = {
    {"server", "localhost", "ca", NULL},
    {"server", "LocalHost", "ca", NULL},
    {"server", "localhost.", "ca", NULL},
    {"server", "127.0.0.1", "ca", NULL},
    {"server", "::1", "ca", NULL},
    {"server", "0:0:0:0:0:0:0:1", "ca", NULL},
    {"server", "127.0.0.2", "ca", "not for 127.0.0.2"},
    {"server", "::2", "ca", "not for ::2"},
    {"server", "::", "ca", "not for ::"},
    {"server", "::ffff:127.0.0.1", "ca", "not for ::ffff:127.0.0.1"},
    {"server", "0.0.0.1", "ca", "not for 0.0.0.1"},
    {"server", "other.example", "ca", "not for other.example"},
    {"server", "localhos", "ca", "not for localhos"},
    {"server", "localhostt", "ca", "not for localhostt"},
    {"server", "a.localhost", "ca", "not for a.localhost"},
    {"other-name", "localhost", "ca", "not for localhost"},
    {"other-name", "127.0.0.1", "ca", "not for 127.0.0.1"},
    {"other-name", "other.example", "ca", NULL},
    {"other-name", "192.0.2.1", "ca", NULL},
    {"other-name", "a.wild.example", "ca", NULL},
    {"other-name", "A.WILD.example", "ca", NULL},
    {"other-name", "a.b.wild.example", "ca", "not for a.b.wild.example"},
    {"other-name", "wild.example", "ca", "not for wild.example"},
    {"other-name", ".wild.example", "ca", "not for .wild.example"},
    {"other-name", "awild.example", "ca", "not for awild.example"},
    {"strange-names", "example", "ca", "not for example"},
    {"strange-names", "a.example", "ca", "not for a.example"},
    {"strange-names", "faa.bar.example", "ca", "not for faa.bar.example"},
    {"strange-names", "10.1.2.3", "ca", "not for 10.1.2.3"},
    {"strange-names", "10.1.2.4", "ca", "not for 10.1.2.4"},
    {"strange-names", "in-uri.example", "ca", "not for in-uri.example"},
    {"strange-names", "a@mail.example", "ca", "not for a@mail.example"},
    {"strange-names", "sound.example", "ca", NULL},
    {"common-name", "localhost", "ca", "not for localhost"},
    {"expired", "localhost", "ca", "expired"},
    {"early", "localhost", "ca", "not valid yet"},
    {"other-server", "localhost", "ca", "not trusted"},
    {"server", "localhost", "other-ca", "not trusted"},
    {"other-server", "localhost", "other-ca", NULL},
    {"for-clients", "localhost", "ca", "another use"},
    {"chain", "localhost", "ca", NULL},
    {"chain-short", "localhost", "ca", "not trusted"},
    {"by-leaf", "localhost", "ca", "not trusted"},
    {"rsa", "localhost", "ca", NULL},
    {"server", "localhost", "server", "not trusted"},
    {"self-signed", "localhost", "ca", "not trusted"},
    {"self-signed", "localhost", "self-signed", NULL},
};

static int server_case_count(void) {
    return (int)(sizeof server_cases / sizeof *server_cases);
}

static const char *file(const char *name, const char *suffix) {
    char full[48];
    snprintf(full, sizeof full, "%s.%s", name, suffix);
    return tls_file(full);
}

static void expect_server(const struct server_case *c, const tls_raw *raw) {
    tls_setup setup = {.host = c->host, .raw = raw, .raw_side = SERVER};
    tls_pair pair;
    ptrdiff_t code[2];
    setup.options[CLIENT].ca_file = file(c->ca, "pem");
    setup.options[SERVER].cert_file = file(c->cert, "pem");
    setup.options[SERVER].key_file = file(c->cert, "key");
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    if (c->words != NULL) {
        tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, c->words);
        if (raw == NULL) tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "the peer ");
    } else {
        const char *why = pair.layer[CLIENT].failure(&pair.above[CLIENT]);
        ck_assert_msg(code[CLIENT] == 0, "%s as %s: %s", c->cert, c->host, why);
        tls_pair_exchange(&pair, 100, 100);
    }
    tls_pair_close(&pair);
}

START_TEST(server_certificate_tls13) {
    expect_server(&server_cases[_i], NULL);
}
END_TEST

START_TEST(server_certificate_tls12) {
    tls_raw raw = {.method = wolfTLSv1_2_server_method, .alpn = "h2", .cert = server_cases[_i].cert};
    expect_server(&server_cases[_i], &raw);
}
END_TEST

START_TEST(a_short_rsa_key_is_refused) {
    static const struct server_case c = {"rsa-short", "localhost", "ca", "too short"};
    tls_raw raw = {
        .method = _i == 0 ? wolfTLSv1_3_server_method : wolfTLSv1_2_server_method, .alpn = "h2", .cert = "rsa-short"};
    expect_server(&c, &raw);
}
END_TEST

static void accept_blindly(const struct server_case *c) {
    tls_setup setup = {.host = c->host};
    tls_pair pair;
    setup.options[CLIENT].insecure = true;
    setup.options[SERVER].cert_file = file(c->cert, "pem");
    setup.options[SERVER].key_file = file(c->cert, "key");
    tls_pair_ready(&pair, &setup);
    tls_pair_exchange(&pair, 100, 100);
    tls_pair_close(&pair);
}

START_TEST(insecure_accepts_any_server) {
    for (int i = 0; i < server_case_count(); i++) accept_blindly(&server_cases[i]);
}
END_TEST

START_TEST(system_authorities_are_the_default) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    setup.options[CLIENT].ca_file = NULL;
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "not trusted");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_client_verifies_somebody_or_does_not_open) {
    char why[H2TLS_WHY_BYTES], longest[300];
    h2tls_options options = {.ca_file = tls_file("ca.pem")};
    h2tls_context *tls;
    test_pipe *pipe = test_pipe_new(1);
    h2conn_transport below = test_pipe_end(pipe, CLIENT), above = {.ctx = pipe};
    ck_assert_int_eq(h2tls_client(&tls, &options, why), 0);
    h2conn_secure layer = h2tls_secure(tls);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(layer.open(layer.ctx, &below, NULL, &above), H2CONN_TRANSPORT_ETLS);
    ck_assert_int_eq(layer.open(layer.ctx, &below, "", &above), H2CONN_TRANSPORT_ETLS);
    ck_assert_int_eq(layer.open(layer.ctx, &below, ".", &above), H2CONN_TRANSPORT_ETLS);
    ck_assert_int_eq(layer.open(layer.ctx, &below, longest, &above), H2CONN_TRANSPORT_ETLS);
    ck_assert_ptr_eq(above.ctx, pipe);
    h2tls_free(tls);
    test_pipe_free(pipe);
}
END_TEST

/* RFC 6066 section 3: SNI carries names and never addresses. */
START_TEST(names_are_sent_and_addresses_are_not) {
    static const char *const hosts[] = {"localhost", "127.0.0.1", "::1"};
    static const tls_raw raw = {.method = wolfTLSv1_3_server_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.host = hosts[_i];
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_ready(&pair, &setup);
    const char *asked = wolfSSL_get_servername(pair.raw, WOLFSSL_SNI_HOST_NAME);
    if (_i == 0)
        ck_assert_str_eq(asked, "localhost");
    else
        ck_assert_ptr_null(asked);
    tls_pair_close(&pair);
}
END_TEST

/* What a client shows a server that trusts `ca`, and what the server says of it; NULL is success. */
static const struct client_case {
    const char *cert, *words, *client_words;
} client_cases[] = {
    {"client", NULL, NULL},
    {NULL, "no certificate", "demands a client certificate"},
    {"other-client", "not trusted", "does not trust"},
    {"server", "another use", "refused"},
    {"client-expired", "expired", "expired"},
    {"self-signed", "not trusted", "the peer"},
};

static void expect_client(const struct client_case *c, const tls_raw *raw) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    char byte;
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    setup.raw = raw;
    setup.raw_side = CLIENT;
    if (c->cert != NULL) {
        setup.options[CLIENT].cert_file = file(c->cert, "pem");
        setup.options[CLIENT].key_file = file(c->cert, "key");
    }
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    if (c->words == NULL) {
        ck_assert_int_eq(code[CLIENT], 0);
        ck_assert_int_eq(code[SERVER], 0);
        tls_pair_exchange(&pair, 100, 100);
    } else {
        tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, c->words);
        /* Under TLS 1.3 the client was through before it could be told. */
        if (raw == NULL) code[CLIENT] = tls_pair_recv(&pair, CLIENT, &byte, 1);
        if (raw == NULL) tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, c->client_words);
    }
    tls_pair_close(&pair);
}

START_TEST(client_certificate_tls13) {
    expect_client(&client_cases[_i], NULL);
}
END_TEST

START_TEST(client_certificate_tls12) {
    tls_raw raw = {.method = wolfTLSv1_2_client_method, .alpn = "h2", .cert = client_cases[_i].cert};
    expect_client(&client_cases[_i], &raw);
}
END_TEST

START_TEST(a_client_certificate_is_not_asked_for_without_authorities) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[CLIENT].cert_file = tls_file("other-client.pem");
    setup.options[CLIENT].key_file = tls_file("other-client.key");
    tls_pair_ready(&pair, &setup);
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_trust_suite(void) {
    Suite *suite = suite_create("TLS trust");
    TCase *cases = tcase_create("certificates");
    int clients = (int)(sizeof client_cases / sizeof *client_cases);
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, server_certificate_tls13, 0, server_case_count());
    tcase_add_loop_test(cases, server_certificate_tls12, 0, server_case_count());
    tcase_add_loop_test(cases, a_short_rsa_key_is_refused, 0, 2);
    tcase_add_test(cases, insecure_accepts_any_server);
    tcase_add_test(cases, system_authorities_are_the_default);
    tcase_add_test(cases, a_client_verifies_somebody_or_does_not_open);
    tcase_add_loop_test(cases, names_are_sent_and_addresses_are_not, 0, 3);
    tcase_add_loop_test(cases, client_certificate_tls13, 0, clients);
    tcase_add_loop_test(cases, client_certificate_tls12, 0, clients);
    tcase_add_test(cases, a_client_certificate_is_not_asked_for_without_authorities);
    suite_add_tcase(suite, cases);
    return suite;
}
