/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_EXEC_H
#define H2CAT_EXEC_H

#include "h2cat_channel.h"

/*
 * Accept a request with 200 and `fields`, run `sh -c command` and join its stdin and stdout to the connection until the
 * process has ended. The process is told about the request by H2CAT_METHOD, H2CAT_PATH and H2CAT_PEER in its
 * environment, has a process group of its own, and is ended with it when the connection fails.
 */
void h2cat_exec(h2conn_request *request, h2cat_framing framing, const char *command, const tool_fields *fields);

#endif
