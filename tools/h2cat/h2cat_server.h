/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_SERVER_H
#define H2CAT_SERVER_H

#include "h2cat_options.h"

/* Serve as the options say until a signal, or in H2CAT_JOIN until the first connection is over. Returns the exit
 * status. */
int h2cat_server(h2cat_options *o);

#endif
