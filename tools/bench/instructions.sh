#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions of each operation of `ops`, counted by callgrind, against those in instructions.txt: more than 3 % above
# fails, more than 3 % below asks for an update. They belong to one compiler and processor type.
# usage: instructions.sh PATH-OF-OPS [--update]
set -eu
ops=$1
kept=$(dirname "$0")/instructions.txt
command -v valgrind >/dev/null || { echo "bench-instructions: valgrind is missing: tools/setup.sh bench" >&2 && exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 1' HUP INT TERM
few=500
many=2500

# usage: run NAME COUNT -> instructions
run() {
    timeout 300 valgrind --tool=callgrind --callgrind-out-file="$out/callgrind" "$ops" "$1" "$2" >"$out/log" 2>&1 || {
        cat "$out/log" >&2
        echo "bench-instructions: $1 failed" >&2
        exit 1
    }
    sed -n 's/^totals: *\([0-9]*\).*/\1/p' "$out/callgrind"
}

machine="$(${CC:-cc} --version | sed -n 1p), $(uname -m)"
{
    echo "# Instructions of one operation (tools/bench/ops.c); make bench-instructions UPDATE=1 writes this file."
    echo "# $machine"
    for name in $("$ops"); do
        first=$(run "$name" $few)
        second=$(run "$name" $many)
        echo "$name $(((second - first + (many - few) / 2) / (many - few)))"
    done
} >"$out/now"

if [ "${2-}" = --update ]; then
    cp "$out/now" "$kept"
    cat "$kept"
    exit 0
fi
grep -qxF "# $machine" "$kept" || echo "note: the figures kept are of another compiler or machine: $(sed -n '2s/^# //p' "$kept")"
awk 'NR == FNR { if ($1 != "#") was[$1] = $2; next }
     $1 == "#" { next }
     { change = was[$1] ? ($2 / was[$1] - 1) * 100 : 0
       verdict = !($1 in was) ? "new: UPDATE=1" : change > 3 ? "MORE THAN KEPT" : change < -3 ? "less: UPDATE=1 keeps it" : "ok"
       if (!($1 in was) || change > 3 || change < -3) bad = 1
       printf "%-20s %8d  kept %8d  %+6.1f %%  %s\n", $1, $2, was[$1], change, verdict }
     END { exit bad }' "$kept" "$out/now"
