/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "posix_session.h"
#include "posix_time.h"

static void ready(posix_source *source) {
    posix_session *s = (posix_session *)source;
    pthread_mutex_lock(&s->lock);
    posix_session_turn(s, h2conn_now());
    pthread_mutex_unlock(&s->lock);
}

static void session_free(posix_session *s) {
    posix_socket_close(&s->socket);
    if (s->secured) s->owner->secure.release(&s->above);
    posix_pool_put(&s->loop->pool, s->rx);
    posix_pool_put(&s->loop->pool, s->tx);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->wire);
    free(s->engine);
    free(s->origin);
    free(s);
}

/* The owner's sizes; H2CONN_OK or ENOMEM. */
static int open_engine(posix_session *s, const h2conn_transport *transport) {
    const h2_config *config = &s->owner->config;
    const h2_handlers handlers = posix_session_handlers(s->owner->trace != NULL);
    const size_t size = h2_session_size(config);
    h2_session *session;
    s->engine = malloc(size);
    if (s->engine == NULL || h2_session_init(&session, s->engine, size, config, &handlers, s) != H2_OK)
        return H2CONN_ENOMEM;
    h2conn_link_init(&s->link, session, transport, config);
    return H2CONN_OK;
}

static int open_all(posix_session *s, bool secured, const char *host) {
    const h2conn_secure *secure = &s->owner->secure;
    s->below = posix_socket_transport(&s->socket);
    if (secured && secure->open(secure->ctx, &s->below, host, &s->above) != 0) return H2CONN_ETLS;
    s->secured = secured;
    const h2conn_transport *top = secured ? &s->above : &s->below;
    if (s->owner->tap == NULL) return open_engine(s, top);
    const h2conn_transport tapped = posix_tap_open(&s->tap, top, s->owner->tap, s->owner->tap_user);
    return open_engine(s, &tapped);
}

int posix_session_new(posix_session **session, posix_owner *owner, int fd, bool secured, const char *host) {
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
    pthread_mutex_init(&s->wire, NULL);
    posix_socket_init(&s->socket, fd);
    posix_address_local(s->local, fd);
    posix_address_remote(s->remote, fd);
    const int result = open_all(s, secured, host);
    if (result != H2CONN_OK) {
        session_free(s);
        return result;
    }
    *session = s;
    return H2CONN_OK;
}

void posix_session_ref(posix_session *s) {
    s->refs++;
}

void posix_session_drop(posix_session *s) {
    s->refs--;
}

void posix_session_unref(posix_session *s) {
    pthread_mutex_lock(&s->lock);
    const bool last = --s->refs == 0;
    pthread_mutex_unlock(&s->lock);
    if (last) session_free(s);
}

const char *posix_session_detail(posix_session *s, char text[H2CONN_WHY_BYTES]) {
    if (s->link.stalled) return "it does not read";
    if (s->link.ended == H2CONN_TRANSPORT_ETLS && s->secured) return s->owner->secure.failure(&s->above);
    return s->errno_lost != 0 ? posix_error_text(s->errno_lost, text) : NULL;
}
