/* SPDX-License-Identifier: MIT */
#ifndef TOOL_VERSION_H
#define TOOL_VERSION_H

#include "h2conn.h"

/* What --version prints. */
#define TOOL_VERSION H2CONN_VERSION

#endif
