/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_H
#define IMAGE_H

/* What the client's and the server's image share. */

#include <stdint.h>
#include "h2conn_core.h"
#include "net_tcp.h"

/* Certificates, made by image.sh. */
#include "net_tls.h"
extern const net_der image_authority, image_certificate, image_key;

/* Octet `at` of the pattern that is sent. */
uint8_t image_octet(uint32_t at);

/* Move everything once: network, session. Returns whether anything moved. */
bool image_poll(h2conn_core *core);

/* After the session: the closing notice, FIN, and the peer's, as long as it takes but no more than some seconds. */
void image_close(net_tcp *tcp);

/* Most bytes of C library heap ever in use: TLS has one, h2conn does not. */
uint32_t image_heap(void);

/* Print what it took. */
void image_report(const char *what, uint32_t sent, uint32_t received, uint32_t began_ms, uint32_t core_bytes);

#endif
