/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_text.h"
#include "posix_session.h"
#include "posix_time.h"

int64_t posix_window_memory(uint64_t option) {
    if (option == 0) return POSIX_WINDOW_MEMORY;
    return option < INT64_MAX ? (int64_t)option : INT64_MAX;
}

bool posix_window_grant(_Atomic int64_t *left, int64_t octets) {
    const int64_t before = atomic_fetch_sub(left, octets);
    if (octets <= 0 || before / 2 >= octets) return true;
    atomic_fetch_add(left, octets);
    return false;
}

#define DEFAULT_HANDSHAKE_MS 10000
#define DEFAULT_LINGER_MS    1000

static int64_t time_of(int64_t given, int64_t normal) {
    if (given == 0) return normal;
    return given > 0 ? given : 0;
}

h2conn_times posix_times_of(const h2conn_times *given, const h2_config *config) {
    return (h2conn_times){.stall_ms = time_of(given->stall_ms, config->blocked_ms),
                          .handshake_ms = time_of(given->handshake_ms, DEFAULT_HANDSHAKE_MS),
                          .linger_ms = time_of(given->linger_ms, DEFAULT_LINGER_MS)};
}

static void ready(posix_source *source) {
    posix_session *s = (posix_session *)source;
    pthread_mutex_lock(&s->lock);
    s->ready = true;
    posix_loop_turn(s);
    pthread_mutex_unlock(&s->lock);
    posix_session_after(s);
}

static void session_free(posix_session *s) {
    posix_socket_close(&s->socket);
    if (s->guard != NULL) {
        s->owner->secure.release(&s->guard->above);
        pthread_mutex_destroy(&s->guard->wire);
    }
    posix_pool_put(&s->loop->pool, s->rx);
    posix_pool_put(&s->loop->pool, s->tx);
    posix_pool_put(&s->loop->pool, s->spare);
    pthread_mutex_destroy(&s->lock);
    if (s->link.session != NULL) h2_session_free(s->link.session);
    free(s->guard);
    free(s->addresses);
    free(s->tap);
    free(s->origin);
    free(s);
}

static void *lend(void *user, size_t bytes) {
    (void)user;
    return malloc(bytes);
}

static void take_back(void *user, void *memory, size_t bytes) {
    (void)user;
    (void)bytes;
    free(memory);
}

/* The owner's sizes; H2CONN_OK or ENOMEM. */
static int open_engine(posix_session *s, const h2conn_transport *transport) {
    h2conn_transport tapped;
    if (s->owner->tap != NULL) {
        s->tap = malloc(sizeof *s->tap);
        if (s->tap == NULL) return H2CONN_ENOMEM;
        tapped = posix_tap_open(s->tap, transport, s->owner->tap, s->owner->tap_user);
        transport = &tapped;
    }
    const h2_config *config = &s->owner->config;
    const h2_handlers handlers = posix_session_handlers(s->owner->trace != NULL);
    static const h2_lender heap = {lend, take_back, NULL};
    h2_session *session;
    if (h2_session_new(&session, &heap, config, &handlers, s) != H2_OK) return H2CONN_ENOMEM;
    h2conn_link_init(&s->link, session, transport, config);
    h2conn_link_patience(&s->link, s->owner->times.stall_ms, s->guard != NULL, s->owner->times.handshake_ms);
    return H2CONN_OK;
}

static int open_guard(posix_session *s, const char *host) {
    const h2conn_secure *secure = &s->owner->secure;
    posix_guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL) return H2CONN_ENOMEM;
    guard->below = posix_socket_transport(&s->socket);
    if (secure->open(secure->ctx, &guard->below, host, &guard->above) != 0) {
        free(guard);
        return H2CONN_ETLS;
    }
    pthread_mutex_init(&guard->wire, NULL);
    s->guard = guard;
    return open_engine(s, &guard->above);
}

static int open_all(posix_session *s, bool secured, const char *host) {
    const h2conn_transport plain = posix_socket_transport(&s->socket);
    return secured ? open_guard(s, host) : open_engine(s, &plain);
}

int posix_session_new(posix_session **session, posix_owner *owner, int fd, const posix_ends *ends, bool secured,
                      const char *host) {
    posix_session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        close(fd);
        return H2CONN_ENOMEM;
    }
    s->source.ready = ready;
    s->owner = owner;
    s->loop = owner->loop;
    s->tick_at = UINT64_MAX;
    s->timer.index = POSIX_NOT_TIMED;
    s->refs = 1;
    pthread_mutex_init(&s->lock, NULL);
    posix_socket_init(&s->socket, fd, ends);
    const int result = open_all(s, secured, host);
    if (result != H2CONN_OK) {
        session_free(s);
        return result;
    }
    *session = s;
    return H2CONN_OK;
}

/* Several threads may print them; one's are kept. NULL without memory. */
static const char *addresses(posix_session *s) {
    char local[H2CONN_ADDRESS_BYTES], remote[H2CONN_ADDRESS_BYTES], *kept = atomic_load(&s->addresses);
    if (kept != NULL) return kept;
    posix_address_print(local, &s->socket.ends.local.any);
    posix_address_print(remote, &s->socket.ends.remote.any);
    const size_t first = strlen(local) + 1, second = strlen(remote) + 1;
    char *text = malloc(first + second);
    if (text == NULL) return NULL;
    memcpy(text, local, first);
    memcpy(text + first, remote, second);
    if (atomic_compare_exchange_strong(&s->addresses, &kept, text)) return text;
    free(text);
    return kept;
}

const char *posix_session_local(posix_session *s) {
    const char *text = addresses(s);
    return text != NULL ? text : "";
}

const char *posix_session_remote(posix_session *s) {
    const char *text = addresses(s);
    return text != NULL ? text + strlen(text) + 1 : "";
}

void posix_session_ref(posix_session *s) {
    s->refs++;
}

void posix_session_drop(posix_session *s) {
    s->refs--;
}

void posix_session_unref(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    posix_session_leave(s);
}

void posix_session_leave(posix_session *s) {
    const bool last = --s->refs == 0;
    pthread_mutex_unlock(&s->lock);
    if (last) session_free(s);
}

/* A client was not answered in HTTP/2: most often the port is that of something else. */
static bool is_unanswered(const posix_session *s) {
    return !s->link.server && s->link.ended != H2CONN_LINK_RUNNING && !h2_session_ready(s->link.session);
}

const char *posix_session_detail(posix_session *s, char text[H2CONN_WHY_BYTES]) {
    char lost[H2CONN_WHY_BYTES] = "";
    if (s->link.late) return "the TLS handshake took too long";
    if (s->link.stalled) return "it does not read";
    if (s->link.ended == H2CONN_TRANSPORT_ETLS && s->guard != NULL) return s->owner->secure.failure(&s->guard->above);
    const bool unanswered = is_unanswered(s);
    if (s->errno_lost != 0) posix_error_text(s->errno_lost, lost);
    if (!unanswered && s->errno_lost == 0) return NULL;
    h2conn_text_join(text, H2CONN_WHY_BYTES, lost, unanswered && s->errno_lost != 0 ? ", " : "",
                     unanswered ? "it answered nothing in HTTP/2; check the port, and http against https" : "");
    return text;
}
