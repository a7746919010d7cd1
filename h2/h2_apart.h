/* SPDX-License-Identifier: MIT */
#ifndef H2_APART_H
#define H2_APART_H

/* For a function of a small build that is smaller called than in its only caller's place, where link-time optimisation
 * would put it: by what `make size` says. */
#if defined(H2_SMALL) && defined(__GNUC__)
#define H2_APART __attribute__((noinline))
#else
#define H2_APART
#endif

#endif
