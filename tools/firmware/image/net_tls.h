/* SPDX-License-Identifier: MIT */
#ifndef NET_TLS_H
#define NET_TLS_H

/* TLS 1.3 by wolfSSL as a transport on top of another, with ALPN "h2" on both sides or nothing. One at a time. */

#include <stdbool.h>
#include "h2conn_transport.h"

/* A DER encoding in the image's flash. */
typedef struct net_der {
    const unsigned char *bytes;
    size_t len;
} net_der;

/* Client: verify the server's chain up to `authority` and its name. Returns 0, or wolfSSL's error. */
int net_tls_client(const h2conn_transport *below, const net_der *authority, const char *name, h2conn_transport *above);

/* Server. */
int net_tls_server(const h2conn_transport *below, const net_der *certificate, const net_der *key,
                   h2conn_transport *above);

/* Whether the handshake is complete, and wolfSSL's error when it or a record failed; 0 otherwise. */
bool net_tls_agreed(void);
int net_tls_error(void);
/* The suite agreed on. */
const char *net_tls_suite(void);

/* Send the closing notice. False while some of it still waits for room: call again. */
bool net_tls_close(void);

#endif
