/* SPDX-License-Identifier: MIT */
/* RFC 9113 section 9.2: versions, suites, no renegotiation. */

#include "tls_test.h"

#include <string.h>

typedef WOLFSSL_METHOD *(*tls_method)(void);

static tls_setup against(const tls_raw *raw, int raw_side) {
    tls_setup setup = tls_sound();
    setup.raw = raw;
    setup.raw_side = raw_side;
    return setup;
}

static void expect_refusal(const tls_setup *setup, const char *words) {
    tls_pair pair;
    ptrdiff_t code[2];
    int ours = 1 - setup->raw_side;
    tls_pair_open(&pair, setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, ours, code[ours], H2CONN_TRANSPORT_ETLS, words);
    tls_pair_close(&pair);
}

START_TEST(tls11_is_refused) {
    const tls_method methods[] = {wolfTLSv1_1_client_method, wolfTLSv1_1_server_method};
    tls_raw raw = {.method = methods[_i], .alpn = "h2"};
    tls_setup setup = against(&raw, _i);
    /* An old server finds the suites wanting before it comes to the version. */
    expect_refusal(&setup, _i == CLIENT ? "version of TLS" : "nothing in common");
}
END_TEST

START_TEST(tls12_is_refused_where_only_tls13_is_accepted) {
    const tls_method methods[] = {wolfTLSv1_2_client_method, wolfTLSv1_2_server_method};
    tls_raw raw = {.method = methods[_i], .alpn = "h2"};
    tls_setup setup = against(&raw, _i);
    setup.options[1 - _i].only_tls13 = true;
    expect_refusal(&setup, "version of TLS");
}
END_TEST

START_TEST(tls13_is_preferred) {
    const tls_method methods[] = {wolfSSLv23_client_method, wolfSSLv23_server_method};
    tls_raw raw = {.method = methods[_i], .alpn = "h2"};
    tls_setup setup = against(&raw, _i);
    tls_pair pair;
    tls_pair_ready(&pair, &setup);
    ck_assert_str_eq(h2tls_version(&pair.above[1 - _i]), "TLSv1.3");
    tls_pair_close(&pair);
}
END_TEST

/* RFC 9113 section 9.2.2: under TLS 1.2, ephemeral keys and AEAD. */
static const struct suite_case {
    const char *wolf, *iana; /* NULL is refused */
} suite_cases[] = {
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-ECDSA-AES128-SHA256", NULL},
    {"ECDHE-ECDSA-AES256-SHA384", NULL},
    {"ECDHE-ECDSA-AES128-SHA", NULL},
    {"ECDHE-ECDSA-AES128-CCM-8", NULL},
    {"ECDHE-ECDSA-CHACHA20-POLY1305-OLD", NULL},
};
static const int suite_count = (int)(sizeof suite_cases / sizeof *suite_cases);

static void run_suite(const struct suite_case *c, int raw_side) {
    const tls_method methods[] = {wolfTLSv1_2_client_method, wolfTLSv1_2_server_method};
    tls_raw raw = {.method = methods[raw_side], .alpn = "h2", .suites = c->wolf};
    tls_setup setup = against(&raw, raw_side);
    tls_pair pair;
    ptrdiff_t code[2];
    int ours = 1 - raw_side;
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    if (c->iana == NULL) {
        tls_expect_failure(&pair, ours, code[ours], H2CONN_TRANSPORT_ETLS, "in common");
    } else {
        ck_assert_int_eq(code[ours], 0);
        ck_assert_str_eq(h2tls_version(&pair.above[ours]), "TLSv1.2");
        ck_assert_str_eq(h2tls_suite(&pair.above[ours]), c->iana);
        tls_pair_exchange(&pair, 20000, 20000);
    }
    tls_pair_close(&pair);
}

START_TEST(tls12_suites_a_client_may_offer) {
    run_suite(&suite_cases[_i], CLIENT);
}
END_TEST

START_TEST(tls12_suites_a_server_may_pick) {
    run_suite(&suite_cases[_i], SERVER);
}
END_TEST

START_TEST(tls12_suites_with_rsa) {
    static const struct suite_case cases[] = {
        {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
        {"ECDHE-RSA-AES128-SHA", NULL},
        {"ECDHE-RSA-AES128-SHA256", NULL},
        {"DHE-RSA-AES128-GCM-SHA256", NULL},
        {"DHE-RSA-CHACHA20-POLY1305", NULL},
        {"DHE-RSA-AES256-SHA", NULL},
    };
    const struct suite_case *c = &cases[_i];
    tls_raw raw = {.method = wolfTLSv1_2_client_method, .alpn = "h2", .suites = c->wolf};
    tls_setup setup = against(&raw, CLIENT);
    tls_pair pair;
    ptrdiff_t code[2];
    setup.options[SERVER].cert_file = tls_file("rsa.pem");
    setup.options[SERVER].key_file = tls_file("rsa.key");
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    if (c->iana == NULL)
        tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "in common");
    else
        ck_assert_str_eq(h2tls_suite(&pair.above[SERVER]), c->iana);
    tls_pair_close(&pair);
}
END_TEST

/* The client's order does not matter: the server knows what it does well. */
START_TEST(the_server_picks_the_suite) {
    static const char *const orders[] = {
        "TLS13-AES256-GCM-SHA384:TLS13-AES128-GCM-SHA256:TLS13-CHACHA20-POLY1305-SHA256",
        "TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384",
    };
    const char *picked[2];
    for (int i = 0; i < 2; i++) {
        tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2", .suites = orders[i]};
        tls_setup setup = against(&raw, CLIENT);
        tls_pair pair;
        tls_pair_ready(&pair, &setup);
        picked[i] = h2tls_suite(&pair.above[SERVER]);
        tls_pair_close(&pair);
    }
    ck_assert_str_eq(picked[0], picked[1]);
#if !defined(WOLFSSL_AESNI) && !defined(WOLFSSL_ARMASM)
    ck_assert_str_eq(picked[0], "TLS_CHACHA20_POLY1305_SHA256");
#endif
}
END_TEST

START_TEST(tls13_suites_beyond_the_three_are_refused) {
    static const char *const suites[] = {"TLS13-SHA256-SHA256", "TLS13-AES128-CCM-SHA256", "TLS13-AES128-CCM-8-SHA256"};
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2", .suites = suites[_i]};
    tls_setup setup = against(&raw, CLIENT);
    expect_refusal(&setup, "in common");
}
END_TEST

Suite *tls_versions_suite(void) {
    Suite *suite = suite_create("TLS versions and suites");
    TCase *cases = tcase_create("RFC 9113, 9.2");
    tcase_add_loop_test(cases, tls11_is_refused, 0, 2);
    tcase_add_loop_test(cases, tls12_is_refused_where_only_tls13_is_accepted, 0, 2);
    tcase_add_loop_test(cases, tls13_is_preferred, 0, 2);
    tcase_add_loop_test(cases, tls12_suites_a_client_may_offer, 0, suite_count);
    tcase_add_loop_test(cases, tls12_suites_a_server_may_pick, 0, suite_count);
    tcase_add_loop_test(cases, tls12_suites_with_rsa, 0, 8);
    tcase_add_test(cases, the_server_picks_the_suite);
    tcase_add_loop_test(cases, tls13_suites_beyond_the_three_are_refused, 0, 3);
    suite_add_tcase(suite, cases);
    return suite;
}
