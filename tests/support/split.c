/* SPDX-License-Identifier: MIT */
#include "split.h"

#include <stdio.h>
#include <string.h>

/* Random replays of each conversation. */
#define SEEDS 6

static bool same(const peer_text *a, const peer_text *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

static void compare(const peer *reference, const peer *p, const char *how) {
    if (!same(&reference->story, &p->story))
        ck_abort_msg("%s: events differ when delivered %s:\n%.1000s\nwhole:\n%.1000s", p->label, how, p->story.at,
                     reference->story.at);
    if (!same(&reference->frames, &p->frames))
        ck_abort_msg("%s: frames differ when delivered %s:\n%.1000s\nwhole:\n%.1000s", p->label, how, p->frames.at,
                     reference->frames.at);
    if (!same(&reference->out, &p->out)) ck_abort_msg("%s: output differs when delivered %s", p->label, how);
}

static peer *run(split_script script, const void *row, const char *label, peer_mode mode, uint64_t seed) {
    peer *p = peer_new(mode, seed);
    p->row = row;
    p->label = label;
    script(p);
    peer_finish(p);
    return p;
}

void split_each(split_script script, const char *label) {
    peer_free(run(script, NULL, label, PEER_WHOLE, 0));
    peer_free(run(script, NULL, label, PEER_OCTETS, 0));
    for (uint64_t seed = 1; seed <= SEEDS; seed++) peer_free(run(script, NULL, label, PEER_PIECES, seed));
}

void split_replay(split_script script, const void *row, const char *label) {
    peer *reference = run(script, row, label, PEER_WHOLE, 0);
    peer *octets = run(script, row, label, PEER_OCTETS, 0);
    compare(reference, octets, "octet by octet");
    peer_free(octets);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char how[40];
        peer *pieces = run(script, row, label, PEER_PIECES, seed);
        snprintf(how, sizeof how, "in pieces of seed %u", (unsigned)seed);
        compare(reference, pieces, how);
        peer_free(pieces);
    }
    peer_free(reference);
}
