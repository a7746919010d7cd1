/* SPDX-License-Identifier: MIT */
/* RFC 7301: "h2" or nothing, on both sides. */

#include <string.h>
#include "tls_internal.h"

#define PROTOCOL "h2"

int h2tls_alpn_require(WOLFSSL *ssl) {
    char protocol[] = PROTOCOL;
    int set = wolfSSL_UseALPN(ssl, protocol, sizeof protocol - 1, WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    return set == WOLFSSL_SUCCESS ? 0 : -1;
}

/* wolfSSL compares lists only when the client sent one. This runs once its hello is read, before any answer. */
static int refuse_silence(WOLFSSL *ssl, int *alert, void *unused) {
    (void)unused;
    char *offered = NULL;
    unsigned short len = 0;
    int found = wolfSSL_ALPN_GetPeerProtocol(ssl, &offered, &len);
    wolfSSL_ALPN_FreePeerProtocol(ssl, &offered);
    if (found == WOLFSSL_SUCCESS) return 0;
    *alert = TLS_ALERT_NO_APPLICATION_PROTOCOL;
    return fatal_return;
}

void h2tls_alpn_guard(WOLFSSL_CTX *wolf) {
    wolfSSL_CTX_set_servername_callback(wolf, refuse_silence);
}

bool h2tls_alpn_agreed(WOLFSSL *ssl) {
    char *name = NULL;
    unsigned short len = 0;
    return wolfSSL_ALPN_GetProtocol(ssl, &name, &len) == WOLFSSL_SUCCESS && name != NULL &&
           len == sizeof PROTOCOL - 1 && memcmp(name, PROTOCOL, len) == 0;
}

bool h2tls_alpn_refused(WOLFSSL *ssl, int error) {
    WOLFSSL_ALERT_HISTORY alerts;
    if (error == UNKNOWN_ALPN_PROTOCOL_NAME_E) return true;
    return error == FATAL_ERROR && wolfSSL_get_alert_history(ssl, &alerts) == WOLFSSL_SUCCESS &&
           alerts.last_tx.code == TLS_ALERT_NO_APPLICATION_PROTOCOL;
}
