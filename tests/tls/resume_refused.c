/* SPDX-License-Identifier: MIT */
/* What is not resumed, and what a session does not stand for. */

#include "tls_test.h"

#include <string.h>

/* Handshake and let both sides read what follows; whether the client says it was resumed. */
static bool resumed(tls_pair *pair) {
    ptrdiff_t code[2];
    tls_pair_handshake(pair, code);
    ck_assert_msg(code[CLIENT] == 0, "%s", pair->layer[CLIENT].failure(&pair->above[CLIENT]));
    ck_assert_msg(code[SERVER] == 0, "%s", pair->layer[SERVER].failure(&pair->above[SERVER]));
    tls_pair_exchange(pair, 3000, 1000);
    return pair->raw_side != CLIENT ? h2tls_resumed(&pair->above[CLIENT]) : h2tls_resumed(&pair->above[SERVER]);
}

static bool resumed_again(tls_pair *pair, const tls_setup *setup) {
    tls_pair_again(pair, setup);
    return resumed(pair);
}

/* Open what leaves a session for the next connection. */
static void prove(tls_pair *pair, const tls_setup *setup) {
    tls_pair_open(pair, setup);
    ck_assert(!resumed(pair));
}

static void reload(tls_pair *pair, int side, const h2tls_options *options) {
    char why[H2TLS_WHY_BYTES];
    ck_assert_msg(h2tls_reload(pair->tls[side], options, why) == 0, "%s", why);
}

START_TEST(a_session_is_for_one_name) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    prove(&pair, &setup);
    setup.host = "127.0.0.1"; /* which the certificate names as well */
    ck_assert(!resumed_again(&pair, &setup));
    setup.host = "::1";
    ck_assert(!resumed_again(&pair, &setup));
    setup.host = "localhost";
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_session_opens_no_other_name) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    prove(&pair, &setup);
    setup.host = "other.example";
    tls_pair_again(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "not for other.example");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_session_is_for_one_context) {
    tls_setup setup = tls_sound();
    char why[H2TLS_WHY_BYTES];
    tls_pair pair;
    prove(&pair, &setup);
    h2tls_context *first = pair.tls[CLIENT], *second = NULL;
    ck_assert_int_eq(h2tls_client(&second, &setup.options[CLIENT], why), 0);
    pair.layer[CLIENT] = h2tls_secure(second);
    ck_assert(!resumed_again(&pair, &setup));
    pair.layer[CLIENT] = h2tls_secure(first);
    ck_assert(resumed_again(&pair, &setup));
    h2tls_free(second);
    tls_pair_close(&pair);
}
END_TEST

/* A new context with the same certificate is what a server is after it was started again. */
START_TEST(a_server_started_again_makes_the_full_handshake) {
    tls_setup setup = tls_sound();
    char why[H2TLS_WHY_BYTES];
    tls_pair pair;
    prove(&pair, &setup);
    h2tls_context *first = pair.tls[SERVER];
    ck_assert_int_eq(h2tls_server(&pair.tls[SERVER], &setup.options[SERVER], why), 0);
    pair.layer[SERVER] = h2tls_secure(pair.tls[SERVER]);
    ck_assert(!resumed_again(&pair, &setup));
    ck_assert(resumed_again(&pair, &setup));
    h2tls_free(first);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_reload_ends_all_sessions) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    prove(&pair, &setup);
    reload(&pair, _i, &setup.options[_i]);
    ck_assert(!resumed_again(&pair, &setup));
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

/* A connection from before the reload leaves its ticket with what was before. */
START_TEST(a_ticket_that_comes_after_a_reload_is_of_no_use) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    reload(&pair, CLIENT, &setup.options[CLIENT]);
    tls_pair_exchange(&pair, 3000, 1000);
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_server_no_longer_trusted_is_not_resumed) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    prove(&pair, &setup);
    h2tls_options trust = {.ca_file = tls_file("other-ca.pem")};
    reload(&pair, CLIENT, &trust);
    tls_pair_again(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "not trusted");
    tls_pair_close(&pair);
}
END_TEST

/* The session of a client without a certificate, at a server that demands one by now. */
START_TEST(a_session_without_certificate_is_none_where_one_is_demanded) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    prove(&pair, &setup);
    h2tls_options demanding = setup.options[SERVER];
    demanding.ca_file = tls_file("ca.pem");
    reload(&pair, SERVER, &demanding);
    tls_pair_again(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "gave no certificate");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_client_no_longer_trusted_is_not_resumed) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    setup.options[CLIENT].cert_file = tls_file("client.pem");
    setup.options[CLIENT].key_file = tls_file("client.key");
    prove(&pair, &setup);
    h2tls_options others = setup.options[SERVER];
    others.ca_file = tls_file("other-ca.pem");
    reload(&pair, SERVER, &others);
    tls_pair_again(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "not trusted");
    tls_pair_close(&pair);
}
END_TEST

/* RFC 7301 section 3.2: the protocol is agreed for the connection, not for the session. */
START_TEST(alpn_is_agreed_anew) {
    static const char *const others[] = {"http/1.1", NULL};
    tls_raw raw = {.method = wolfTLSv1_3_server_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    int ours = _i / 2;
    setup.raw = &raw;
    setup.raw_side = 1 - ours;
    if (ours == SERVER) raw.method = wolfTLSv1_3_client_method;
    prove(&pair, &setup);
    WOLFSSL_SESSION *session = wolfSSL_get1_session(pair.raw);
    if (ours == SERVER) raw.resume = session;
    raw.alpn = others[_i % 2];
    tls_pair_again(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, ours, code[ours], H2CONN_TRANSPORT_ETLS, "ALPN protocol h2");
    wolfSSL_SESSION_free(session);
    tls_pair_close(&pair);
}
END_TEST

/* ---- tickets ---- */

/* The session again, after a change of its ticket, which wolfSSL writes last and after its length. */
static WOLFSSL_SESSION *with_ticket_changed(WOLFSSL_SESSION *session, size_t ticket_bytes, size_t at, uint8_t mask) {
    unsigned char bytes[16384], *out = bytes;
    const unsigned char *in = bytes;
    int len = wolfSSL_i2d_SSL_SESSION(session, NULL);
    ck_assert_int_lt(len, (int)sizeof bytes);
    ck_assert_int_eq(wolfSSL_i2d_SSL_SESSION(session, &out), len);
    bytes[(size_t)len - ticket_bytes + at] ^= mask;
    WOLFSSL_SESSION *changed = wolfSSL_d2i_SSL_SESSION(NULL, &in, len);
    ck_assert_ptr_nonnull(changed);
    return changed;
}

static size_t ticket_bytes(tls_pair *pair) {
    unsigned char ticket[1024];
    unsigned int len = sizeof ticket;
    ck_assert_int_eq(wolfSSL_get_SessionTicket(pair->raw, ticket, &len), WOLFSSL_SUCCESS);
    return len;
}

START_TEST(an_altered_ticket_is_a_full_handshake) {
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    prove(&pair, &setup);
    size_t len = ticket_bytes(&pair);
    WOLFSSL_SESSION *session = wolfSSL_get1_session(pair.raw);
    for (size_t at = (size_t)_i; at < len; at += 4) {
        raw.resume = with_ticket_changed(session, len, at, (uint8_t)(1u << at % 8));
        ck_assert_msg(!resumed_again(&pair, &setup), "byte %zu of %zu is not missed", at, len);
        wolfSSL_SESSION_free(raw.resume);
    }
    raw.resume = session;
    ck_assert(resumed_again(&pair, &setup));
    wolfSSL_SESSION_free(session);
    tls_pair_close(&pair);
}
END_TEST

/* wolfSSL takes the length within a ticket for true: one that claims more bytes than it has is not touched. */
START_TEST(a_ticket_that_lies_about_its_length_is_a_full_handshake) {
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    prove(&pair, &setup);
    size_t len = ticket_bytes(&pair), at = WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ + 1;
    WOLFSSL_SESSION *session = wolfSSL_get1_session(pair.raw);
    for (unsigned mask = 1; mask < 256; mask++) {
        raw.resume = with_ticket_changed(session, len, at, (uint8_t)mask);
        ck_assert_msg(!resumed_again(&pair, &setup), "length changed by %u", mask);
        wolfSSL_SESSION_free(raw.resume);
    }
    wolfSSL_SESSION_free(session);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(no_ticket_is_given_without_resumption) {
    tls_raw raw = {.method = _i == 0 ? wolfTLSv1_3_client_method : wolfTLSv1_2_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    setup.options[SERVER].no_resume = true;
    prove(&pair, &setup);
    WOLFSSL_SESSION *session = wolfSSL_get1_session(pair.raw);
    ck_assert_int_eq(wolfSSL_SESSION_has_ticket(session), 0);
    raw.resume = session;
    ck_assert(!resumed_again(&pair, &setup));
    wolfSSL_SESSION_free(session);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(no_session_is_kept_without_resumption) {
    tls_raw raw = {.method = _i == 0 ? wolfTLSv1_3_server_method : wolfTLSv1_2_server_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = SERVER;
    setup.options[CLIENT].no_resume = true;
    prove(&pair, &setup);
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

/* wolfSSL takes a TLS 1.2 server's silence on what it was offered for consent, and so fails once; but not again. */
START_TEST(a_server_gone_back_to_tls12_is_met_by_the_second_connection) {
    tls_raw raw = {.method = wolfSSLv23_server_method, .alpn = "h2", .tickets = 4};
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    setup.raw = &raw;
    setup.raw_side = SERVER;
    prove(&pair, &setup);
    tls_raw_close(&pair);
    raw.method = wolfTLSv1_2_server_method;
    tls_raw_open(&pair, &raw);
    tls_pair_again(&pair, &setup);
    ck_assert_int_eq(tls_pair_recv(&pair, CLIENT, &byte, 1), H2CONN_TRANSPORT_ETLS);
    ck_assert(!resumed_again(&pair, &setup));
    ck_assert_str_eq(h2tls_version(&pair.above[CLIENT]), "TLSv1.2");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_tls12_server_that_names_no_session_is_not_resumed) {
    tls_raw raw = {.method = wolfTLSv1_2_server_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_open(&pair, &setup);
    wolfSSL_CTX_set_session_cache_mode(pair.wolf, WOLFSSL_SESS_CACHE_OFF);
    tls_pair_again(&pair, &setup);
    ck_assert(!resumed(&pair));
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_resume_refused_suite(void) {
    Suite *suite = suite_create("TLS resumption refused");
    TCase *cases = tcase_create("another");
    tcase_add_test(cases, a_session_is_for_one_name);
    tcase_add_test(cases, a_session_opens_no_other_name);
    tcase_add_test(cases, a_session_is_for_one_context);
    tcase_add_test(cases, a_server_started_again_makes_the_full_handshake);
    tcase_add_loop_test(cases, a_reload_ends_all_sessions, 0, 2);
    tcase_add_test(cases, a_ticket_that_comes_after_a_reload_is_of_no_use);
    tcase_add_test(cases, a_server_no_longer_trusted_is_not_resumed);
    tcase_add_test(cases, a_session_without_certificate_is_none_where_one_is_demanded);
    tcase_add_test(cases, a_client_no_longer_trusted_is_not_resumed);
    tcase_add_loop_test(cases, alpn_is_agreed_anew, 0, 4);
    tcase_add_loop_test(cases, no_session_is_kept_without_resumption, 0, 2);
    tcase_add_test(cases, a_server_gone_back_to_tls12_is_met_by_the_second_connection);
    tcase_add_test(cases, a_tls12_server_that_names_no_session_is_not_resumed);
    suite_add_tcase(suite, cases);
    cases = tcase_create("tickets");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, an_altered_ticket_is_a_full_handshake, 0, 4);
    tcase_add_test(cases, a_ticket_that_lies_about_its_length_is_a_full_handshake);
    tcase_add_loop_test(cases, no_ticket_is_given_without_resumption, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
