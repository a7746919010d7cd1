/* SPDX-License-Identifier: MIT */
/* Constant-size buffers: records of 16 octets come, in pieces of any size on the way, and each is answered by another
 * of 16: its number and the sum so far. No memory is asked for. usage: records_server http://127.0.0.1:8080 */
#include <stdio.h>
#include "h2conn_message.h"

#define RECORD_BYTES 16

/* Numbers are big-endian. */
static uint64_t u64_read(const uint8_t *in) {
    return (uint64_t)h2_u32_read(in) << 32 | h2_u32_read(in + 4);
}

static void u64_write(uint8_t *out, uint64_t value) {
    h2_u32_write(out, (uint32_t)(value >> 32));
    h2_u32_write(out + 4, (uint32_t)value);
}

static void add_up(void *user, h2conn_request *request) {
    uint8_t buf[64 * RECORD_BYTES], record[RECORD_BYTES];
    uint64_t count = 0, sum = 0;
    h2conn_reader in;
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    while (h2conn_reader_exactly(&in, record, sizeof record) > 0) {
        sum += u64_read(record + 8);
        u64_write(record, ++count);
        u64_write(record + 8, sum);
        if (h2conn_write(conn, record, sizeof record, NULL) != H2CONN_OK) return;
    }
}

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.handler = add_up};
    h2conn_server *server;
    if (argc != 2 || *argv[1] == '-') return fprintf(stderr, "usage: records_server http://127.0.0.1:8080\n"), 1;
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    return error != H2CONN_OK;
}
