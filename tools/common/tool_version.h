/* SPDX-License-Identifier: MIT */
#ifndef TOOL_VERSION_H
#define TOOL_VERSION_H

/* What --version prints. */
#define TOOL_VERSION "0.1.0"

#endif
