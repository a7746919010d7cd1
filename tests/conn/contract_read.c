/* SPDX-License-Identifier: MIT */
#include "conn_suites.h"
#include "conn_test.h"

/* "read gives at least one byte, 0 at the peer's end and ever after, or a negative H2CONN_E code." */

START_TEST(contract_read_gives_what_came_and_0_at_the_end_ever_after) {
    test_server s;
    char buf[100];
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_write(conn, "hello", 5, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    size_t got = 0;
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf + got, sizeof buf - got)) > 0) got += (size_t)n;
    ck_assert_uint_eq(got, 5);
    ck_assert_mem_eq(buf, "hello", 5);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 0);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_read_takes_any_size_of_buffer) {
    static const size_t sizes[] = {1, 2, 3, 100, 16384, 100000};
    enum { TOTAL = 30000 };
    static uint8_t buf[100000], sent[TOTAL];
    test_server s;
    test_fill(sent, sizeof sent, 0, 5);
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_write(conn, sent, sizeof sent, NULL), H2CONN_OK);
    for (size_t got = 0; got < TOTAL;) {
        const ptrdiff_t n = h2conn_read(conn, buf, sizes[_i]);
        ck_assert_int_ge(n, 1);
        ck_assert_uint_le((size_t)n, sizes[_i]);
        ck_assert_mem_eq(buf, sent + got, (size_t)n);
        got += (size_t)n;
    }
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_read_refuses_wrong_arguments) {
    test_server s;
    char byte;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_read(NULL, &byte, 1), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_read(conn, NULL, 1), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_read(conn, &byte, 0), H2CONN_EINVAL);
    test_ask(conn, "still usable");
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void three_bytes_then_reset(int fd, void *user) {
    (void)user;
    test_greet_client(fd, NULL, 0);
    const uint32_t id = test_await_request(fd);
    test_write_ok(fd, id, 0);
    test_write_frame(fd, H2_DATA, 0, id, "ab", 2);
    test_write_frame(fd, H2_DATA, 0, id, "c", 1);
    test_write_frame(fd, H2_RST_STREAM, 0, id, "\0\0\0\2", 4);
}

START_TEST(contract_read_gives_bytes_that_arrived_before_a_failure_first) {
    test_raw raw;
    char buf[2];
    test_raw_start(&raw, three_bytes_then_reset, NULL);
    h2conn *conn = test_connect(raw.url, NULL);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_ERESET);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 2);
    ck_assert_mem_eq(buf, "ab", 2);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 1);
    ck_assert_mem_eq(buf, "c", 1);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), H2CONN_ERESET);
    ck_assert_uint_eq(h2conn_code(conn), H2_INTERNAL_ERROR);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

#define PART 3000

/* Three DATA frames in one segment, when the client waits. */
static void three_frames_at_once(int fd, void *user) {
    uint8_t bytes[3 * (H2_FRAME_HEADER_BYTES + PART)];
    test_greet_client(fd, NULL, 0);
    const uint32_t id = test_await_request(fd);
    test_write_ok(fd, id, 0);
    for (uint32_t i = 0; i < 3; i++) {
        const h2_frame_header header = {PART, H2_DATA, 0, id};
        uint8_t *at = bytes + i * (H2_FRAME_HEADER_BYTES + PART);
        h2_frame_header_write(at, &header);
        test_fill(at + H2_FRAME_HEADER_BYTES, PART, (uint64_t)i * PART, 3);
    }
    test_await(user, 1);
    test_write_raw(fd, bytes, sizeof bytes);
    test_await(user, 2);
}

typedef struct one_read {
    h2conn *conn;
    uint8_t buf[4 * PART];
    ptrdiff_t n;
} one_read;

static void *read_once(void *arg) {
    one_read *r = arg;
    r->n = h2conn_read(r->conn, r->buf, sizeof r->buf);
    return NULL;
}

START_TEST(contract_read_that_waited_gives_all_that_came_together) {
    static test_flag go = TEST_FLAG;
    static one_read r;
    uint8_t expected[3 * PART];
    test_raw raw;
    pthread_t thread;
    test_raw_start(&raw, three_frames_at_once, &go);
    r.conn = test_connect(raw.url, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_once, &r), 0);
    test_await_blocked(r.conn, 1);
    test_raise(&go);
    pthread_join(thread, NULL);
    test_fill(expected, sizeof expected, 0, 3);
    ck_assert_int_eq(r.n, sizeof expected);
    ck_assert_mem_eq(r.buf, expected, sizeof expected);
    test_raise(&go);
    h2conn_free(r.conn);
    test_raw_join(&raw);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_read_gives_what_came_and_0_at_the_end_ever_after);
    tcase_add_loop_test(tc, contract_read_takes_any_size_of_buffer, 0, 6);
    tcase_add_test(tc, contract_read_refuses_wrong_arguments);
}

Suite *contract_read_suite(void) {
    Suite *suite = suite_create("contract: read");
    TCase *tc = test_case(suite, "read");
    tcase_add_test(tc, contract_read_gives_bytes_that_arrived_before_a_failure_first);
    tcase_add_test(tc, contract_read_that_waited_gives_all_that_came_together);
    test_each_style(suite, add_of_each_style);
    return suite;
}
