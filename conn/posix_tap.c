/* SPDX-License-Identifier: MIT */
#include "posix_tap.h"
#include <stdatomic.h>

static ptrdiff_t tap_recv(void *ctx, void *buf, size_t len) {
    posix_tap *tap = ctx;
    const ptrdiff_t n = tap->inner.recv(tap->inner.ctx, buf, len);
    if (n > 0) tap->tell(tap->user, tap->session, false, buf, (size_t)n);
    if (n > 0 || n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE || tap->ended) return n;
    tap->ended = true;
    tap->tell(tap->user, tap->session, false, NULL, 0);
    return n;
}

/* Octets are told when they are offered: once they are sent, an answer may be told by another thread. They are offered
 * again until they are taken. */
static ptrdiff_t tap_send(void *ctx, const void *buf, size_t len) {
    posix_tap *tap = ctx;
    if (len > tap->ahead) {
        tap->tell(tap->user, tap->session, true, (const char *)buf + tap->ahead, len - tap->ahead);
        tap->ahead = len;
    }
    const ptrdiff_t n = tap->inner.send(tap->inner.ctx, buf, len);
    if (n > 0) tap->ahead -= (size_t)n;
    return n;
}

h2conn_transport posix_tap_open(posix_tap *tap, const h2conn_transport *inner, h2conn_tap tell, void *user) {
    static atomic_uint_fast64_t sessions;
    *tap = (posix_tap){.inner = *inner, .tell = tell, .user = user, .session = atomic_fetch_add(&sessions, 1) + 1};
    return (h2conn_transport){.recv = tap_recv, .send = tap_send, .ctx = tap};
}
