/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_test.h"

/* Raw peers: sockets that speak HTTP/2 by octets written down here, not through the library's session. */

int test_listen_raw(char url[H2CONN_WHY_BYTES]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, H2CONN_WHY_BYTES, "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    return fd;
}

int test_dial_raw(const char *url) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void *raw_thread(void *arg) {
    test_raw *raw = arg;
    char rest[1024];
    const int fd = accept(raw->listening, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    raw->script(fd, raw->user);
    shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof rest, 0) > 0) {
    }
    close(fd);
    return NULL;
}

void test_raw_start(test_raw *raw, test_script script, void *user) {
    raw->script = script;
    raw->user = user;
    raw->listening = test_listen_raw(raw->url);
    ck_assert_int_eq(pthread_create(&raw->thread, NULL, raw_thread, raw), 0);
}

void test_raw_join(test_raw *raw) {
    pthread_join(raw->thread, NULL);
    close(raw->listening);
}

void test_write_raw(int fd, const void *bytes, size_t len) {
    ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

bool test_read_raw(int fd, void *bytes, size_t len) {
    return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

bool test_read_frame(int fd, test_frame *frame) {
    uint8_t header[H2_FRAME_HEADER_BYTES];
    if (!test_read_raw(fd, header, sizeof header)) return false;
    h2_frame_header_read(&frame->header, header);
    ck_assert_uint_le(frame->header.length, sizeof frame->payload);
    return test_read_raw(fd, frame->payload, frame->header.length);
}

bool test_await_frame(int fd, test_frame *frame, uint8_t type) {
    do {
        if (!test_read_frame(fd, frame)) return false;
    } while (frame->header.type != type);
    return true;
}

void test_write_frame(int fd, uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t len) {
    uint8_t bytes[H2_FRAME_HEADER_BYTES + H2_FRAME_SIZE_MIN];
    const h2_frame_header header = {(uint32_t)len, type, flags, id};
    h2_frame_header_write(bytes, &header);
    if (len > 0) memcpy(bytes + H2_FRAME_HEADER_BYTES, payload, len);
    test_write_raw(fd, bytes, H2_FRAME_HEADER_BYTES + len);
}

void test_greet_client(int fd, const void *settings, size_t len) {
    char preface[H2_PREFACE_BYTES];
    test_frame frame;
    ck_assert(test_read_raw(fd, preface, sizeof preface));
    ck_assert_mem_eq(preface, H2_PREFACE, sizeof preface);
    test_write_frame(fd, H2_SETTINGS, 0, 0, settings, len);
    ck_assert(test_await_frame(fd, &frame, H2_SETTINGS));
    test_write_frame(fd, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
}

void test_greet_server(int fd) {
    test_write_raw(fd, H2_PREFACE, H2_PREFACE_BYTES);
    test_write_frame(fd, H2_SETTINGS, 0, 0, NULL, 0);
}

uint32_t test_await_request(int fd) {
    test_frame frame;
    ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
    return frame.header.stream_id;
}

void test_write_ok(int fd, uint32_t id, uint8_t flags) {
    test_write_frame(fd, H2_HEADERS, flags | H2_FLAG_END_HEADERS, id, "\x88", 1);
}

void test_write_post(int fd, uint32_t id, uint8_t flags) {
    /* :method POST, :scheme http, :path /, :authority x */
    static const char block[] = "\x83\x86\x84\x01\x01x";
    test_write_frame(fd, H2_HEADERS, flags | H2_FLAG_END_HEADERS, id, block, sizeof block - 1);
}
