#!/bin/sh
# SPDX-License-Identifier: MIT
# Every generated table is what its generator writes today.
set -eu
here=$(dirname "$0")
for generator in "$here"/*.py; do
    [ -f "$generator" ] || continue
    target=$(sed -n 's/^# writes: //p' "$generator")
    if ! python3 "$generator" | cmp -s - "$target"; then
        echo "$target is not what $generator writes; run: python3 $generator > $target" >&2
        exit 1
    fi
done
