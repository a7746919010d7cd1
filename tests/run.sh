#!/bin/sh
# SPDX-License-Identifier: MIT
# Run test programs and interop scripts; print one line each and a total. A Check program reports its counts,
# once for each of its runners; a script
# prints lines that begin "ok", "FAILED" or "skipped". Output of a failing one is shown whole.
# usage: run.sh PROGRAM|SCRIPT...
set -u
# A test that hangs is ended; one on a busy machine is not.
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-60}"
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM

for test in "$@"; do
    "$test" >"$log" 2>&1
    status=$?
    case $test in
    *.sh)
        bad=$(grep -c '^FAILED' "$log") good=$(grep -c '^ok' "$log") ;;
    *)
        counts=$(sed -n 's/.*Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" | awk '{ c += $1; f += $2; e += $3 } END { if (NR) print c, f, e }')
        set -- ${counts:-0 0 1}
        bad=$(($2 + $3)) good=$(($1 - $2 - $3)) ;;
    esac
    # A run that failed without saying so, or that ran nothing, has failed.
    [ $status -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    missing=$(grep -c '^skipped' "$log")
    [ $((good + bad + missing)) -eq 0 ] && bad=1
    printf '%-28s %4d passed %4d failed %4d skipped\n' "$(basename "$test" .sh)" "$good" "$bad" "$missing"
    [ "$bad" -gt 0 ] && cat "$log"
    grep '^skipped' "$log"
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + missing))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
