#!/bin/sh
# SPDX-License-Identifier: MIT
# Watch a client and a server talk at the same time over one TLS connection, then move a lot of bytes both ways at once.
# Exit status 0 means that every line arrived and that both directions were busy at the same time.
# usage: demo.sh          (BUILD names the folder with bin/)
#        demo.sh talk NAME    one end of the conversation: lines go out to stdout while others come in from stdin
set -eu
BUILD=${BUILD:-build}
LINES_EACH=8 PACE=0.4

now_ms() { date +%s%3N; }

# usage: show NAME VERB TEXT
show() {
    at=$(($(now_ms) - DEMO_START))
    printf '%s %s %s %s\n' "$at" "$1" "$2" "$3" >>"$DEMO_LOG"
    case $1 in client) indent= ;; *) indent='                                    ' ;; esac
    printf '%2d.%03d s  %s%s %s "%s"\n' $((at / 1000)) $((at % 1000)) "$indent" "$1" "$2" "$3" >&2
}

# Both ends run this: the one at the client through a pipe, the one at the server through --exec.
talk() {
    while read -r line; do show "$1" hears "$line"; done <&3 >/dev/null &
    for i in $(seq $LINES_EACH); do
        show "$1" says "$1 line $i"
        echo "$1 line $i"
        sleep $PACE
    done
    exec >&-
    wait
}

if [ "${1-}" = talk ]; then
    # A background job has its stdin taken away, so the reader gets another descriptor.
    talk "$2" 3<&0
    exit
fi

dir=$(mktemp -d)
servers=
clean() {
    for pid in $servers; do kill "$pid" 2>/dev/null || true; done
    for pid in $servers; do wait "$pid" || true; done
    rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
export BUILD DEMO_LOG="$dir/log" DEMO_START
: >"$DEMO_LOG"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null

# usage: serve NAME OPTION...; sets `url` when the server is ready
serve() {
    fifo=$dir/$1
    shift
    mkfifo "$fifo"
    "$BUILD/bin/h2cat" --listen --cert "$dir/cert.pem" --key "$dir/key.pem" "$@" https://127.0.0.1:0 2>"$fifo" &
    servers="$servers $!"
    exec 4<"$fifo"
    ready=$(timeout 10 head -n 1 <&4)
    cat <&4 >&2 &
    exec 4<&-
    url=${ready#listening on }
    [ "$url" != "$ready" ] || { echo "the server did not start: $ready" >&2; exit 1; }
}

echo "A client and a server, each saying a line every $PACE s and hearing the other's, over one HTTP/2 stream in TLS:"
DEMO_START=$(now_ms)
serve talker --exec "exec '$0' talk server"
mkfifo "$dir/replies"
# shellcheck disable=SC2094 # a FIFO: what the one reads is what the other writes
"$0" talk client <"$dir/replies" | timeout 15 "$BUILD/bin/h2cat" --cacert "$dir/cert.pem" "$url" >"$dir/replies"

# Overlap: each end heard something before it had said its last, and everything said was heard.
awk -v want="$LINES_EACH" '
    $3 == "hears" { heard[$2]++; if (!($2 in first)) first[$2] = $1 }
    $3 == "says" { said[$2]++; last[$2] = $1 }
    END {
        for (i = split("client server", ends); i > 0; i--) {
            end = ends[i]
            if (said[end] != want || heard[end] != want) { print "lines are missing at the " end; exit 1 }
            if (first[end] >= last[end]) { print "the " end " heard nothing while it was talking"; exit 1 }
        }
        print "Both directions were open at once: " want " lines each way, heard while the other end was still talking."
    }' "$DEMO_LOG"

echo "And in bulk: 64 MiB sent and the same 64 MiB read back at the same time, every byte compared:"
serve echo --echo
timeout 60 "$BUILD/bin/h2bench" --cacert "$dir/cert.pem" bulk "$url" 64M
