#!/bin/sh
# SPDX-License-Identifier: MIT
# `make docs`: doxygen has nothing to complain about, and every public function has a description.
. "$(dirname "$0")/../interop/support"
root=$(cd "$here/../.." && pwd)
have doxygen "docs" || exit 0
have python3 "docs" || exit 0
docs() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -s -C "$root" BUILD="$dir" docs >"$dir/said" 2>&1; got=$?; cat "$dir/said"; [ $got -eq 0 ]; }
expect "docs: no warning, and each function described" docs
quiet() { ! grep -iE 'warning|error:' "$dir/said"; }
expect "docs: nothing else is said" quiet
[ $failures -eq 0 ]
