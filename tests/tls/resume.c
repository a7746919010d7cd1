/* SPDX-License-Identifier: MIT */
/* Resumption, RFC 8446 section 2.2 and RFC 5246 section 7.3: that it happens, and how much is kept for how long. */

#include "tls_test.h"

#include <stdio.h>
#include <string.h>

/* Handshake, and let both sides read what follows it; whether the one that is not raw says it was resumed. */
static bool resumed(tls_pair *pair) {
    ptrdiff_t code[2];
    int ours = pair->raw_side == CLIENT ? SERVER : CLIENT;
    tls_pair_handshake(pair, code);
    ck_assert_msg(code[0] == 0 && code[1] == 0, "%s", pair->layer[ours].failure(&pair->above[ours]));
    tls_pair_exchange(pair, 3000, 1000);
    bool said = h2tls_resumed(&pair->above[ours]);
    if (pair->raw == NULL) ck_assert(h2tls_resumed(&pair->above[SERVER]) == said);
    if (pair->raw != NULL) ck_assert(wolfSSL_session_reused(pair->raw) == said);
    return said;
}

static bool resumed_again(tls_pair *pair, const tls_setup *setup) {
    tls_pair_again(pair, setup);
    return resumed(pair);
}

START_TEST(a_session_is_resumed) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[CLIENT].only_tls13 = _i == 1;
    tls_pair_open(&pair, &setup);
    ck_assert(!h2tls_resumed(&pair.above[CLIENT]));
    ck_assert(!resumed(&pair));
    for (int i = 0; i < 3; i++) {
        ck_assert(resumed_again(&pair, &setup));
        ck_assert_str_eq(h2tls_version(&pair.above[CLIENT]), "TLSv1.3");
        ck_assert_str_ne(h2tls_suite(&pair.above[SERVER]), "");
    }
    tls_pair_close(&pair);
}
END_TEST

/* The certificates are not sent again. */
START_TEST(a_resumed_handshake_is_shorter) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    tls_pair_open(&pair, &setup);
    resumed(&pair);
    uint64_t full = test_pipe_sent(pair.pipe, SERVER);
    resumed_again(&pair, &setup);
    ck_assert_uint_lt(test_pipe_sent(pair.pipe, SERVER) + 400, full);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_server_takes_its_tickets) {
    tls_raw raw = {.method = _i == 0 ? wolfTLSv1_3_client_method : wolfTLSv1_2_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    for (int i = 0; i < 3; i++) {
        raw.resume = wolfSSL_get1_session(pair.raw);
        ck_assert(wolfSSL_SESSION_has_ticket(raw.resume));
        ck_assert(resumed_again(&pair, &setup));
        wolfSSL_SESSION_free(raw.resume);
    }
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_client_resumes_what_a_server_remembers) {
    tls_raw raw = {.method = _i == 0 ? wolfTLSv1_3_server_method : wolfTLSv1_2_server_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    for (int i = 0; i < 3; i++) ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_client_s_certificate_is_resumed_with_it) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    setup.options[CLIENT].cert_file = tls_file("client.pem");
    setup.options[CLIENT].key_file = tls_file("client.key");
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    ck_assert(resumed_again(&pair, &setup));
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(an_insecure_client_resumes_too) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[CLIENT] = (h2tls_options){.insecure = true};
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_name_is_the_same_in_any_case_and_with_a_final_dot) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    setup.host = "LocalHost.";
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

/* RFC 8446 appendix C.4. */
START_TEST(a_session_is_offered_once) {
    tls_setup setup = tls_sound();
    tls_pair pair, other;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    other = pair;
    tls_pair_again(&pair, &setup);
    other.pipe = test_pipe_new(65536);
    for (int i = 0; i < 2; i++) {
        other.below[i] = test_pipe_end(other.pipe, i);
        const char *host = i == CLIENT ? "localhost" : NULL;
        ck_assert_int_eq(other.layer[i].open(other.layer[i].ctx, &other.below[i], host, &other.above[i]), 0);
    }
    ck_assert(resumed(&pair));
    ck_assert(!resumed(&other));
    for (int i = 0; i < 2; i++) other.layer[i].release(&other.above[i]);
    test_pipe_free(other.pipe);
    tls_pair_close(&pair);
}
END_TEST

/* ---- bounds ---- */

static void set_host(tls_setup *setup, char *host, size_t size, unsigned number) {
    snprintf(host, size, "host%u.wild.example", number);
    setup->host = host;
}

START_TEST(the_oldest_of_too_many_sessions_goes) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char host[40];
    setup.options[SERVER].cert_file = tls_file("other-name.pem");
    setup.options[SERVER].key_file = tls_file("other-name.key");
    set_host(&setup, host, sizeof host, 0);
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    for (unsigned i = 1; i <= H2TLS_SESSIONS; i++) {
        set_host(&setup, host, sizeof host, i);
        ck_assert(!resumed_again(&pair, &setup));
    }
    set_host(&setup, host, sizeof host, 1);
    ck_assert(resumed_again(&pair, &setup));
    set_host(&setup, host, sizeof host, H2TLS_SESSIONS);
    ck_assert(resumed_again(&pair, &setup));
    set_host(&setup, host, sizeof host, 0);
    ck_assert(!resumed_again(&pair, &setup));
    set_host(&setup, host, sizeof host, 2);
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(the_sessions_of_one_host_are_few) {
    tls_raw raw = {.method = wolfTLSv1_3_server_method, .alpn = "h2", .tickets = 7};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    /* Opened and given up, so that each takes a session and leaves none. */
    for (int i = 0; i < H2TLS_HOST_SESSIONS - 1; i++) tls_pair_again(&pair, &setup);
    ck_assert(resumed_again(&pair, &setup));
    for (int i = 0; i < H2TLS_HOST_SESSIONS; i++) tls_pair_again(&pair, &setup);
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

/* However often it was resumed in between. */
START_TEST(a_session_lasts_no_longer_than_its_first_proof) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    tls_clock_forward(H2TLS_RESUME_SECONDS / 2);
    ck_assert(resumed_again(&pair, &setup));
    tls_clock_forward(H2TLS_RESUME_SECONDS / 2 - 10);
    ck_assert(resumed_again(&pair, &setup));
    tls_clock_forward(10);
    ck_assert(!resumed_again(&pair, &setup));
    ck_assert(resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

/* A client of another make may offer what it has for as long as it likes. */
START_TEST(a_ticket_lasts_no_longer_than_its_first_proof) {
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    raw.resume = wolfSSL_get1_session(pair.raw);
    tls_clock_forward(H2TLS_RESUME_SECONDS - 10);
    ck_assert(resumed_again(&pair, &setup));
    wolfSSL_SESSION_free(raw.resume);
    raw.resume = wolfSSL_get1_session(pair.raw);
    tls_clock_forward(10);
    ck_assert(!resumed_again(&pair, &setup));
    wolfSSL_SESSION_free(raw.resume);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_session_lasts_no_longer_than_the_certificate) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.options[SERVER].cert_file = tls_file("soon.pem");
    setup.options[SERVER].key_file = tls_file("soon.key");
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    tls_clock_forward(1000);
    ck_assert(resumed_again(&pair, &setup));
    tls_clock_forward(801);
    ck_assert(!resumed_again(&pair, &setup));
    tls_pair_close(&pair);
}
END_TEST

static void key_name(tls_pair *pair, unsigned char name[WOLFSSL_TICKET_NAME_SZ]) {
    unsigned char ticket[1024];
    unsigned int len = sizeof ticket;
    ck_assert_int_eq(wolfSSL_get_SessionTicket(pair->raw, ticket, &len), WOLFSSL_SUCCESS);
    ck_assert_uint_gt(len, WOLFSSL_TICKET_NAME_SZ);
    memcpy(name, ticket, WOLFSSL_TICKET_NAME_SZ);
}

START_TEST(the_key_of_tickets_changes_and_the_last_one_still_opens) {
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    unsigned char names[3][WOLFSSL_TICKET_NAME_SZ];
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    tls_pair_open(&pair, &setup);
    ck_assert(!resumed(&pair));
    key_name(&pair, names[0]);
    tls_clock_forward(H2TLS_RESUME_SECONDS - 10);
    ck_assert(!resumed_again(&pair, &setup));
    key_name(&pair, names[1]);
    ck_assert_mem_eq(names[0], names[1], sizeof names[0]);
    raw.resume = wolfSSL_get1_session(pair.raw);
    tls_clock_forward(20);
    ck_assert(resumed_again(&pair, &setup));
    key_name(&pair, names[2]);
    ck_assert_mem_ne(names[0], names[2], sizeof names[0]);
    wolfSSL_SESSION_free(raw.resume);
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_resume_suite(void) {
    Suite *suite = suite_create("TLS resumption");
    TCase *cases = tcase_create("resumed");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, a_session_is_resumed, 0, 2);
    tcase_add_test(cases, a_resumed_handshake_is_shorter);
    tcase_add_loop_test(cases, a_server_takes_its_tickets, 0, 2);
    tcase_add_loop_test(cases, a_client_resumes_what_a_server_remembers, 0, 2);
    tcase_add_test(cases, a_client_s_certificate_is_resumed_with_it);
    tcase_add_test(cases, an_insecure_client_resumes_too);
    tcase_add_test(cases, a_name_is_the_same_in_any_case_and_with_a_final_dot);
    tcase_add_test(cases, a_session_is_offered_once);
    suite_add_tcase(suite, cases);
    cases = tcase_create("bounds");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, the_oldest_of_too_many_sessions_goes);
    tcase_add_test(cases, the_sessions_of_one_host_are_few);
    tcase_add_test(cases, a_session_lasts_no_longer_than_its_first_proof);
    tcase_add_test(cases, a_ticket_lasts_no_longer_than_its_first_proof);
    tcase_add_test(cases, a_session_lasts_no_longer_than_the_certificate);
    tcase_add_test(cases, the_key_of_tickets_changes_and_the_last_one_still_opens);
    suite_add_tcase(suite, cases);
    return suite;
}
