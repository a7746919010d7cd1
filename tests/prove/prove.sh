#!/bin/sh
# SPDX-License-Identifier: MIT
# Let Frama-C's Eva look for undefined behaviour in what README.md beside this lists. Any alarm fails, and so does any
# property that is not proven.
# usage: prove.sh [NAME...], of the proofs at the end; all when none is named
set -u
here=$(dirname "$0")
cd "$here/../.."
command -v frama-c >/dev/null || { echo "prove: frama-c is not installed: tools/setup.sh prove" >&2; exit 1; }
log=$(mktemp)
marked=$(mktemp -d)
trap 'rm -rf "$log" "$marked"' EXIT INT TERM
status=0
wanted=" $* "

# hpack_huffman_decode with names of their own for what it calls, and a mark at the top of its loop.
sed -e '/^size_t hpack_huffman_decode(/,/^}/{
    s/^size_t/PROVE_CALLS\n&/
    s/^    for (;;) {$/&\n        PROVE_BIT/
    s/ hpack_huffman_refill(/ prove_refill_call(/
    s/hpack_huffman_step(/prove_step_call(/
    s/hpack_huffman_search(/prove_search_call(/
}' hpack/hpack_huffman.c >"$marked/huffman_marked.c"
found=$(grep -oE 'PROVE_(CALLS|BIT)|prove_[a-z]+_call' "$marked/huffman_marked.c" | sort | uniq -c | awk '{ printf "%s ", $1 }')
[ "$found" = "2 2 1 1 4 " ] || { echo "FAILED: hpack_huffman_decode is not what prove_huffman.c knows: $found"; status=1; }

# usage: [stops=yes] prove NAME FUNCTION DEFINES -- OPTIONS AND SOURCES...: FUNCTION of prove_NAME.c. One that stops where
# it has seen enough may have functions that do not end.
prove() {
    name=$1 function=$2 defines=$3
    shift 4
    case $wanted in "  " | *" $name "*) ;; *) return ;; esac
    label="$name $function${defines:+ $defines}"
    timeout 600 frama-c -machdep gcc_x86_64 -c11 -cpp-extra-args="-Ihpack -Ih2 -Itests/prove -I$marked $defines" \
        -eva -eva-msg-key=-initial-state -eva-split-return full -main "$function" "tests/prove/prove_$name.c" "$@" >"$log" 2>&1
    result=$?
    faults='eva:alarm|[1-9][0-9]* (unknown|invalid)|User Error'
    [ "${stops-}" = yes ] || faults="$faults|NON TERMINATING"
    if [ $result -ne 0 ] || grep -qE "$faults" "$log" ||
        ! grep -q "done for function $function" "$log"; then
        echo "FAILED $label"
        grep -A3 -E "$faults" "$log" | head -n 40
        [ $result -ne 124 ] || echo "it took more than 600 s"
        status=1
        return
    fi
    valid=$(sed -nE 's/^ +(Assertions|Preconditions) +([0-9]+) valid.*/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    echo "ok $label: 0 alarms, $valid properties proven;" \
        "$(sed -nE 's/^ +([0-9]+) functions analyzed.*/\1 functions/p; s/^ +In these functions, ([0-9]+) statements reached \(out of ([0-9]+)\).*/, \1 of their \2 statements reached/p' "$log" | tr -d '\n')"
}

wide="-eva-precision 5 -eva-slevel 2000 -eva-auto-loop-unroll 16"
exact="-eva-precision 0 -eva-slevel 10000000"
prove frame main "" -- $wide h2/h2_frame.c
prove parts main "" -- $wide hpack/hpack_int.c hpack/hpack_static.c
prove parts main -DH2_SMALL -- $wide hpack/hpack_int.c hpack/hpack_tables_small.c
for function in prove_get prove_compact prove_resize prove_add; do
    prove table $function "" -- $exact
done
prove decoder prove_block "" -- $exact hpack/hpack_int.c
prove decoder prove_fields "" -- $exact -eva-use-spec hpack_length_octet hpack/hpack_int.c
prove decoder prove_lengths "" -- $exact -eva-use-spec hpack_string hpack/hpack_int.c
prove decoder prove_strings "" -- $exact hpack/hpack_int.c
split="$exact -eva-ilevel 64"
for function in prove_search prove_step prove_step_at_end prove_refill; do
    prove huffman $function "" -- $split
done
stops=yes
prove huffman prove_turns "" -- $split
prove huffman_small prove_bits -DH2_SMALL -- $split
stops=
prove huffman_small prove_nothing -DH2_SMALL -- $split
exit $status
