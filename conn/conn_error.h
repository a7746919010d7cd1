/* SPDX-License-Identifier: MIT */
#ifndef CONN_ERROR_H
#define CONN_ERROR_H

/* How failures of the engine and of the transport become errors of a connection, and sentences. */

#include "h2conn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The error of a stream or session that ended because of `why`; H2CONN_OK for good order. `greeted` tells whether the
 * peer's SETTINGS had arrived: a peer that breaks a rule before is taken for one that does not speak HTTP/2. */
int h2conn_error_of(const h2_failure *why, bool server, bool greeted);

/* One sentence: the error, the rule, the code and `detail` (may be NULL); "" for H2CONN_OK. */
void h2conn_explain(char out[H2CONN_WHY_BYTES], int error, const h2_failure *why, const char *detail);

/* `why` as one sentence: what a stream or session said is one already; what the network said is only its end, and the
 * error's own text goes before it. */
void h2conn_complete(char out[H2CONN_WHY_BYTES], int error, const char *why);

#ifdef __cplusplus
}
#endif
#endif
