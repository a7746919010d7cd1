/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "h2conn_events.h"
#include "h2tls.h"
#include "posix_client.h"

/* A connect in progress ends when its token is fired, and when its time is over, whatever it waits for. */

/* ---- stages that last until they are let go ---- */

#define SLOW_HOST "slow.test"

static test_flag reached = TEST_FLAG;  /* the connect has come to the stage */
static test_flag resolved = TEST_FLAG; /* the resolver may answer */
static atomic_bool deafness;           /* nobody accepts: a connect that has begun has come to its stage */

int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
    const bool literal = hints->ai_flags & AI_NUMERICHOST;
    if (host != NULL && strcmp(host, TEST_MANY_HOST) == 0 && !literal) return test_many_addresses(service, hints, list);
    if (literal || host == NULL || strcmp(host, SLOW_HOST) != 0) return __real_getaddrinfo(host, service, hints, list);
    test_raise(&reached);
    test_await(&resolved, 1);
    return EAI_NONAME;
}

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len) {
    const int result = __real_connect(fd, address, len);
    if (atomic_load(&deafness)) {
        const int error = errno;
        test_raise(&reached);
        errno = error;
    }
    return result;
}

/* A listener whose line is full: what connects to it waits for ever. */
typedef struct deaf {
    int listening, filler[8];
} deaf;

static void deaf_start(deaf *d, char url[H2CONN_WHY_BYTES]) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof in;
    d->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(d->listening, (struct sockaddr *)&in, len), 0);
    ck_assert_int_eq(listen(d->listening, 0), 0);
    ck_assert_int_eq(getsockname(d->listening, (struct sockaddr *)&in, &len), 0);
    for (int i = 0; i < 8; i++) {
        d->filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        __real_connect(d->filler[i], (struct sockaddr *)&in, len);
    }
    snprintf(url, H2CONN_WHY_BYTES, "http://127.0.0.1:%u/", (unsigned)ntohs(in.sin_port));
    atomic_store(&deafness, true);
}

static void deaf_stop(deaf *d) {
    for (int i = 0; i < 8; i++) close(d->filler[i]);
    close(d->listening);
}

static void hear_out(int fd) {
    char bytes[1024];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
}

/* Servers that say nothing after the first byte of a handshake, and after the request. */
static void silent_after_a_byte(int fd, void *user) {
    char byte;
    (void)user;
    if (test_read_raw(fd, &byte, 1)) test_raise(&reached);
    hear_out(fd);
}

static void silent_after_the_request(int fd, void *user) {
    (void)user;
    test_greet_client(fd, NULL, 0);
    test_await_request(fd);
    test_raise(&reached);
    hear_out(fd);
}

typedef enum stage { RESOLVING, CONNECTING, SHAKING_HANDS, GREETING, RESPONDING, STAGES } stage;

typedef struct place {
    stage stage;
    char url[H2CONN_WHY_BYTES];
    deaf deaf;
    test_raw raw;
    h2tls_context *tls;
    h2conn_secure secure;
} place;

static void place_start(place *p, stage at) {
    *p = (place){.stage = at};
    if (at == RESOLVING) {
        strcpy(p->url, "http://" SLOW_HOST "/");
    } else if (at == CONNECTING) {
        deaf_start(&p->deaf, p->url);
    } else {
        const h2tls_options options = {.insecure = true};
        char why[H2TLS_WHY_BYTES];
        const bool tls = at == SHAKING_HANDS;
        test_raw_start(&p->raw, at == RESPONDING ? silent_after_the_request : silent_after_a_byte, NULL);
        snprintf(p->url, sizeof p->url, "%s%.64s", tls ? "https" : "http", p->raw.url + strlen("http"));
        if (!tls) return;
        ck_assert_msg(h2tls_client(&p->tls, &options, why) == 0, "%s", why);
        p->secure = h2tls_secure(p->tls);
    }
}

static void place_stop(place *p) {
    if (p->stage == RESOLVING) {
        test_raise(&resolved);
    } else if (p->stage == CONNECTING) {
        deaf_stop(&p->deaf);
    } else {
        /* A connect that ran out of time at once may not have come. */
        close(test_dial_raw(p->raw.url));
        test_raw_join(&p->raw);
    }
    h2tls_free(p->tls);
}

/* ---- connects in threads ---- */

typedef struct call {
    const char *url;
    h2conn_options options;
    h2conn_response response;
    int result;
    pthread_t thread;
} call;

static void *call_thread(void *arg) {
    call *c = arg;
    c->result = test_connect_error(c->url, &c->options, &c->response);
    return NULL;
}

static void call_start(call *c) {
    ck_assert_int_eq(pthread_create(&c->thread, NULL, call_thread, c), 0);
}

static int call_join(call *c) {
    pthread_join(c->thread, NULL);
    return c->result;
}

static h2conn_cancel *token(void) {
    h2conn_cancel *cancel;
    ck_assert_int_eq(h2conn_cancel_new(&cancel), H2CONN_OK);
    ck_assert(!h2conn_cancel_fired(cancel));
    return cancel;
}

START_TEST(contract_cancel_ends_a_connect_at_every_stage) {
    place p;
    place_start(&p, (stage)_i);
    call c = {.url = p.url, .options = {.cancel = token(), .timeout_ms = TEST_PATIENCE_MS}};
    if (p.tls != NULL) c.options.secure = &p.secure;
    call_start(&c);
    test_await(&reached, 1);
    h2conn_cancel_fire(c.options.cancel);
    ck_assert_int_eq(call_join(&c), H2CONN_ECANCELED);
    ck_assert(h2conn_cancel_fired(c.options.cancel));
    ck_assert_ptr_eq(strstr(c.response.why, h2conn_strerror(H2CONN_ECANCELED)), c.response.why);
    h2conn_cancel_free(c.options.cancel);
    place_stop(&p);
}
END_TEST

/* That of the response has a test of its own among the deadlines'. */
START_TEST(contract_deadline_ends_a_connect_at_every_stage) {
    place p;
    place_start(&p, (stage)_i);
    call c = {.url = p.url, .options = {.timeout_ms = 60}};
    if (p.tls != NULL) c.options.secure = &p.secure;
    const int64_t start_at = h2conn_now();
    call_start(&c);
    ck_assert_int_eq(call_join(&c), H2CONN_ETIMEDOUT);
    ck_assert_int_ge(h2conn_now(), start_at + 60);
    place_stop(&p);
}
END_TEST

/* ---- connects that nobody waits for ---- */

typedef enum ending { FREED, CLOSED, CANCELLED, TIMED_OUT, ENDINGS } ending;

typedef struct started {
    test_flag closed;
    int error;
    char why[H2CONN_WHY_BYTES];
} started;

static void note_close(void *user, h2conn *conn) {
    started *t = user;
    char byte;
    ck_assert_ptr_eq(h2conn_user(conn), t);
    t->error = (int)h2conn_try_read(conn, &byte, 1);
    h2conn_why(conn, t->why);
    h2conn_free(conn);
    test_raise(&t->closed);
}

/* A loop of the test's, for a client that has no thread. */
static void do_until_count(h2conn_client *client, test_flag *flag, int count) {
    for (bool done = false; !done;) {
        struct pollfd fd = {.fd = h2conn_client_fd(client), .events = POLLIN};
        ck_assert_int_eq(h2conn_client_process(client), H2CONN_OK);
        pthread_mutex_lock(&flag->lock);
        done = flag->count >= count;
        pthread_mutex_unlock(&flag->lock);
        /* The flag may be another thread's, which this poll does not see. */
        if (!done) poll(&fd, 1, 1);
    }
}

static void do_until(h2conn_client *client, test_flag *flag) {
    do_until_count(client, flag, 1);
}

static void start_and_end(h2conn_client *client, place *p, ending how, bool manual) {
    started t = {.closed = TEST_FLAG};
    const h2conn_events events = {.on_close = note_close, .user = &t};
    h2conn_options options = {.client = client, .timeout_ms = how == TIMED_OUT ? 60 : TEST_PATIENCE_MS};
    h2conn *conn;
    if (how == CANCELLED) options.cancel = token();
    if (how == CANCELLED) options.timeout_ms = -1;
    ck_assert_int_eq(h2conn_connect_start(&conn, p->url, &options, &events, &t), H2CONN_OK);
    if (how != TIMED_OUT && manual) do_until(client, &reached);
    if (how != TIMED_OUT) test_await(&reached, 1);
    if (how == FREED) {
        h2conn_free(conn);
        return;
    }
    if (how == CLOSED) ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    if (how == CANCELLED) h2conn_cancel_fire(options.cancel);
    if (manual) do_until(client, &t.closed);
    test_await(&t.closed, 1);
    ck_assert_int_eq(t.error, how == CLOSED ? H2CONN_ECLOSED : how == CANCELLED ? H2CONN_ECANCELED : H2CONN_ETIMEDOUT);
    if (how != CLOSED) ck_assert_ptr_eq(strstr(t.why, h2conn_strerror(t.error)), t.why);
    h2conn_cancel_free(options.cancel);
}

/* All but the last, a response that does not come in time: a raw server must get the whole request to be silent. */
enum { STARTS = STAGES * ENDINGS - 1 };

START_TEST(contract_start_ends_at_every_stage) {
    const bool manual = _i >= STARTS;
    /* It is not the end of the handshake's time that ends them. */
    h2conn_client_options options = {.manual = manual, .times = {.handshake_ms = -1}};
    h2conn_client *client;
    place p;
    place_start(&p, (stage)(_i % STARTS / ENDINGS));
    if (p.tls != NULL) options.secure = &p.secure;
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    start_and_end(client, &p, (ending)(_i % STARTS % ENDINGS), manual);
    h2conn_client_free(client);
    place_stop(&p);
}
END_TEST

/* ---- with others around ---- */

typedef struct several {
    test_flag closed, answered;
    atomic_int cancelled;
} several;

static void count_close(void *user, h2conn *conn) {
    several *all = user;
    char byte;
    if (h2conn_try_read(conn, &byte, 1) == H2CONN_ECANCELED) atomic_fetch_add(&all->cancelled, 1);
    h2conn_free(conn);
    test_raise(&all->closed);
}

static void count_answer(void *user, h2conn *conn, const h2conn_response *response) {
    several *all = user;
    ck_assert_int_eq(response->status, 200);
    test_raise(&all->answered);
    h2conn_close_write(conn);
}

/* One token for starts at several origins and stages, one of them begun after it was fired; who has none goes on. */
START_TEST(contract_cancel_ends_all_starts_that_share_a_token) {
    enum { SHARING = 3 };
    several all = {.closed = TEST_FLAG, .answered = TEST_FLAG};
    const h2conn_events events = {.on_response = count_answer, .on_close = count_close, .user = &all};
    h2conn_client *client;
    place resolving, responding;
    test_server s;
    h2conn *conn;
    place_start(&responding, RESPONDING);
    place_start(&resolving, RESOLVING);
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, &(h2conn_client_options){.manual = _i == 1}), H2CONN_OK);
    h2conn_options options = {.client = client, .cancel = token(), .timeout_ms = -1};
    const h2conn_options plain = {.client = client, .timeout_ms = TEST_PATIENCE_MS};
    ck_assert_int_eq(h2conn_connect_start(&conn, responding.url, &options, &events, NULL), H2CONN_OK);
    if (_i == 1) do_until(client, &reached);
    test_await(&reached, 1);
    ck_assert_int_eq(h2conn_connect_start(&conn, resolving.url, &options, &events, NULL), H2CONN_OK);
    test_await(&reached, 2);
    h2conn_cancel_fire(options.cancel);
    ck_assert_int_eq(h2conn_connect_start(&conn, s.url, &options, &events, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_connect_start(&conn, s.url, &plain, &events, NULL), H2CONN_OK);
    if (_i == 1) do_until_count(client, &all.closed, SHARING + 1);
    test_await(&all.closed, SHARING + 1);
    ck_assert_int_eq(atomic_load(&all.cancelled), SHARING);
    ck_assert_int_eq(all.answered.count, 1);
    place_stop(&resolving);
    h2conn_client_free(client);
    h2conn_cancel_free(options.cancel);
    place_stop(&responding);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_cancel_fired_before_lets_nothing_begin) {
    test_server s;
    h2conn_response response;
    test_server_handle(&s, test_echo, NULL);
    const h2conn_options options = {.cancel = token()};
    h2conn_cancel_fire(options.cancel);
    h2conn_cancel_fire(options.cancel);
    ck_assert_int_eq(test_connect_error(s.url, &options, &response), H2CONN_ECANCELED);
    ck_assert_int_eq(test_connect_error("http://" SLOW_HOST "/", &options, &response), H2CONN_ECANCELED);
    ck_assert_int_eq(h2conn_cancel_new(NULL), H2CONN_EINVAL);
    h2conn_cancel_free(options.cancel);
    h2conn_cancel_free(NULL);
    ck_assert_int_eq(reached.count, 0);
    test_server_stop(&s);
}
END_TEST

static void await_waiting(h2conn_client *client, unsigned n) {
    while (posix_client_waiting(client) != n) sched_yield();
}

/* A thread that waits for another's dial can be cancelled alone, and so can the one that dials: then another does. */
START_TEST(contract_cancel_of_one_of_many_that_wait_for_one_dial) {
    enum { N = 4 };
    char url[H2CONN_WHY_BYTES];
    h2conn_client *client;
    deaf d;
    call c[N];
    deaf_start(&d, url);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (unsigned i = 0; i < N; i++) {
        c[i] = (call){.url = url, .options = {.client = client, .cancel = token(), .timeout_ms = TEST_PATIENCE_MS}};
        call_start(&c[i]);
        if (i == 0) test_await(&reached, 1);
        await_waiting(client, i);
    }
    h2conn_cancel_fire(c[N - 1].options.cancel);
    ck_assert_int_eq(call_join(&c[N - 1]), H2CONN_ECANCELED);
    ck_assert_uint_eq(posix_client_waiting(client), N - 2);
    h2conn_cancel_fire(c[0].options.cancel);
    ck_assert_int_eq(call_join(&c[0]), H2CONN_ECANCELED);
    test_await(&reached, 2);
    await_waiting(client, N - 3);
    for (unsigned i = 1; i < N - 1; i++) h2conn_cancel_fire(c[i].options.cancel);
    for (unsigned i = 1; i < N - 1; i++) ck_assert_int_eq(call_join(&c[i]), H2CONN_ECANCELED);
    for (unsigned i = 0; i < N; i++) h2conn_cancel_free(c[i].options.cancel);
    h2conn_client_free(client);
    deaf_stop(&d);
}
END_TEST

static void echo_but_the_second(void *user, h2conn_request *request) {
    test_flag *let_go = user;
    if (strcmp(h2conn_request_path(request), "/second") == 0) {
        test_raise(&reached);
        test_await(let_go, 1);
    }
    test_echo(NULL, request);
}

static void *read_one(void *arg) {
    char byte = 0;
    ck_assert_int_eq(h2conn_read(arg, &byte, 1), 1);
    ck_assert_int_eq(byte, '!');
    return NULL;
}

/* Its session goes on for the others, also when one of them is the thread that receives. */
START_TEST(contract_cancel_leaves_the_session_to_others) {
    char url[H2CONN_WHY_BYTES + sizeof "/second"];
    h2conn_client *client;
    test_server s;
    test_flag let_go = TEST_FLAG;
    pthread_t reader;
    test_server_handle(&s, echo_but_the_second, &let_go);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *first = test_connect(s.url, client);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_one, first), 0);
    test_await_blocked(first, 1);
    snprintf(url, sizeof url, "%s/second", s.url);
    call c = {.url = url, .options = {.client = client, .cancel = token(), .timeout_ms = TEST_PATIENCE_MS}};
    call_start(&c);
    test_await(&reached, 1);
    h2conn_cancel_fire(c.options.cancel);
    ck_assert_int_eq(call_join(&c), H2CONN_ECANCELED);
    ck_assert_int_eq(h2conn_write(first, "!", 1, NULL), H2CONN_OK);
    pthread_join(reader, NULL);
    test_raise(&let_go);
    h2conn_free(first);
    h2conn_client_free(client);
    h2conn_cancel_free(c.options.cancel);
    test_server_stop(&s);
}
END_TEST

static void *fire_thread(void *cancel) {
    h2conn_cancel_fire(cancel);
    return NULL;
}

/* From any thread at any time: it is cancelled or it is connected, and nothing else. */
START_TEST(contract_cancel_races_with_the_response) {
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int i = 0; i < 200; i++) {
        h2conn_options options = {.client = i % 2 ? client : NULL, .cancel = token()};
        pthread_t thread;
        h2conn *conn;
        ck_assert_int_eq(pthread_create(&thread, NULL, fire_thread, options.cancel), 0);
        const int result = h2conn_connect(&conn, s.url, &options, NULL);
        pthread_join(thread, NULL);
        ck_assert(result == H2CONN_OK || result == H2CONN_ECANCELED);
        if (result == H2CONN_OK) test_ask(conn, "not too late");
        h2conn_free(conn);
        h2conn_cancel_free(options.cancel);
    }
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_cancel_of_a_start_races_with_the_response) {
    enum { N = 200 };
    several all = {.closed = TEST_FLAG, .answered = TEST_FLAG};
    const h2conn_events events = {.on_response = count_answer, .on_close = count_close, .user = &all};
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int i = 0; i < N; i++) {
        const h2conn_options options = {.client = client, .cancel = token(), .timeout_ms = i % 2 ? -1 : 0};
        pthread_t thread;
        h2conn *conn;
        ck_assert_int_eq(pthread_create(&thread, NULL, fire_thread, options.cancel), 0);
        ck_assert_int_eq(h2conn_connect_start(&conn, s.url, &options, &events, NULL), H2CONN_OK);
        pthread_join(thread, NULL);
        test_await(&all.closed, i + 1);
        h2conn_cancel_free(options.cancel);
    }
    ck_assert_int_eq(all.answered.count + atomic_load(&all.cancelled), N);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

Suite *contract_cancel_suite(void) {
    Suite *suite = suite_create("contract: cancelling a connect");
    TCase *tc = test_case(suite, "cancel");
    tcase_add_loop_test(tc, contract_cancel_ends_a_connect_at_every_stage, 0, STAGES);
    tcase_add_loop_test(tc, contract_deadline_ends_a_connect_at_every_stage, 0, RESPONDING);
    tcase_add_loop_test(tc, contract_start_ends_at_every_stage, 0, 2 * STARTS);
    tcase_add_loop_test(tc, contract_cancel_ends_all_starts_that_share_a_token, 0, 2);
    tcase_add_test(tc, contract_cancel_of_a_start_races_with_the_response);
    tcase_add_test(tc, contract_cancel_fired_before_lets_nothing_begin);
    tcase_add_test(tc, contract_cancel_of_one_of_many_that_wait_for_one_dial);
    tcase_add_test(tc, contract_cancel_leaves_the_session_to_others);
    tcase_add_test(tc, contract_cancel_races_with_the_response);
    return suite;
}
