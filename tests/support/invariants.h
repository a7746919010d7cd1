/* SPDX-License-Identifier: MIT */
#ifndef TEST_INVARIANTS_H
#define TEST_INVARIANTS_H

/* What must hold of a session between calls. */

#include "h2.h"

/* The first that does not, NULL when all do. */
const char *invariant_broken(const h2_session *s);

/* How many loans the session should have: itself, its tables and streams, and what is on its way. */
size_t invariant_loans(const h2_session *s);

#endif
