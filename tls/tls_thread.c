/* SPDX-License-Identifier: MIT */
/*
 * wolfSSL built with FP_ECC keeps tables of elliptic-curve points for each thread that ever shook hands or read a key,
 * two megabytes and more, and expects the thread to free them before it ends. This sees to it.
 */

#include <pthread.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include "tls_internal.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool made;

static void free_tables(void *unused) {
    (void)unused;
#ifdef FP_ECC
    wc_ecc_fp_free();
#endif
}

static void make_key(void) {
    made = pthread_key_create(&key, free_tables) == 0;
}

void h2tls_thread_note(void) {
    pthread_once(&once, make_key);
    if (made) pthread_setspecific(key, &key);
}
