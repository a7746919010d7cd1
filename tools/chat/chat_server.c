/* SPDX-License-Identifier: MIT */
/* A chat room: GET / is its page, /chat the room, as JSON lines or by WebSocket. chat_room.h has the messages. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "chat_page.h"
#include "chat_room.h"
#include "chat_wire.h"
#include "tool_exit.h"
#include "tool_serve.h"
#include "tool_tls.h"

const char tool_name[] = "chat_server";

/* For a name to be given, and for a guest that does not keep up, or has ended, to take what waits for it. */
#define LOGIN_MS 120000
#define GRACE_MS 2000
/* What a guest may say at once, and each second, in octets; each post costs some more. Who says more is read later. */
#define ALLOWANCE 65536
#define REFILL    8192
#define POST_COST 256

typedef struct visit {
    chat_room *room;
    chat_guest guest;
    chat_wire wire;
    int64_t allowance, allowed_at;
    bool unsent;
} visit;

static void cut(void *user) {
    visit *v = user;
    const int64_t now = h2conn_now();
    chat_wire_read_until(&v->wire, now);
    chat_wire_write_until(&v->wire, now + GRACE_MS);
}

/* A thread of its own: what waits goes out. */
static void *send_all(void *user) {
    visit *v = user;
    chat_note *note;
    while ((note = chat_room_next(v->room, &v->guest))) {
        if (!v->unsent && chat_wire_write(&v->wire, note->line, note->len) != H2CONN_OK) {
            v->unsent = true;
            chat_wire_read_until(&v->wire, h2conn_now());
        }
        chat_room_done(v->room, note);
    }
    return NULL;
}

/* Wait until the guest may have said this much. */
static void pay(visit *v, size_t len) {
    const int64_t now = h2conn_now(), price = (int64_t)len + POST_COST;
    v->allowance += (now - v->allowed_at) * REFILL / 1000;
    if (v->allowance > ALLOWANCE) v->allowance = ALLOWANCE;
    v->allowed_at = now;
    v->allowance -= price;
    if (v->allowance >= 0) return;
    const int64_t ms = -v->allowance * 1000 / REFILL;
    const struct timespec wait = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
}

static void obey(visit *v, const char *text, size_t len) {
    json_error_t wrong;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong);
    const char *type = "", *name = NULL, *said = NULL;
    if (!value) {
        chat_room_complain(v->room, &v->guest, wrong.text);
        return;
    }
    json_unpack(value, "{s?s s?s s?s}", "type", &type, "name", &name, "text", &said);
    if (strcmp(type, "join") == 0 && name) {
        if (chat_room_join(v->room, &v->guest, name)) chat_wire_read_until(&v->wire, 0);
    } else if (strcmp(type, "post") == 0 && said) {
        chat_room_post(v->room, &v->guest, said);
    } else {
        chat_room_complain(v->room, &v->guest, "a guest sends type join with a name, or type post with a text");
    }
    json_decref(value);
}

static void attend(visit *v) {
    pthread_t sender;
    char *text;
    ptrdiff_t n = 0;
    if (pthread_create(&sender, NULL, send_all, v) != 0) {
        chat_wire_close(&v->wire, false);
        return;
    }
    chat_wire_read_until(&v->wire, h2conn_now() + LOGIN_MS);
    while (!chat_room_is_slow(v->room, &v->guest) && (n = chat_wire_read(&v->wire, &text)) >= 0) {
        pay(v, (size_t)n);
        obey(v, text, (size_t)n);
    }
    if (n == H2CONN_ETOOLONG) chat_room_complain(v->room, &v->guest, "that is too long, and the end");
    chat_room_leave(v->room, &v->guest);
    chat_wire_write_until(&v->wire, h2conn_now() + GRACE_MS);
    pthread_join(sender, NULL);
    chat_wire_close(&v->wire, v->unsent);
}

static void enter(chat_room *room, h2conn_request *request) {
    visit *v = calloc(1, sizeof *v);
    if (!v || !chat_guest_init(&v->guest)) {
        free(v);
        h2conn_respond(request, 503, NULL, 0, NULL, 0);
        return;
    }
    v->room = room;
    v->guest.cut = cut;
    v->guest.user = v;
    v->allowance = ALLOWANCE;
    v->allowed_at = h2conn_now();
    if (chat_wire_accept(&v->wire, request) == H2CONN_OK) attend(v);
    chat_guest_free(&v->guest);
    free(v);
}

/* ---- requests ---- */

/* The page is all in one, and asks nobody else for anything. */
static void show_page(h2conn_request *request) {
    static const h2conn_field fields[] = {
        H2CONN_FIELD("content-type", "text/html; charset=utf-8"),
        H2CONN_FIELD("content-security-policy",
                     "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
                     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        H2CONN_FIELD("x-content-type-options", "nosniff"), H2CONN_FIELD("referrer-policy", "no-referrer"),
        H2CONN_FIELD("cache-control", "no-cache")};
    const bool head = strcmp(h2conn_request_method(request), "HEAD") == 0;
    h2conn_respond(request, 200, fields, sizeof fields / sizeof *fields, chat_page, head ? 0 : sizeof chat_page);
}

/* Whether a browser asks on behalf of another site's page (RFC 6455, 10.2). */
static bool is_foreign(const h2conn_request *request) {
    size_t n;
    const h2conn_field *fields = h2conn_request_fields(request, &n);
    const char *authority = h2conn_request_authority(request);
    for (size_t i = 0; i < n; i++) {
        if (fields[i].name_len != 6 || memcmp(fields[i].name, "origin", 6) != 0) continue;
        const size_t len = strlen(authority);
        if (fields[i].value_len <= len + 3) return true;
        const char *host = fields[i].value + fields[i].value_len - len;
        if (memcmp(host, authority, len) != 0 || memcmp(host - 3, "://", 3) != 0) return true;
    }
    return false;
}

static void answer(void *user, h2conn_request *request) {
    const char *method = h2conn_request_method(request), *path = h2conn_request_path(request);
    const bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (get && strcmp(path, "/") == 0)
        show_page(request);
    else if (get || strcmp(path, "/chat") != 0)
        h2conn_respond(request, 404, NULL, 0, "no such page\n", 13);
    else if (is_foreign(request))
        h2conn_respond(request, 403, NULL, 0, "not from another site's page\n", 29);
    else
        enter(user, request);
}

static int serve(tool_tls *tls, const char *url) {
    static chat_room room = {.lock = PTHREAD_MUTEX_INITIALIZER};
    h2_config config = h2_config_hosted(true);
    h2conn_server *server;
    config.connect_protocol = true;
    const h2conn_server_options options = {
        .secure = tool_tls_secure(tls), .config = &config, .handler = answer, .user = &room};
    const int error = h2conn_server_new(&server, &options);
    if (error) return tool_fail(error, "cannot make a server", "");
    const int status = tool_serve(server, url, tls);
    h2conn_server_free(server);
    return status;
}

static int usage(void) {
    fputs("usage: chat_server [--cert FILE --key FILE] URL\n"
          "  http://HOST:PORT serves terminals, https:// browsers too; port 0 takes a free one\n",
          stderr);
    return TOOL_USAGE;
}

int main(int argc, char **argv) {
    static const struct option known[] = {
        {"cert", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'}, {0}};
    tool_tls tls = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'c')
            tls.options.cert_file = optarg;
        else if (option == 'k')
            tls.options.key_file = optarg;
        else
            return usage();
    }
    if (argc - optind != 1) return usage();
    tool_process_setup();
    json_object_seed(0);
    tool_signals_hold();
    int status = tool_tls_open(&tls, argv[optind], true);
    if (status == TOOL_OK) status = serve(&tls, argv[optind]);
    tool_tls_close(&tls);
    return status;
}
