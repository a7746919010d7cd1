/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <unistd.h>
#include "conn_test.h"
#include "h2conn_events.h"

/* A client in a loop of the test's own: a thread that polls its descriptor and calls it. */

static h2conn_client *client;
static pthread_t thread;
static int stop[2]; /* a pipe */

static void *drive(void *arg) {
    (void)arg;
    for (;;) {
        struct pollfd fds[] = {{.fd = h2conn_client_fd(client), .events = POLLIN}, {.fd = stop[0], .events = POLLIN}};
        ck_assert_int_ge(poll(fds, 2, h2conn_client_timeout(client)), 0);
        if (fds[1].revents != 0) return NULL;
        ck_assert_int_eq(h2conn_client_process(client), H2CONN_OK);
    }
}

void test_manual_begin(void) {
    const h2conn_client_options options = {.manual = true};
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    ck_assert_int_eq(pipe(stop), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, drive, NULL), 0);
}

void test_manual_end(void) {
    ck_assert_int_eq(write(stop[1], "", 1), 1);
    pthread_join(thread, NULL);
    h2conn_client_free(client);
    close(stop[0]);
    close(stop[1]);
    client = NULL;
}

h2conn_client *test_manual(void) {
    return client;
}
