/* SPDX-License-Identifier: MIT */
#ifndef USER_SETTINGS_H
#define USER_SETTINGS_H

/* wolfSSL for one peer: TLS 1.3 alone, X.509 with ECDSA on P-256, key exchange on P-256, ChaCha20-Poly1305, ALPN and
 * SNI. */

#include <stddef.h>

#define SINGLE_THREADED
#define WOLFSSL_USER_IO
#define NO_FILESYSTEM
#define NO_WRITEV
#define NO_MAIN_DRIVER
#define WOLFSSL_SMALL_STACK
#define WOLFSSL_GENERAL_ALIGNMENT 4
#define SIZEOF_LONG               4
#define SIZEOF_LONG_LONG          8

#define WOLFSSL_TLS13
#define WOLFSSL_NO_TLS12
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_HKDF
#define HAVE_ALPN
#define HAVE_SNI
#define NO_SESSION_CACHE
#define NO_PSK
#define NO_PWDBASED
#define NO_ERROR_STRINGS
#ifdef IMAGE_CLIENT
#define NO_WOLFSSL_SERVER
#else
#define NO_WOLFSSL_CLIENT
#endif

#define HAVE_ECC
#define ECC_USER_CURVES /* P-256 alone */
#define ECC_TIMING_RESISTANT
#define WOLFSSL_SP_MATH
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_SMALL
#define WOLFSSL_SP_NO_MALLOC
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ONE_TIME_AUTH
#define HAVE_AEAD
#define WOLFSSL_ASN_TEMPLATE

#define NO_AES
#define NO_RSA
#define NO_DH
#define NO_DSA
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_SHA
#define NO_HC128
#define NO_RABBIT

/* The machine's clock and its source of random octets (board.h). */
long board_epoch(void *unused);
int board_random(unsigned char *out, unsigned n);
#define XTIME(t)                  board_epoch(t)
#define CUSTOM_RAND_GENERATE_SEED board_random
#define NO_TIME_SIGNEDNESS_CHECK

#endif
