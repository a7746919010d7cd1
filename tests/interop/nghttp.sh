#!/bin/sh
# SPDX-License-Identifier: MIT
# nghttp and h2load as clients of h2cat --listen, cleartext and TLS.
. "$(dirname "$0")/support"
random 1048576 >"$dir/upload"
random 100000 >"$dir/page"

same_echo() { timeout "$LIMIT" nghttp "$@" -d "$dir/upload" "$url/" >"$dir/back" && cmp "$dir/upload" "$dir/back"; }
same_page() { timeout "$LIMIT" nghttp "$@" "$url/page" >"$dir/back" && cmp "$dir/page" "$dir/back"; }
large_header() {
    long=$(head -c 12000 /dev/zero | tr '\0' 'x') && same_page "$@" -H "x-long: $long"
}
settings_agreed() {
    timeout "$LIMIT" nghttp -nv "$@" "$url/page" >"$dir/frames" &&
        grep -q 'SETTINGS_MAX_CONCURRENT_STREAMS(0x03):128' "$dir/frames" && ! grep -q GOAWAY.*recv "$dir/frames" &&
        ! grep -q 'recv RST_STREAM' "$dir/frames"
}
all_succeed() {
    timeout "$LIMIT" h2load "$@" "$url/page" >"$dir/load" &&
        grep -q '1000 total, 1000 started, 1000 done, 1000 succeeded, 0 failed, 0 errored, 0 timeout' "$dir/load" &&
        grep -q 'status codes: 1000 2xx, 0 3xx' "$dir/load" && return 0
    cat "$dir/load"
    return 1
}

# usage: cases NAME; `listen` and `own` are h2cat's options
cases() {
    serve "$h2cat" --listen --echo $own "$listen"
    if have nghttp "$1, nghttp"; then
        expect "nghttp, $1: 1 MiB uploaded to --echo comes back as it was" same_echo
        expect "nghttp, $1: the same with padding in every frame" same_echo -b 200
    fi
    if have h2load "$1, h2load"; then
        expect "h2load, $1: 1,000 uploads on 4 sessions" all_succeed -n 1000 -c 4 -m 10 -d "$dir/small"
    fi
    serve "$h2cat" --listen --respond "$dir/page" $own "$listen"
    if have nghttp "$1, nghttp --respond"; then
        expect "nghttp, $1: --respond gives the file" same_page
        expect "nghttp, $1: 20 times on one session" same_total -m 20
        expect "nghttp, $1: a request with a field of 12 kB" large_header
        expect "nghttp, $1: a decoder table that changes its size" same_page -c 0 -c 4096
        expect "nghttp, $1: small windows" same_page -w 10 -W 10
        expect "nghttp, $1: settings as documented, no reset" settings_agreed
    fi
    if have h2load "$1, h2load --respond"; then
        expect "h2load, $1: 1,000 requests, 4 sessions of 10 streams" all_succeed -n 1000 -c 4 -m 10
        expect "h2load, $1: 1,000 requests, 10 sessions of 100 streams" all_succeed -n 1000 -c 10 -m 100
    fi
}
same_total() { [ "$(timeout "$LIMIT" nghttp "$@" "$url/page" | wc -c)" -eq 2000000 ]; }

random 2000 >"$dir/small"
own='' listen=http://127.0.0.1:0
cases cleartext
own="--cert $certs/server.pem --key $certs/server.key" listen=https://127.0.0.1:0
cases TLS
[ $failures -eq 0 ]
