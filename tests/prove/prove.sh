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
trap 'rm -f "$log"' EXIT INT TERM
status=0
wanted=" $* "

# usage: prove NAME FUNCTION DEFINES -- OPTIONS AND SOURCES...: FUNCTION of prove_NAME.c
prove() {
    name=$1 function=$2 defines=$3
    shift 4
    case $wanted in "  " | *" $name "*) ;; *) return ;; esac
    label="$name $function${defines:+ $defines}"
    timeout 600 frama-c -machdep gcc_x86_64 -c11 -cpp-extra-args="-Ihpack -Ih2 -Itests/prove $defines" \
        -eva -eva-msg-key=-initial-state -eva-split-return full -main "$function" "tests/prove/prove_$name.c" "$@" >"$log" 2>&1
    result=$?
    if [ $result -ne 0 ] || grep -qE 'eva:alarm|[1-9][0-9]* (unknown|invalid)|NON TERMINATING|User Error' "$log" ||
        ! grep -q "done for function $function" "$log"; then
        echo "FAILED $label"
        grep -A3 -E 'eva:alarm|NON TERMINATING|User Error' "$log" | head -n 40
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
exit $status
