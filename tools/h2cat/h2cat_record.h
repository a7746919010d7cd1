/* SPDX-License-Identifier: MIT */
#ifndef H2CAT_RECORD_H
#define H2CAT_RECORD_H

#include <stdbool.h>
#include "h2conn.h"

/* --record: what passes on all sessions goes to a file in the format of tool_record.h. */
typedef struct h2cat_recorder h2cat_recorder;

/* Create the file; NULL after saying why not. `server`: we are the server. */
h2cat_recorder *h2cat_record_open(const char *file, bool server);
/* An h2conn_tap; `user` is the recorder. */
void h2cat_record(void *user, uint64_t session, bool sent, const void *bytes, size_t len);
/* False, and said, when the file could not be written. NULL is ignored. */
bool h2cat_record_close(h2cat_recorder *r);

#endif
