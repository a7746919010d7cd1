/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_CLIENT_H
#define H2CAT_CLIENT_H

#include "h2cat_options.h"

/* Connect, join, and return the exit status. SIGINT and SIGTERM close the connection and then end the process as they
 * would have. */
int h2cat_client(h2cat_options *o);

#endif
