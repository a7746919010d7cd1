/* SPDX-License-Identifier: MIT */
#ifndef TEST_INVARIANTS_H
#define TEST_INVARIANTS_H

/* What must hold of a session between calls. */

#include "h2.h"

/* The first that does not, NULL when all do. */
const char *invariant_broken(const h2_session *s);

/* How many brief loans the session should have. */
size_t invariant_brief(const h2_session *s);

#endif
