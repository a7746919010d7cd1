#!/bin/sh
# SPDX-License-Identifier: MIT
# h2dump on what h2cat records and on what other programs say: nothing wrong in it, and everything shown.
. "$(dirname "$0")/support"
h2dump=$BUILD/bin/h2dump

# usage: dumped STATUS FILE: what h2dump says goes to $dir/text
dumped() {
    timeout "$LIMIT" "$h2dump" "$2" >"$dir/text" 2>&1
    got=$?
    cat "$dir/text"
    [ $got -eq "$1" ]
}
# usage: says PATTERN: the text has such a line
says() { grep -qE -e "$1" "$dir/text"; }

printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\4\10\0\0\0\0\0\0\0\0\0' >"$dir/wrong"
wrong() { dumped 3 "$dir/wrong" && says '^ +! RFC 9113, 6.9: a WINDOW_UPDATE of 0 on the connection; connection error PROTOCOL_ERROR$'; }
expect "h2dump: a violation is exit status 3 and names its section" wrong
json() { timeout "$LIMIT" "$h2dump" -j "$dir/wrong" | python3 -c 'import json, sys
lines = [json.loads(line) for line in sys.stdin]
assert [v["section"] for line in lines for v in line.get("violations", [])] == ["RFC 9113, 6.9"], lines'; }
have python3 "h2dump: JSON lines" && expect "h2dump: each line of --json is an object" json
expect "h2dump: a file that is not there is exit status 1" dumped 1 "$dir/missing"
: >"$dir/empty"
expect "h2dump: an empty file is exit status 1" dumped 1 "$dir/empty"
# From a capture that goes on, what has come is shown; a pipe is no terminal, and no reason to hold it back.
live() {
    mkfifo "$dir/capture" "$dir/shown"
    timeout "$LIMIT" "$h2dump" <"$dir/capture" >"$dir/shown" &
    dump=$!
    exec 6>"$dir/capture" 7<"$dir/shown"
    cat "$dir/wrong" >&6 && while read -r line <&7; do case $line in *'> WINDOW_UPDATE stream=0'*) break ;; esac; done
    result=$?
    exec 6>&-
    cat <&7 >/dev/null
    wait "$dump"
    [ $? -eq 3 ] && [ $result -eq 0 ] && case $line in *'> WINDOW_UPDATE'*) ;; *) return 1 ;; esac
}
expect "h2dump: a capture that goes on is shown as it comes" live
usage() { timeout "$LIMIT" "$h2dump" "$@" >"$dir/text" 2>&1; [ $? -eq 1 ] && [ "$(wc -l <"$dir/text")" -eq 1 ]; }
for arguments in '--from nobody x' '--data 0 x' '--data 16385 x' 'x y' '--no-such-option' '--from'; do
    # shellcheck disable=SC2086 # arguments
    expect "h2dump: usage: '$arguments' is exit status 1 and one line" usage $arguments
done
[ $failures -eq 0 ]
