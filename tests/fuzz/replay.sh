#!/bin/sh
# SPDX-License-Identifier: MIT
# Every fuzz target takes its seeds, its corpus and the inputs that once broke something. Needs no fuzzer.
# SMALL=1: the targets that the small profile has.
set -u
BUILD=${BUILD:-build}
here=$(dirname "$0")
inputs=$(mktemp -d)
trap 'rm -rf "$inputs"' EXIT INT TERM
python3 "$here/seeds.py" "$inputs" || { echo "FAILED seeds.py"; exit 1; }
for pack in "$here"/corpus/*.pack; do
    [ -f "$pack" ] || continue
    python3 "$here/pack.py" unpack "$pack" "$inputs/$(basename "$pack" .pack)"
done
status=0
for source in "$here"/fuzz_*.c; do
    target=$(basename "$source" .c)
    target=${target#fuzz_}
    case ${SMALL-}$target in 1frame | 1dump | 1differential) continue ;; esac
    set -- "$inputs/$target"
    [ -d "$here/regressions/$target" ] && set -- "$@" "$here/regressions/$target"
    if said=$("$BUILD/tests/replay_$target" "$@" 2>&1); then
        echo "ok $target: $said"
    else
        echo "FAILED $target: $said"
        status=1
    fi
done
exit $status
