/* SPDX-License-Identifier: MIT */
/* wolfSSL's errors and the peer's alerts (RFC 8446 section 6) as transport codes and sentences that say what to do. */

#include <stdio.h>
#include "tls_internal.h"

typedef struct reason {
    int code;
    const char *text;
} reason;

/* What the same errors mean before the peer has shown that it speaks TLS. */
static const reason by_first_error[] = {
    {UNKNOWN_RECORD_TYPE, "the peer sent something that is not TLS; check the port and the scheme"},
    {UNKNOWN_HANDSHAKE_TYPE, "the peer sent something that is not TLS; check the port and the scheme"},
    {PARSE_ERROR, "the peer sent something that is not TLS; check the port and the scheme"},
    {LENGTH_ERROR, "the peer sent something that is not TLS; check the port and the scheme"},
    {SOCKET_PEER_CLOSED_E, "the peer closed during the TLS handshake; check the port and the scheme"},
    {SOCKET_ERROR_E, "the peer closed during the TLS handshake; check the port and the scheme"},
};

static const reason by_error[] = {
    {ASN_NO_SIGNER_E, "the peer's certificate comes from an authority that is not trusted here; name its CA file"},
    {ASN_SELF_SIGNED_E, "the peer's certificate is self-signed and not trusted here; name it as the CA file"},
    {ASN_AFTER_DATE_E, "the peer's certificate has expired; it must be renewed"},
    {ASN_BEFORE_DATE_E, "the peer's certificate is not valid yet; check this machine's clock"},
    {VERIFY_CERT_ERROR, "the peer's certificate is refused"},
    {ASN_SIG_CONFIRM_E, "the peer's certificate carries a signature that is not its authority's"},
    {ASN_PATHLEN_INV_E, "the peer's certificate chain is longer than its authority allows"},
    {ASN_NAME_INVALID_E, "the peer's certificate names what its authority may not sign"},
    {MAX_CHAIN_ERROR, "the peer's certificate chain is too long"},
    {EXTKEYUSE_AUTH_E, "the peer's certificate was issued for another use"},
    {KEYUSE_SIGNATURE_E, "the peer's certificate was issued for another use"},
    {RSA_KEY_SIZE_E, "the key in the peer's certificate is too short; RSA needs 2048 bits"},
    {ECC_KEY_SIZE_E, "the key in the peer's certificate is too short; ECDSA needs 256 bits"},
    {NO_PEER_CERT, "the peer gave no certificate and one is demanded"},
    {UNKNOWN_ALPN_PROTOCOL_NAME_E, "the peer does not speak HTTP/2: no ALPN protocol h2"},
    {VERSION_ERROR, "the peer speaks no version of TLS that is accepted here; TLS 1.2 is the oldest"},
    {MATCH_SUITE_ERROR, "the peer has no cipher suite in common with this side"},
    {UNSUPPORTED_SUITE, "the peer has no cipher suite in common with this side"},
    {UNKNOWN_RECORD_TYPE, "a record was altered on the way: its header is not one of TLS"},
    {PARSE_ERROR, "a record was altered on the way: its header is not one of TLS"},
    {LENGTH_ERROR, "a record was altered on the way: it claims more bytes than a record may have"},
    {VERIFY_MAC_ERROR, "a record was altered on the way: it failed its integrity check"},
    {AES_GCM_AUTH_E, "a record was altered on the way: it failed its integrity check"},
    {DECRYPT_ERROR, "a record was altered on the way: it failed its integrity check"},
    {VERIFY_FINISHED_ERROR, "the handshake was altered on the way"},
    {DUPLICATE_MSG_E, "the peer repeated a message of the handshake; renegotiation is not accepted"},
    {VERIFY_SIGN_ERROR, "the peer could not prove that it holds its certificate's private key"},
    {SIG_VERIFY_E, "the peer could not prove that it holds its certificate's private key"},
    {MEMORY_E, "out of memory"},
    {MEMORY_ERROR, "out of memory"},
    {SOCKET_PEER_CLOSED_E, "the peer closed without ending TLS; what it sent may be cut short"},
    {SOCKET_ERROR_E, "the peer closed without ending TLS; what it sent may be cut short"},
};

static const reason by_alert[] = {
    {handshake_failure, "the peer refused the handshake: nothing in common, or it demands a client certificate"},
    {bad_certificate, "the peer refused this side's certificate"},
    {unsupported_certificate, "the peer refused this side's certificate as of an unsupported kind"},
    {certificate_revoked, "the peer refused this side's certificate as revoked"},
    {certificate_expired, "the peer refused this side's certificate as expired"},
    {certificate_unknown, "the peer refused this side's certificate"},
    {unknown_ca, "the peer does not trust the authority that signed this side's certificate"},
    {access_denied, "the peer denies access"},
    {protocol_version, "the peer accepts no version of TLS that is spoken here"},
    {insufficient_security, "the peer demands stronger cipher suites"},
    {bad_record_mac, "the peer found a record altered on the way"},
    {decrypt_error, "the peer found the handshake altered on the way"},
    {certificate_required, "the peer demands a client certificate"},
    {unrecognized_name, "the peer serves no such host name"},
    {no_application_protocol, "the peer does not speak HTTP/2: it refused the ALPN protocol h2"},
};

#define FIND(list, code) find(list, sizeof(list) / sizeof *(list), code)

static const char *find(const reason *list, size_t count, int code) {
    for (size_t i = 0; i < count; i++) {
        if (list[i].code == code) return list[i].text;
    }
    return NULL;
}

ptrdiff_t h2tls_error_code(int error) {
    bool lost = error == SOCKET_PEER_CLOSED_E || error == SOCKET_ERROR_E;
    return lost ? H2CONN_TRANSPORT_ELOST : H2CONN_TRANSPORT_ETLS;
}

int h2tls_error_alert(int error, WOLFSSL *ssl) {
    WOLFSSL_ALERT_HISTORY alerts;
    if (error != FATAL_ERROR || wolfSSL_get_alert_history(ssl, &alerts) != WOLFSSL_SUCCESS) return -1;
    return alerts.last_rx.code;
}

void h2tls_error_text(int error, int alert, bool handshaking, char why[H2TLS_WHY_BYTES]) {
    const char *text = alert >= 0 ? FIND(by_alert, alert) : handshaking ? FIND(by_first_error, error) : NULL;
    if (alert < 0 && text == NULL) text = FIND(by_error, error);
    if (alert >= 0 && text != NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "%s (TLS alert %d)", text, alert);
    } else if (alert >= 0) {
        snprintf(why, H2TLS_WHY_BYTES, "the peer ended TLS with alert %d", alert);
    } else if (text != NULL) {
        snprintf(why, H2TLS_WHY_BYTES, "%s", text);
    } else {
        text = wolfSSL_ERR_reason_error_string((unsigned long)error);
        snprintf(why, H2TLS_WHY_BYTES, "TLS failed: %s (wolfSSL %d)", text, error);
    }
}
