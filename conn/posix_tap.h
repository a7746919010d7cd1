/* SPDX-License-Identifier: MIT */
#ifndef POSIX_TAP_H
#define POSIX_TAP_H

/* A transport around another that tells what passes (h2conn_tap). */

#include "h2conn.h"

typedef struct posix_tap {
    h2conn_transport inner;
    h2conn_tap tell;
    void *user;
    uint64_t session;
    size_t ahead; /* octets that were told when they were first offered, and not yet sent */
    bool ended;
} posix_tap;

/* `tap` is kept while the transport is used. */
h2conn_transport posix_tap_open(posix_tap *tap, const h2conn_transport *inner, h2conn_tap tell, void *user);

#endif
