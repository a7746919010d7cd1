/* SPDX-License-Identifier: MIT */
#include "small.h"

/* Each figure is the size of an object, read from the symbol table of what this file compiles to. */

#define FIGURE(name, bytes) char figure_##name[bytes]

/* Besides the buffers whose sizes the configuration gives. */
FIGURE(session, sizeof(h2_session) + sizeof(h2conn_core));
FIGURE(session_engine, sizeof(h2_session));
FIGURE(stream, sizeof(h2_stream) + sizeof(h2conn_core_conn));
FIGURE(stream_engine, sizeof(h2_stream));
/* One more field of a received header section. */
FIGURE(field, sizeof(h2_field));

/* All of the 20 KiB device's session, configured buffers included. */
FIGURE(device_256, H2CONN_CORE_BYTES(SMALL_SIZES) + sizeof(h2conn_core));
FIGURE(device_0, H2CONN_CORE_BYTES(SMALL_NO_TABLE) + sizeof(h2conn_core));
FIGURE(device_4096, H2CONN_CORE_BYTES(SMALL_FULL_TABLE) + sizeof(h2conn_core));
