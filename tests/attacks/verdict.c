/* SPDX-License-Identifier: MIT */
#include "verdict.h"
#include <math.h>
#include <stdio.h>
#include "h2_error.h"

#define MS(us) ((double)(us) / 1000)

/* ---- the table ---- */

static const char *ending(const outcome *o) {
    if (o->storm.ended == 0) return "-";
    return o->storm.code == UINT32_MAX ? "closed" : h2_code_name(o->storm.code);
}

static void cell(int width, int digits, double value) {
    if (isnan(value))
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, digits, value);
}

void verdict_headings(void) {
    printf("%-30s %6s %-17s %6s %7s %7s %7s %6s %7s %7s %7s %6s %6s %4s %6s %6s %6s %6s\n", "attack", "conns",
           "ended by", "bears", "MiB", "ms/MiB", "honest", "us/end", "KiB/con", "kept", "KiB/str", "shut", "good",
           "fail", "p50 ms", "p99 ms", "worst", "alone");
}

void verdict_print(const outcome *o) {
    printf("%-30s %6u %-17.17s", o->kind->name, o->storm.opened, ending(o));
    cell(6, 0, o->bears);
    cell(7, 1, (double)o->storm.octets / 1048576);
    cell(7, 1, o->ms_per_mib);
    cell(6, 0, 100 * o->ms_per_mib / o->honest);
    printf("%%");
    cell(6, 0, o->us_per_end);
    cell(7, 0, o->kib_per_conn);
    cell(7, 0, o->kib_kept);
    cell(7, 2, o->kib_per_stream);
    cell(6, 0, o->shut_ms);
    printf(" %6u %4u", o->good.done, o->good.failed);
    cell(6, 2, MS(o->good.p50_us));
    cell(6, 2, MS(o->good.p99_us));
    cell(6, 1, MS(o->good.worst_us));
    cell(6, 2, MS(o->alone.p99_us));
    printf("\n");
    fflush(stdout);
}

/* ---- the bounds ---- */

#define P99_MS       5
#define KIB_PER_CONN 256
#define KIB_KEPT     2048
#define KIB_A_STREAM 2.5
#define US_PER_END   100
#define SHUT_MS      100

typedef struct bound {
    const char *sentence; /* the value, then the bound */
    double value, most;
} bound;

static bool breaks(const bound *b) {
    return !isnan(b->value) && b->value > b->most;
}

unsigned verdict_broken(const outcome *o, bool say) {
    const attack_kind *kind = o->kind;
    const bound bounds[] = {
        {"the server is gone", !o->alive, 0},
        {"the good client failed %.0f times, which must be %.0f", o->good.failed, 0},
        {"the good client was not answered", o->good.done == 0, 0},
        {"the server bears it", kind->ends && o->storm.ended == 0 && !isfinite(o->bears), 0},
        {"the good client's p99 is %.1f ms, more than %.1f", MS(o->good.p99_us), P99_MS},
        {"it bears %.0f units, more than %.0f", o->bears, o->allowed},
        {"a MiB of it costs %.1f ms of CPU, honest small requests %.1f", o->ms_per_mib, o->honest},
        {"a connection ended at once costs %.0f us of CPU, more than %.0f", o->us_per_end, US_PER_END},
        {"it takes %.0f KiB for each connection, more than %.0f", o->kib_per_conn, KIB_PER_CONN + kind->unread_kib},
        {"%.0f KiB are not given back, more than %.0f", o->kib_kept, KIB_KEPT},
        {"a stalled stream takes %.2f KiB, more than %.2f", o->kib_per_stream, KIB_A_STREAM},
        {"a socket is closed %.0f ms after GOAWAY, later than %.0f", o->shut_ms, SHUT_MS},
    };
    unsigned broken = 0;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        if (!breaks(&bounds[i])) continue;
        broken++;
        if (!say) continue;
        printf("FAILED %s: ", kind->name);
        printf(bounds[i].sentence, bounds[i].value, bounds[i].most);
        printf("\n");
    }
    return broken;
}
