/* SPDX-License-Identifier: MIT */
#ifndef TEST_INVARIANTS_H
#define TEST_INVARIANTS_H

/* What must hold of a session between calls. Returns the first that does not, NULL when all do. */

#include "h2.h"

const char *invariant_broken(const h2_session *s);

#endif
