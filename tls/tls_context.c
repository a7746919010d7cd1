/* SPDX-License-Identifier: MIT */
/* One side's configuration: versions, suites, certificates and trust, within RFC 9113 section 9.2. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tls_internal.h"
#include <wolfssl/openssl/ecdsa.h>
#include <wolfssl/openssl/evp.h>

#define RSA_BITS_MIN 2048
#define ECC_BITS_MIN 256

/* Where systems keep their authorities in one file; the first that exists is used. */
static const char *const system_ca_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
    "/etc/ssl/ca-bundle.pem",             /* openSUSE */
    "/etc/ssl/cert.pem",                  /* BSDs */
};

/* AEAD with ephemeral keys and nothing else. ChaCha20 is the faster one in software, AES where the processor does it.
 */
#define TLS13_AES    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384"
#define TLS13_CHACHA "TLS13-CHACHA20-POLY1305-SHA256"
#define TLS12_AES                                                                                                      \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                                       \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define TLS12_CHACHA "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

static bool aes_in_hardware(void) {
#if defined(WOLFSSL_AESNI) && (defined(__x86_64__) || defined(__i386__))
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(WOLFSSL_ARMASM)
    return true;
#else
    return false;
#endif
}

static const char *suites(void) {
    return aes_in_hardware() ? TLS13_AES ":" TLS13_CHACHA ":" TLS12_AES ":" TLS12_CHACHA
                             : TLS13_CHACHA ":" TLS13_AES ":" TLS12_CHACHA ":" TLS12_AES;
}

static int protocol(WOLFSSL_CTX *wolf, bool only_tls13) {
    int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
    int oldest = only_tls13 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;
    wolfSSL_CTX_set_options(wolf, WOLFSSL_OP_NO_COMPRESSION);
    wolfSSL_CTX_clear_mode(wolf, SSL_MODE_AUTO_RETRY);
    bool set = wolfSSL_CTX_SetMinVersion(wolf, oldest) == WOLFSSL_SUCCESS &&
               wolfSSL_CTX_set_cipher_list(wolf, suites()) == WOLFSSL_SUCCESS &&
               wolfSSL_CTX_set_groups(wolf, groups, sizeof groups / sizeof *groups) == WOLFSSL_SUCCESS &&
               wolfSSL_CTX_SetMinRsaKey_Sz(wolf, RSA_BITS_MIN) == WOLFSSL_SUCCESS &&
               wolfSSL_CTX_SetMinEccKey_Sz(wolf, ECC_BITS_MIN) == WOLFSSL_SUCCESS;
    return set ? 0 : -1;
}

/* wolfSSL 5.5 calls any two ECDSA keys a pair, so such a key has to sign something for the certificate to verify. */
static bool keys_match(WOLFSSL_CTX *wolf) {
    static const unsigned char digest[32] = {1};
    if (wolfSSL_CTX_check_private_key(wolf) != WOLFSSL_SUCCESS) return false;
    WOLFSSL_EC_KEY *own = wolfSSL_EVP_PKEY_get0_EC_KEY(wolfSSL_CTX_get0_privatekey(wolf));
    WOLFSSL_EVP_PKEY *public = wolfSSL_X509_get_pubkey(wolfSSL_CTX_get0_certificate(wolf));
    WOLFSSL_EC_KEY *certified = wolfSSL_EVP_PKEY_get0_EC_KEY(public);
    bool match = own == NULL || certified == NULL;
    if (!match) {
        WOLFSSL_ECDSA_SIG *signature = wolfSSL_ECDSA_do_sign(digest, sizeof digest, own);
        match = signature != NULL && wolfSSL_ECDSA_do_verify(digest, sizeof digest, signature, certified) == 1;
        wolfSSL_ECDSA_SIG_free(signature);
    }
    wolfSSL_EVP_PKEY_free(public);
    return match;
}

static int load_chain(WOLFSSL_CTX *wolf, const char *path, char why[H2TLS_WHY_BYTES]) {
    tls_file file;
    if (h2tls_file_read(&file, path, "certificate file", why) != 0) return -1;
    const int loaded = wolfSSL_CTX_use_certificate_chain_buffer(wolf, file.bytes, (long)file.len);
    h2tls_file_free(&file);
    if (loaded == WOLFSSL_SUCCESS) return 0;
    snprintf(why, H2TLS_WHY_BYTES, "the certificate file %s holds no usable PEM certificate", path);
    return -1;
}

static int load_key(WOLFSSL_CTX *wolf, const char *path, char why[H2TLS_WHY_BYTES]) {
    tls_file file;
    if (h2tls_file_read(&file, path, "key file", why) != 0) return -1;
    const int loaded = wolfSSL_CTX_use_PrivateKey_buffer(wolf, file.bytes, (long)file.len, WOLFSSL_FILETYPE_PEM);
    h2tls_file_free(&file);
    if (loaded == WOLFSSL_SUCCESS) return 0;
    snprintf(why, H2TLS_WHY_BYTES,
             "the key file %s holds no usable private key: PEM, no password, RSA from 2048 bits or ECDSA", path);
    return -1;
}

static int load_identity(WOLFSSL_CTX *wolf, const h2tls_options *options, char why[H2TLS_WHY_BYTES]) {
    const char *cert = options->cert_file, *key = options->key_file;
    if (cert == NULL && key == NULL) return 0;
    if (cert == NULL || key == NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "a certificate and its private key go together; the %s file is not given",
                 cert == NULL ? "certificate" : "key");
        return -1;
    }
    if (load_chain(wolf, cert, why) != 0 || load_key(wolf, key, why) != 0) return -1;
    if (!keys_match(wolf)) {
        snprintf(why, H2TLS_WHY_BYTES, "the private key in %s does not belong to the certificate in %s", key, cert);
        return -1;
    }
    return 0;
}

/*
 * wolfSSL built for OpenSSL's defaults also enters each authority as a "trusted peer", and takes a peer's certificate
 * for that one by its name and signature bytes alone, which anyone can copy: the key is not compared. So they go.
 */
static int load_authorities(WOLFSSL_CTX *wolf, const char *path, char why[H2TLS_WHY_BYTES]) {
    tls_file file;
    if (h2tls_file_read(&file, path, "CA file", why) != 0) return -1;
    const int loaded = wolfSSL_CTX_load_verify_buffer_ex(wolf, file.bytes, (long)file.len, WOLFSSL_FILETYPE_PEM, 0,
                                                         WOLFSSL_LOAD_FLAG_NONE);
    h2tls_file_free(&file);
    wolfSSL_CTX_Unload_trust_peers(wolf);
    if (loaded == WOLFSSL_SUCCESS) return 0;
    snprintf(why, H2TLS_WHY_BYTES, "the CA file %s holds no usable PEM certificate", path);
    return -1;
}

static int load_system_authorities(WOLFSSL_CTX *wolf, char why[H2TLS_WHY_BYTES]) {
    for (size_t i = 0; i < sizeof system_ca_files / sizeof *system_ca_files; i++) {
        if (load_authorities(wolf, system_ca_files[i], why) == 0) return 0;
    }
    snprintf(why, H2TLS_WHY_BYTES,
             "this system has no file of trusted authorities; name a CA file "
             "(on Debian the package ca-certificates has one)");
    return -1;
}

static int trust(tls_identity *identity, const h2tls_options *options, bool server, char why[H2TLS_WHY_BYTES]) {
    int verify = WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    if (identity->insecure || (server && options->ca_file == NULL)) {
        wolfSSL_CTX_set_verify(identity->wolf, WOLFSSL_VERIFY_NONE, NULL);
        return 0;
    }
    identity->verifies = true;
    wolfSSL_CTX_set_verify(identity->wolf, verify, h2tls_verify);
    /* Without this wolfSSL refuses a client without a certificate too, but under TLS 1.2 without telling it. */
    if (server) wolfSSL_CTX_mutual_auth(identity->wolf, 1);
    if (options->ca_file != NULL) return load_authorities(identity->wolf, options->ca_file, why);
    return load_system_authorities(identity->wolf, why);
}

static int configure(tls_identity *identity, const h2tls_options *options, bool server, char why[H2TLS_WHY_BYTES]) {
    if (server && options->cert_file == NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "a TLS server needs a certificate file and a key file");
        return -1;
    }
    identity->wolf = wolfSSL_CTX_new(server ? wolfSSLv23_server_method() : wolfSSLv23_client_method());
    if (identity->wolf == NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "out of memory");
        return -1;
    }
    wolfSSL_CTX_SetIORecv(identity->wolf, h2tls_below_recv);
    wolfSSL_CTX_SetIOSend(identity->wolf, h2tls_below_send);
    if (protocol(identity->wolf, options->only_tls13) != 0) {
        snprintf(why, H2TLS_WHY_BYTES, "this wolfSSL lacks the TLS versions or cipher suites that HTTP/2 needs");
        return -1;
    }
    h2tls_resume_set(identity, server);
    if (server) h2tls_alpn_guard(identity->wolf);
    if (load_identity(identity->wolf, options, why) != 0) return -1;
    return trust(identity, options, server, why);
}

static void forget(tls_identity *identity) {
    wolfSSL_CTX_free(identity->wolf);
    h2tls_sessions_close(&identity->sessions);
    h2tls_tickets_close(&identity->tickets);
    free(identity);
}

static tls_identity *identify(const h2tls_options *options, bool server, char why[H2TLS_WHY_BYTES]) {
    tls_identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "out of memory");
        return NULL;
    }
    h2tls_thread_note();
    h2tls_sessions_open(&identity->sessions);
    h2tls_tickets_open(&identity->tickets);
    identity->holders = 1;
    identity->insecure = !server && options->insecure;
    identity->resumes = !options->no_resume;
    if (configure(identity, options, server, why) == 0) return identity;
    forget(identity);
    return NULL;
}

static int make(h2tls_context **out, const h2tls_options *options, bool server, char why[H2TLS_WHY_BYTES]) {
    h2tls_context *context = calloc(1, sizeof *context);
    if (context == NULL || wolfSSL_Init() != WOLFSSL_SUCCESS) {
        snprintf(why, H2TLS_WHY_BYTES, "out of memory");
        free(context);
        return -1;
    }
    context->server = server;
    pthread_mutex_init(&context->lock, NULL);
    h2tls_pool_init(&context->pool);
    context->identity = identify(options, server, why);
    if (context->identity == NULL) {
        h2tls_free(context);
        return -1;
    }
    *out = context;
    return 0;
}

int h2tls_client(h2tls_context **context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]) {
    return make(context, options, false, why);
}

int h2tls_server(h2tls_context **context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]) {
    return make(context, options, true, why);
}

int h2tls_reload(h2tls_context *context, const h2tls_options *options, char why[H2TLS_WHY_BYTES]) {
    tls_identity *fresh = identify(options, context->server, why);
    if (fresh == NULL) return -1;
    pthread_mutex_lock(&context->lock);
    tls_identity *old = context->identity;
    context->identity = fresh;
    pthread_mutex_unlock(&context->lock);
    h2tls_identity_drop(context, old);
    return 0;
}

tls_identity *h2tls_identity_take(h2tls_context *context) {
    pthread_mutex_lock(&context->lock);
    tls_identity *identity = context->identity;
    identity->holders++;
    pthread_mutex_unlock(&context->lock);
    return identity;
}

void h2tls_identity_drop(h2tls_context *context, tls_identity *identity) {
    pthread_mutex_lock(&context->lock);
    const bool last = --identity->holders == 0;
    pthread_mutex_unlock(&context->lock);
    if (last) forget(identity);
}

void h2tls_free(h2tls_context *context) {
    if (context == NULL) return;
    if (context->identity != NULL) forget(context->identity);
    wolfSSL_Cleanup();
    h2tls_pool_free(&context->pool);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

h2conn_secure h2tls_secure(h2tls_context *context) {
    return (h2conn_secure){.open = h2tls_open,
                           .shutdown = h2tls_shutdown,
                           .release = h2tls_release,
                           .failure = h2tls_failure,
                           .ctx = context};
}
