/* SPDX-License-Identifier: MIT */
/* A guest of the chat room in a terminal: one thread, one poll for the keyboard and the connection. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "chat_screen.h"
#include "chat_text.h"
#include "h2conn_events.h"
#include "h2conn_message.h"
#include "tool_exit.h"
#include "tool_tls.h"

const char tool_name[] = "chat_client";

/* What may wait to be sent. */
#define OUT_BYTES 65536u
/* To connect at first; from the end of a connection to the next; and at most between attempts, of which there is no end
 * while the server is away. */
#define FIRST_MS 10000
#define AGAIN_MS 500
#define MOST_MS  15000

typedef struct talk {
    h2conn_client *client;
    h2conn *conn; /* NULL when it has ended */
    h2conn_events events;
    char room[512];
    int64_t again_at; /* time to connect again; 0 when that is not to be */
    const char *wanted;
    char name[CHAT_NAME_BYTES]; /* "" before the welcome */
    h2conn_reader in;
    char buf[CHAT_TELL_BYTES];
    char out[OUT_BYTES];
    size_t out_n;
    bool ready; /* the server has accepted */
    bool dropped;
    char why[H2CONN_WHY_BYTES];
} talk;

static volatile sig_atomic_t ended;

static int64_t time_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(int signo) {
    (void)signo;
    ended = 1;
}

/* ---- to the server ---- */

static void send_on(talk *t) {
    while (t->conn && t->ready && t->out_n > 0) {
        const ptrdiff_t n = h2conn_try_write(t->conn, t->out, t->out_n);
        if (n <= 0) return;
        t->out_n -= (size_t)n;
        memmove(t->out, t->out + n, t->out_n);
    }
}

/* {"type":TYPE, KEY:TEXT}. False when too much waits already. */
static bool send_value(talk *t, const char *type, const char *key, const char *text) {
    json_t *value = json_pack("{ssss}", "type", type, key, text);
    const size_t room = sizeof t->out - t->out_n;
    const size_t len = value ? json_dumpb(value, t->out + t->out_n, room, JSON_COMPACT) : 0;
    json_decref(value);
    if (len == 0 || len >= room) return false;
    t->out[t->out_n + len] = '\n';
    t->out_n += len + 1;
    send_on(t);
    return true;
}

static void ask_in(talk *t, const char *name) {
    if (!send_value(t, "join", "name", name)) chat_screen_hint("the server does not answer yet");
}

static void join(talk *t, const char *name) {
    const char *bad = chat_bad_name(name);
    chat_screen_hint(bad);
    if (!bad) ask_in(t, name);
}

static void say(const char *text, talk *t) {
    if (text[0] == '\0') return;
    const char *bad = chat_bad_text(text);
    chat_screen_hint(bad);
    if (!bad && !send_value(t, "post", "text", text)) chat_screen_hint("not sent: the server takes nothing just now");
}

/* ---- from the server ---- */

static void welcome(talk *t, const json_t *value, const char *name, int64_t at) {
    size_t i;
    const json_t *guest;
    snprintf(t->name, sizeof t->name, "%s", name);
    chat_screen_name(name);
    chat_screen_hint(NULL);
    chat_screen_guests_clear();
    json_array_foreach(json_object_get(value, "guests"), i, guest) {
        if (json_is_string(guest)) chat_screen_guest_came(json_string_value(guest));
    }
    chat_screen_add(CHAT_CAME, at, NULL, "you are in the room");
}

static void move(const char *name, int64_t at, bool came) {
    char text[CHAT_NAME_BYTES + 16];
    snprintf(text, sizeof text, "%s %s", name, came ? "joined" : "left");
    if (came)
        chat_screen_guest_came(name);
    else
        chat_screen_guest_went(name);
    chat_screen_add(came ? CHAT_CAME : CHAT_WENT, at, NULL, text);
}

/* Back in a room where somebody has taken the name meanwhile, the guest is asked for another. */
static void refuse(talk *t, const char *why) {
    t->name[0] = '\0';
    chat_screen_name("");
    chat_screen_hint(why);
}

static void hear(talk *t, const char *line, size_t len) {
    json_t *value = json_loadb(line, len, 0, NULL);
    const char *type = "", *name = "", *from = "", *text = "", *why = "";
    json_int_t at = 0;
    json_unpack(value, "{s?s s?s s?s s?s s?s s?I}", "type", &type, "name", &name, "from", &from, "text", &text, "why",
                &why, "time", &at);
    if (strcmp(type, "welcome") == 0) {
        welcome(t, value, name, at);
    } else if (strcmp(type, "joined") == 0 || strcmp(type, "left") == 0) {
        move(name, at, type[0] == 'j');
    } else if (strcmp(type, "post") == 0) {
        chat_screen_add(CHAT_SAID, at, from, text);
    } else if (strcmp(type, "refused") == 0) {
        refuse(t, why);
    } else if (strcmp(type, "error") == 0) {
        chat_screen_hint(why);
    } else if (strcmp(type, "dropped") == 0) {
        t->dropped = true;
        snprintf(t->why, sizeof t->why, "the server ended it: %s", why);
    }
    json_decref(value);
}

static ptrdiff_t read_some(void *conn, void *buf, size_t len) {
    return h2conn_try_read(conn, buf, len);
}

static void on_readable(void *user, h2conn *conn) {
    talk *t = user;
    char *line;
    ptrdiff_t n;
    if (!t->ready) return;
    while ((n = h2conn_reader_line(&t->in, &line)) >= 0) hear(t, line, (size_t)n);
    if (n != H2CONN_EAGAIN) h2conn_close(conn);
}

static void on_response(void *user, h2conn *conn, const h2conn_response *response) {
    talk *t = user;
    if (response->status != 200) {
        snprintf(t->why, sizeof t->why, "status %d: there is no chat room at this URL", response->status);
        h2conn_close(conn);
        return;
    }
    t->ready = true;
    h2conn_reader_init(&t->in, read_some, conn, t->buf, sizeof t->buf);
    send_on(t);
}

static void on_writable(void *user, h2conn *conn) {
    (void)conn;
    send_on(user);
}

static void on_close(void *user, h2conn *conn) {
    talk *t = user;
    on_readable(t, conn);
    if (t->why[0] == '\0') h2conn_why(conn, t->why);
    if (t->why[0] == '\0') snprintf(t->why, sizeof t->why, "the server ended the connection");
    t->conn = NULL;
    h2conn_free(conn);
    if (t->dropped || t->name[0] == '\0') return;
    if (t->ready) chat_screen_add(CHAT_NOTICE, time_ms(), NULL, t->why);
    chat_screen_hint(" connecting again ");
    t->ready = false;
    t->out_n = 0;
    t->again_at = h2conn_now() + AGAIN_MS;
}

/* ---- the program ---- */

/* The first time, or again under the name from before. */
static int start(talk *t) {
    t->events = (h2conn_events){.on_response = on_response,
                                .on_readable = on_readable,
                                .on_writable = on_writable,
                                .on_close = on_close,
                                .user = t};
    const h2conn_options options = {.client = t->client, .timeout_ms = t->again_at ? -1 : FIRST_MS};
    t->again_at = 0;
    t->why[0] = '\0';
    if (t->name[0] != '\0') ask_in(t, t->name);
    return h2conn_connect_start(&t->conn, t->room, &options, &t->events, NULL);
}

/* False when the guest wants to leave. */
static bool take_keys(talk *t) {
    chat_action action;
    while ((action = chat_screen_key()) != CHAT_NO_KEY) {
        if (action == CHAT_QUIT) return false;
        if (action != CHAT_ENTERED) continue;
        if (t->name[0] != '\0' && !t->ready) continue; /* the line stays until it can be sent */
        if (t->name[0] == '\0')
            join(t, chat_screen_line());
        else
            say(chat_screen_line(), t);
    }
    return true;
}

/* For the next event, or until it is time to connect again; in milliseconds, -1 without end. */
static int patience(const talk *t) {
    const int64_t left = t->again_at - h2conn_now();
    return t->again_at ? (left > 0 ? (int)left : 0) : h2conn_client_timeout(t->client);
}

/* False when the connection has ended for good, true when the guest leaves. */
static bool run(talk *t) {
    bool on = true;
    while (t->conn || t->again_at) {
        if (!on || ended) return true;
        if (t->again_at && h2conn_now() >= t->again_at && start(t) != H2CONN_OK) return false;
        chat_screen_draw();
        struct pollfd fds[] = {{.fd = h2conn_client_fd(t->client), .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN}};
        const int ready = poll(fds, 2, patience(t));
        if (ready < 0 && errno != EINTR) return true;
        if (fds[1].revents & (POLLHUP | POLLERR)) return true;
        on = take_keys(t);
        h2conn_client_process(t->client);
    }
    return false;
}

static int chat(talk *t, const char *url, const h2conn_secure *secure) {
    const h2conn_client_options own = {
        .secure = secure, .manual = true, .reconnect = {.first_ms = AGAIN_MS, .most_ms = MOST_MS}};
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/') len--;
    if (len + sizeof "/chat" > sizeof t->room) return tool_fail(H2CONN_EURL, "this URL is too long", "");
    snprintf(t->room, sizeof t->room, "%.*s/chat", (int)len, url);
    int error = h2conn_client_new(&t->client, &own);
    if (error) return tool_fail(error, "cannot make a client", "");
    error = start(t);
    if (error) {
        h2conn_client_free(t->client);
        return tool_fail(error, url, "");
    }
    if (t->wanted) join(t, t->wanted);
    const bool shown = chat_screen_open(url);
    const bool lost = shown && !run(t);
    chat_screen_close();
    if (lost) tool_say("%s", t->why);
    h2conn_free(t->conn);
    h2conn_client_free(t->client);
    return !shown ? TOOL_USAGE : lost ? TOOL_HTTP2 : TOOL_OK;
}

static int usage(void) {
    fputs("usage: chat_client [--name NAME] [--cacert FILE] [-k] URL\n", stderr);
    return TOOL_USAGE;
}

int main(int argc, char **argv) {
    static const struct option known[] = {{"name", required_argument, NULL, 'n'},
                                          {"cacert", required_argument, NULL, 'c'},
                                          {"insecure", no_argument, NULL, 'k'},
                                          {0}};
    static talk t;
    const struct sigaction ending = {.sa_handler = end};
    tool_tls tls = {0};
    int option;
    while ((option = getopt_long(argc, argv, "k", known, NULL)) != -1) {
        if (option == 'n')
            t.wanted = optarg;
        else if (option == 'c')
            tls.options.ca_file = optarg;
        else if (option == 'k')
            tls.options.insecure = true;
        else
            return usage();
    }
    if (argc - optind != 1) return usage();
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGHUP, &ending, NULL);
    int status = tool_tls_open(&tls, argv[optind], false);
    if (status == TOOL_OK) status = chat(&t, argv[optind], tool_tls_secure(&tls));
    tool_tls_close(&tls);
    return status;
}
