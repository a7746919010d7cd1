#!/bin/sh
# SPDX-License-Identifier: MIT
# Many connections at once at a server of callbacks: none fails, nothing is lost, and what each costs the server in RAM.
. "$(dirname "$0")/support"

# usage: fleet SESSIONS STREAMS
fleet() {
    timeout "$LIMIT" "$h2bench" --self fleet "$1" "$2" 1 >"$dir/fleet" 2>&1 || { cat "$dir/fleet"; return 1; }
    grep -q " $(($1 * $2)) open in .*, 0 failed" "$dir/fleet" &&
        grep -q "^$(($1 * $2)) conns ended in good order, 0 messages lost, 0 bytes wrong" "$dir/fleet" && return
    cat "$dir/fleet"
    return 1
}
# usage: costs WHAT BYTES: in the last fleet, at most so much
costs() {
    bytes=$(sed -n "s/.*$1 \([0-9-]*\) B.*/\1/p" "$dir/fleet")
    [ -n "$bytes" ] && [ "$bytes" -le "$2" ] && return
    cat "$dir/fleet"
    return 1
}

expect "fleet: 300 sessions of 1 connection" fleet 300 1
expect "fleet: 10 sessions of 30 connections" fleet 10 30
# A sanitizer's memory would be measured, not the library's.
if grep -q -e __asan_init -e __tsan_init "$h2bench"; then
    skip "fleet: bytes of RAM: built with a sanitizer"
else
    expect "fleet: 1,000 sessions of 1 connection" fleet 1000 1
    expect "fleet: an idle session with its connection takes at most 2.5 KiB" costs "an idle session with its conn" 2560
    expect "fleet: 20 sessions of 100 connections" fleet 20 100
    expect "fleet: a further connection takes at most 0.5 KiB" costs "a further conn" 512
fi
