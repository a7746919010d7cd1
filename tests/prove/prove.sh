#!/bin/sh
# SPDX-License-Identifier: MIT
# Let Frama-C's Eva look for undefined behaviour in what README.md beside this lists. Any alarm fails.
set -u
here=$(dirname "$0")
cd "$here/../.."
command -v frama-c >/dev/null || { echo "prove: frama-c is not installed: tools/setup.sh prove" >&2; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM
status=0

# usage: prove NAME SOURCE...
prove() {
    name=$1
    shift
    timeout 600 frama-c -machdep gcc_x86_64 -c11 -cpp-extra-args="-Ihpack -Ih2 -Itests/prove" -eva -eva-precision 5 -eva-slevel 2000 -eva-split-return full -eva-auto-loop-unroll 16 \
        "tests/prove/prove_$name.c" "$@" >"$log" 2>&1
    if [ $? -ne 0 ] || grep -qE 'eva:alarm|[1-9][0-9]* unknown|[1-9][0-9]* invalid' "$log" || ! grep -q 'done for function main' "$log"; then
        echo "FAILED $name"
        grep -A3 'eva:alarm' "$log" | head -n 40
        status=1
    else
        echo "ok $name: no alarm; $(grep -oE '[0-9]+% coverage|coverage is [0-9.]+%' "$log" | head -n 1)"
    fi
}

prove frame h2/h2_frame.c
prove parts hpack/hpack_int.c hpack/hpack_static.c
exit $status
