#!/bin/sh
# SPDX-License-Identifier: MIT
# Let Frama-C's Eva look for undefined behaviour in what README.md beside this lists. Any alarm fails, and so does any
# property that is not proven.
# usage: prove.sh [NAME...], of the proofs at the end; all when none is named
set -u
here=$(dirname "$0")
cd "$here/../.."
command -v frama-c >/dev/null || { echo "prove: frama-c is not installed: tools/setup.sh prove" >&2; exit 1; }
marked=$(mktemp -d)
trap 'rm -rf "$marked"' EXIT INT TERM
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

# hpack_huffman_encode and what it calls, with names of their own for what lengths of codes are taken from, and the cases
# that Eva is to keep apart: bits of a code, bits pending.
sed -e '/^static uint8_t \*hpack_huffman_rest(/,/^}/s/(uint8_t)code, out)/prove_length_call(*s), out)/' \
    -e '/^uint8_t \*hpack_huffman_encode(/,/^}/{
    s/^ *unsigned bits = hpack_huffman_code(.*/&\n        \/*@ split bits; *\//
    s/hpack_huffman_four(/prove_four_call(/
    s/^    four = prove_four_call(end - 4);$/&\n    \/*@ split four.count; *\//
    s/^    before = four.before >> 8 \* (4 - (end - s)) & 0xff;$/    before = prove_before_call(four.count);/
    s/^ *for (; end - s > 4; s += 4) {/    \/*@ dynamic_split p.count; *\/\n&/
}' hpack/hpack_huffman.c >"$marked/encode_marked.c"
found=$(grep -oE '@ [a-z_]*split [a-z.]+|prove_[a-z]+_call' "$marked/encode_marked.c" | sort | uniq -c | awk '{ printf "%s ", $1 }')
[ "$found" = "1 1 1 1 2 1 " ] || { echo "FAILED: hpack_huffman_encode is not what prove_huffman_encode.c knows: $found"; status=1; }

# What writes a literal, with a name of its own for what writes a string.
sed '/^static uint8_t \*hpack_write_literal(/,/^}/s/hpack_write_string(/prove_string_call(/' hpack/hpack_encode.c >"$marked/encoder_marked.c"
found=$(grep -c prove_string_call "$marked/encoder_marked.c")
[ "$found" = 2 ] || { echo "FAILED: hpack_write_literal is not what prove_encoder.c knows: $found"; status=1; }

# usage: [stops=yes] prove NAME FUNCTION DEFINES -- OPTIONS AND SOURCES...: FUNCTION of prove_NAME.c. One that stops where
# it has seen enough may have functions that do not end.
prove() {
    name=$1 function=$2 defines=$3
    shift 4
    case $wanted in "  " | *" $name "*) ;; *) return ;; esac
    turn=$(((turn + 1) % lanes))
    [ $turn -eq $lane ] || return
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

every_proof() {
    wide="-eva-precision 5 -eva-slevel 2000 -eva-auto-loop-unroll 16"
    exact="-eva-precision 0 -eva-slevel 10000000"
    prove frame main "" -- $wide h2/h2_frame.c
    prove parts main "" -- $wide hpack/hpack_int.c hpack/hpack_static.c
    prove parts main -DH2_SMALL -- $wide hpack/hpack_int.c hpack/hpack_tables_small.c
    for function in prove_get prove_compact prove_resize prove_add; do
        prove table $function "" -- $exact
    done
    for function in prove_start prove_resize prove_add; do
        prove table_small $function -DH2_SMALL -- $exact
    done
    prove table_small prove_entry "-DH2_SMALL -DSTATIC=1u" -- $exact
    joined="-eva-min-loop-unroll 70 -eva-ilevel 128 -eva-slevel-function hpack_table_find:0,find:0"
    prove table_small prove_find "-DH2_SMALL -DSTATIC=1u" -- $exact $joined
    prove table_small prove_static_find -DH2_SMALL -- $exact $joined
    prove decoder prove_block "" -- $exact hpack/hpack_int.c
    prove decoder prove_fields "" -- $exact -eva-use-spec hpack_length_octet hpack/hpack_int.c
    prove decoder prove_lengths "" -- $exact -eva-use-spec hpack_string hpack/hpack_int.c
    prove decoder prove_strings "" -- $exact hpack/hpack_int.c
    for function in prove_block prove_fields prove_lengths prove_strings; do
        prove decoder $function -DH2_SMALL -- $exact hpack/hpack_int.c
    done
    split="$exact -eva-ilevel 64"
    for function in prove_search prove_step prove_step_at_end prove_refill; do
        prove huffman $function "" -- $split
    done
    stops=yes
    prove huffman prove_turns "" -- $split
    prove huffman_small prove_bits -DH2_SMALL -- $split
    stops=
    prove huffman_small prove_nothing -DH2_SMALL -- $split
    prove huffman_encode prove_four "" -- $exact
    prove huffman_encode prove_code -DH2_SMALL -- $exact
    unrolled="-eva-precision 0 -eva-slevel 0 -eva-min-loop-unroll 32 -eva-split-limit 128"
    prove huffman_encode prove_encode "" -- $unrolled
    prove huffman_encode prove_encode -DH2_SMALL -- $unrolled -eva-use-spec hpack_huffman_code
    for function in prove_strings prove_find prove_remember prove_many; do
        prove index $function "" -- $exact
    done
    prove index prove_static_find "" -- $exact -eva-ilevel 64 -eva-min-loop-unroll 200 -eva-slevel-function static_find:0
    joined="-eva-min-loop-unroll 20 -eva-slevel-function encode:0,hpack_encode:0,hpack_write_updates:0,hpack_write_literal:0"
    index=hpack_find_field,hpack_find_name,hpack_field_hash,hpack_repeats,hpack_remember
    for function in prove_start prove_bound prove_string; do
        prove encoder $function "" -- $exact hpack/hpack_int.c
        prove encoder $function -DH2_SMALL -- $exact hpack/hpack_int.c
    done
    prove encoder prove_blocks "" -- $exact $joined,hpack_int_write:0,hpack_write_field:0 -eva-use-spec $index hpack/hpack_int.c
    prove encoder prove_blocks -DH2_SMALL -- $exact $joined,hpack_int_write:0,hpack_write_field:100 hpack/hpack_int.c
    prove storage prove_start "" -- $exact hpack/hpack_decode.c hpack/hpack_encode.c
    prove storage prove_grow "" -- $exact
    prove storage prove_reserve "" -- $exact
}

# As many side by side as there are processors, each taking its turn of the list.
lanes=$(getconf _NPROCESSORS_ONLN) lane=0 turn=0 running=
while [ $lane -lt "$lanes" ]; do
    log=$marked/log.$lane
    (every_proof; exit $status) &
    running="$running $!"
    lane=$((lane + 1))
done
for process in $running; do wait "$process" || status=1; done
exit $status
