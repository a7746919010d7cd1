/* SPDX-License-Identifier: MIT */
#ifndef TEST_SPLIT_H
#define TEST_SPLIT_H

/* A conversation replayed whole, octet by octet and at seeded random splits: events and output must be the same every
 * time. */

#include <check.h>
#include "peer.h"

typedef void (*split_script)(peer *p);

/* Run the script in every mode; `row` becomes peer.row, `label` its name in messages. */
void split_replay(split_script script, const void *row, const char *label);

/* The same without comparing, for programs that act on a piece of DATA and so depend on how it was cut. */
void split_each(split_script script, const char *label);

/* A test that is one conversation: CONVERSATION(name) { ... p ... } */
#define CONVERSATION(name)                                                                                             \
    static void name##_script(peer *p);                                                                                \
    START_TEST(name) {                                                                                                 \
        split_replay(name##_script, NULL, #name);                                                                      \
    }                                                                                                                  \
    END_TEST                                                                                                           \
    static void name##_script(peer *p)

#define CUT_CONVERSATION(name)                                                                                         \
    static void name##_script(peer *p);                                                                                \
    START_TEST(name) {                                                                                                 \
        split_each(name##_script, #name);                                                                              \
    }                                                                                                                  \
    END_TEST                                                                                                           \
    static void name##_script(peer *p)

/* A test that is a table of conversations. */
#define CONVERSATIONS(name, rows)                                                                                      \
    static void name##_script(peer *p);                                                                                \
    START_TEST(name) {                                                                                                 \
        for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                                                  \
            split_replay(name##_script, &(rows)[i], (rows)[i].label);                                                  \
    }                                                                                                                  \
    END_TEST                                                                                                           \
    static void name##_script(peer *p)

#endif
