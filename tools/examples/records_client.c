/* SPDX-License-Identifier: MIT */
/* Send the numbers 1 to COUNT as records of 16 octets, and check the sum that comes back for each.
 * usage: records_client http://127.0.0.1:8080 COUNT */
#include <stdio.h>
#include <stdlib.h>
#include "h2conn_message.h"

#define RECORD_BYTES 16

static int ask(h2conn *conn, h2conn_reader *in, uint32_t i) {
    uint8_t record[RECORD_BYTES] = {0};
    h2_u32_write(record + 12, i);
    int error = h2conn_write(conn, record, sizeof record, NULL);
    if (error) return error;
    ptrdiff_t n = h2conn_reader_exactly(in, record, sizeof record);
    if (n < 0) return (int)n;
    const uint64_t sum = (uint64_t)h2_u32_read(record + 8) << 32 | h2_u32_read(record + 12);
    return h2_u32_read(record + 4) == i && sum == (uint64_t)i * (i + 1) / 2 ? H2CONN_OK : H2CONN_EPROTOCOL;
}

int main(int argc, char **argv) {
    uint8_t buf[RECORD_BYTES];
    h2conn_response response;
    h2conn_reader in;
    h2conn *conn;
    const uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    if (count == 0) return fprintf(stderr, "usage: records_client http://127.0.0.1:8080 COUNT\n"), 1;
    int error = h2conn_connect(&conn, argv[1], NULL, &response);
    if (error) return fprintf(stderr, "%s\n", response.why), 1;
    if (response.status != 200)
        return fprintf(stderr, "the server answered %d\n", response.status), h2conn_free(conn), 1;
    h2conn_reader_of(&in, conn, buf, sizeof buf);
    for (uint32_t i = 1; i <= count && !error; i++) error = ask(conn, &in, i);
    if (error)
        fprintf(stderr, "%s\n", h2conn_strerror(error));
    else
        printf("%u records, each answered with the sum so far\n", (unsigned)count);
    h2conn_free(conn);
    return error != H2CONN_OK;
}
