/* SPDX-License-Identifier: MIT */
#undef _GNU_SOURCE /* strerror_r of POSIX: GNU's is another function */
#include <string.h>
#include "posix_socket.h"

const char *posix_error_text(int error, char out[H2CONN_WHY_BYTES]) {
    out[0] = '\0';
    strerror_r(error, out, H2CONN_WHY_BYTES);
    return out;
}
