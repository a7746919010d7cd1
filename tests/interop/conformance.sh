#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/conformance.md: every name in it is a test that runs, and every line of it names one or says why none applies.
set -u
tests=$(dirname "$0")/..
list=$tests/conformance.md
status=0

fail() {
    echo "FAILED conformance.md: $1"
    status=1
}

sources=$(find "$tests" -name '*.c')
# shellcheck disable=SC2086 # a list of files
defined=$(sed -nE 's/^(START_TEST|CONVERSATIONS?|CUT_CONVERSATION)\(([a-z0-9_]+).*/\2/p' $sources | sort -u)
# shellcheck disable=SC2086
run=$(sed -nE 's/.*tcase_add_(loop_)?test\([^,]+, *([a-z0-9_]+).*/\2/p' $sources | sort -u)
named=$(grep -oE '`[a-z0-9_]+`' "$list" | tr -d '`' | sort -u)

for name in $named; do
    printf '%s\n' "$defined" | grep -qx "$name" || { fail "$name is no test"; continue; }
    printf '%s\n' "$run" | grep -qx "$name" || fail "$name is in no suite"
done
grep '^- ' "$list" | grep -vE '`[a-z0-9_]+`|not applicable: .' | while read -r line; do echo "FAILED conformance.md: no test: $line"; done
grep '^- ' "$list" | grep -qvE '`[a-z0-9_]+`|not applicable: .' && status=1
grep '^- ' "$list" | grep -vE '^- [0-9]+(\.[0-9]+)*: ' | grep -q . && fail "a line names no section"

demands=$(grep -c '^- ' "$list")
[ "$demands" -ge 200 ] || fail "only $demands demands are listed"
[ $status -eq 0 ] && echo "ok conformance.md: $demands demands, $(printf '%s\n' "$named" | wc -l) tests, all of them there"
exit $status
