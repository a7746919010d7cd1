/* SPDX-License-Identifier: MIT */
/*
 * A certificate with the name, the key identifier and the very signature bytes of a trusted authority, all of them
 * public, around a key of one's own. A library that takes it for the authority's own, without verifying the signature,
 * trusts everybody.
 */

#include "tls_test.h"

#include <stdio.h>
#include <string.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#define CERTIFICATE_MAX 2048

typedef struct bytes {
    uint8_t at[CERTIFICATE_MAX];
    size_t len;
} bytes;

static bytes read_der(const char *name) {
    bytes der;
    uint8_t pem[CERTIFICATE_MAX];
    FILE *in = fopen(tls_file(name), "rb");
    ck_assert_ptr_nonnull(in);
    int len = (int)fread(pem, 1, sizeof pem, in);
    fclose(in);
    len = wc_CertPemToDer(pem, len, der.at, sizeof der.at, CERT_TYPE);
    ck_assert_int_gt(len, 0);
    der.len = (size_t)len;
    return der;
}

/* The size of the DER element at `at`, its header included; `header` gets the size of that. */
static size_t element(const uint8_t *at, size_t *header) {
    size_t octets = at[1] < 128 ? 0 : at[1] & 127u, len = octets == 0 ? at[1] : 0;
    for (size_t i = 0; i < octets; i++) len = len << 8 | at[2 + i];
    *header = 2 + octets;
    return 2 + octets + len;
}

/* A Certificate is SEQUENCE { what is signed, signature algorithm, signature }: ours, and the other's last two. */
static bytes splice(const bytes *ours, const bytes *other) {
    bytes out;
    size_t header, unused;
    element(ours->at, &header);
    const uint8_t *body = ours->at + header;
    size_t body_len = element(body, &unused);
    element(other->at, &header);
    size_t skip = header + element(other->at + header, &unused), rest = other->len - skip, content = body_len + rest;
    const uint8_t head[] = {0x30, 0x82, (uint8_t)(content >> 8), (uint8_t)content};
    ck_assert_uint_lt(content + sizeof head, sizeof out.at);
    memcpy(out.at, head, sizeof head);
    memcpy(out.at + sizeof head, body, body_len);
    memcpy(out.at + sizeof head + body_len, other->at + skip, rest);
    out.len = sizeof head + content;
    return out;
}

static void write_pem(const char *name, const bytes *der) {
    uint8_t pem[CERTIFICATE_MAX * 2];
    int len = wc_DerToPem(der->at, (word32)der->len, pem, sizeof pem, CERT_TYPE);
    ck_assert_int_gt(len, 0);
    FILE *out = fopen(tls_file(name), "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(pem, 1, (size_t)len, out), (size_t)len);
    fclose(out);
}

static void forge(void) {
    bytes copied = read_der("copied.pem"), authority = read_der("ca.pem");
    bytes forged = splice(&copied, &authority);
    write_pem("forged.pem", &forged);
}

START_TEST(an_authority_copied_by_a_server_is_refused) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    forge();
    setup.options[SERVER].cert_file = tls_file("forged.pem");
    setup.options[SERVER].key_file = tls_file("copied.key");
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "certificate");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(an_authority_copied_by_a_client_is_refused) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    forge();
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    setup.options[CLIENT].cert_file = tls_file("forged.pem");
    setup.options[CLIENT].key_file = tls_file("copied.key");
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "certificate");
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_forged_suite(void) {
    Suite *suite = suite_create("TLS forged authority");
    TCase *cases = tcase_create("forged");
    tcase_add_test(cases, an_authority_copied_by_a_server_is_refused);
    tcase_add_test(cases, an_authority_copied_by_a_client_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
