#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in tools/examples, and the code README and docs show, talk to each other and to h2cat.
. "$(dirname "$0")/support"
examples=$BUILD/examples
root=$(cd "$here/../.." && pwd)

echoes() { [ "$(timeout "$LIMIT" "$@")" = "$(printf 'one\ntwo\nthree')" ]; }

# usage: polls URL: what goes in comes out
polls() { [ "$(printf 'one\ntwo\nthree\n' | timeout "$LIMIT" "$examples/own_poll" "$1")" = "$(printf 'one\ntwo\nthree')" ]; }

# usage: lines URL [CA]: two guests, each hears both
lines() {
    timeout "$LIMIT" "$examples/lines_client" anna "$@" <"$dir/anna.says" >"$dir/anna.hears" &
    anna=$!
    timeout "$LIMIT" "$examples/lines_client" bert "$@" <"$dir/bert.says" >"$dir/bert.hears" &
    bert=$!
    exec 4>"$dir/anna.says" 5<"$dir/anna.hears" 6>"$dir/bert.says" 7<"$dir/bert.hears"
    # Bert is in when he hears himself, and Anna when she does.
    echo 'anybody?' >&6 && hears 7 'bert: anybody?' && echo hello >&4 && hears 7 'anna: hello' &&
        hears_at_last 5 'anna: hello' && echo hi >&6 && hears 5 'bert: hi' && hears 7 'bert: hi'
    result=$?
    exec 4>&- 6>&-
    wait $anna && wait $bert && exec 5<&- 7<&- && return $result
}
# usage: hears DESCRIPTOR LINE: the next line is this; EOF comes at the latest when the client's time is over
hears() { read -r line <&"$1" && [ "$line" = "$2" ]; }
hears_at_last() { while read -r line <&"$1"; do [ "$line" = "$2" ] && return 0; done; return 1; }

mkfifo "$dir/anna.says" "$dir/anna.hears" "$dir/bert.says" "$dir/bert.hears"
serve "$examples/echo_server" http://127.0.0.1:0
expect "examples: echo over cleartext" echoes "$examples/echo_client" "http://$url"
expect "examples: echo_server with h2cat" test "$(echo hello | timeout "$LIMIT" "$h2cat" "http://$url")" = hello
expect "examples: a connection under poll" polls "http://$url"
if [ -x "$examples/own_libevent" ]; then
    expect "examples: connections under libevent" echoes "$examples/own_libevent" "http://$url"
else
    echo "skipped examples: own_libevent, since libevent is not installed"
fi
serve "$examples/echo_events" http://127.0.0.1:0 2
expect "examples: echo_events on two loops" echoes "$examples/echo_client" "http://$url"
serve "$examples/echo_server" https://127.0.0.1:0 "$certs/server.pem" "$certs/server.key"
expect "examples: echo over TLS" echoes "$examples/echo_client" "https://$url" "$ca"
serve "$examples/lines_server" http://127.0.0.1:0
expect "examples: lines to all over cleartext" lines "http://$url"
serve "$examples/lines_server" https://127.0.0.1:0 "$certs/server.pem" "$certs/server.key"
expect "examples: lines to all over TLS" lines "https://$url" "$ca"

# usage: device_server ADDRESS: its commands come from descriptor 6, and what it hears is put in the file `heard`
device_server() { serve sh -c "exec '$examples/device_server' '$1' <'$dir/commands' >'$dir/heard'"; }
# The device is heard, obeys, and comes back to a server that was killed and is there again.
device_returns() {
    "$examples/device" probe "http://$url" 2>"$dir/device.log" &
    device=$!
    hears 7 'probe 1 20.1' && echo 'every 20' >&6 && hears 7 'probe 2 20.2' && hears 7 'probe 3 20.3' || return 1
    servers=$(for one in $servers; do [ "$one" = "$pid" ] || printf ' %s' "$one"; done)
    kill -KILL "$pid" && wait "$pid"
    device_server "http://$url"
    read -r line <&7
    case $line in 'probe '*) ;; *) return 1 ;; esac
    echo off >&6
    wait "$device" && grep -q '^attempt ' "$dir/device.log"
}
mkfifo "$dir/commands" "$dir/heard"
exec 6<>"$dir/commands" 7<>"$dir/heard"
device_server http://127.0.0.1:0
expect "examples: a device is heard, obeys, and comes back" device_returns
exec 6<&- 7<&-
# A server that takes it and ends at once hears of it ever more rarely.
device_rests() {
    timeout "$LIMIT" "$examples/device" probe "$url" 2>"$dir/rests" &
    device=$!
    exec 7<"$dir/rests"
    hears_at_last 7 'coming back in 50 ms' && hears_at_last 7 'coming back in 100 ms' && hears_at_last 7 'coming back in 200 ms'
    result=$?
    kill "$device" && exec 7<&- && return $result
}
: >"$dir/nothing"
mkfifo "$dir/rests"
serve "$h2cat" --listen --respond "$dir/nothing" http://127.0.0.1:0
expect "examples: a device that is sent away at once waits longer each time" device_rests

# usage: given NAME: whether the example was built, which needs a library of its own
given() {
    [ -x "$examples/$1" ] && return 0
    skip "examples: $1 was left out when building"
    return 1
}
serve "$examples/records_server" http://127.0.0.1:0
expect "examples: records of constant size" test "$(timeout "$LIMIT" "$examples/records_client" "http://$url" 2000)" = '2000 records, each answered with the sum so far'

json() { [ "$(timeout "$LIMIT" "$examples/json_client" "http://$url" one 'two "2"' "$(printf 'a\nb')")" = "$(printf 'ONE\nTWO "2"\nA\nB')" ]; }
# Go's Encoder ends each value with a newline, and escapes what could end a script.
like_go() { [ "$(printf '"\\u003ca\\u003e"\n 17\n"x' | timeout "$LIMIT" "$h2cat" "http://$url" | cut -c 1-12)" = "$(printf '"<A>"\n{"error": "n\n{"error": "p')" ]; }
json_too_long() { { printf '"'; head -c 70000 /dev/zero | tr '\0' x; printf '"\n'; } | timeout "$LIMIT" "$h2cat" "http://$url" | grep -qx '{"error": ".*longer than the buffer.*"}'; }
if given json_server; then
    serve "$examples/json_server" http://127.0.0.1:0
    expect "examples: JSON, a value a line" json
    expect "examples: JSON as Go writes it, other values, and text that is none" like_go
    expect "examples: JSON in a line that is too long is refused" json_too_long
    go=$dir/go_json
    if ! have go 'examples: JSON with Go'; then :
    elif ! GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$dir/go-cache go build -o "$go" "$here/go_json.go" "$here/go_common.go" 2>"$dir/out"; then
        skip "examples: JSON with Go: golang-golang-x-net-dev is not installed"
    else
        expect "examples: encoding/json of Go with json_server" timeout "$LIMIT" "$go" ask "http://$url"
        serve "$go" serve
        expect "examples: json_client with encoding/json of Go" json
    fi
fi

cbor() { [ "$(timeout "$LIMIT" "$examples/cbor_client" "http://$url")" = "$(printf 'temperature: 21.5\nhumidity: 0.4\npressure: 1013.25')" ]; }
# [1, "a"], an indefinite list, and the first octet of another item.
cbor_bytes() { [ "$(printf '\202\001\141a\237\002\377\202' | timeout "$LIMIT" "$h2cat" "http://$url" | od -An -tx1)" = ' 82 01 61 61 9f 02 ff' ]; }
if given cbor_server; then
    serve "$examples/cbor_server" http://127.0.0.1:0
    expect "examples: CBOR maps" cbor
    expect "examples: CBOR items that follow one another" cbor_bytes
fi

# Notes go out and come back one by one: the client has the first answer before it is given the second line.
grpc_turns() {
    timeout "$LIMIT" "$examples/grpc_client" "$url" <"$dir/says" >"$dir/hears" &
    client=$!
    exec 4>"$dir/says" 5<"$dir/hears"
    echo one >&4 && hears 5 '2 ONE' && echo two >&4 && hears 5 '4 TWO'
    result=$?
    exec 4>&- 5<&-
    wait $client && return $result
}
grpc_fails() { printf 'fail\n' | timeout "$LIMIT" "$examples/grpc_client" "$url" >"$dir/hears.log" 2>&1; [ $? -eq 1 ] && grep -qx 'status 9: as asked' "$dir/hears.log"; }
if given grpc_server; then
    mkfifo "$dir/says" "$dir/hears"
    serve "$examples/grpc_server" http://127.0.0.1:0
    grpc_url=http://$url
    for python in /usr/bin/python3 python3; do "$python" -c 'import grpc' 2>/dev/null && break; python=; done
    if [ -z "$python" ]; then
        skip "examples: gRPC with another stack: python3-grpcio is not installed"
    else
        expect "examples: grpcio's client with grpc_server" timeout "$LIMIT" "$python" "$here/grpc_peer.py" talk "$url"
        serve "$python" -u "$here/grpc_peer.py" serve
        expect "examples: grpc_client with grpcio's server, both ways at once" grpc_turns
        expect "examples: grpc_client says the server's status" grpc_fails
    fi
    url=$grpc_url
    expect "examples: grpc_client with grpc_server" grpc_turns
fi

# ---- what goes wrong ----

# Without arguments, and when asked for help, each says how it is used.
usage() {
    for program in "$examples"/*; do
        for argument in '' --help; do
            # shellcheck disable=SC2086 # nothing, or a word
            timeout "$LIMIT" "$program" $argument </dev/null >"$dir/said" 2>&1
            [ $? -eq 1 ] && grep -q "^usage: $(basename "$program") .*http://" "$dir/said" || { echo "$program $argument"; cat "$dir/said"; return 1; }
        done
    done
}
# usage: loses CLIENT ARGUMENT...: the server is killed while the client waits, which says so and fails, as input goes on
loses() {
    client=$1
    shift
    [ -x "$examples/$client" ] || return 0
    start "$examples/${server:-echo_server}" http://127.0.0.1:0 || return 1
    # shellcheck disable=SC2086 # one word, or two
    timeout "$LIMIT" "$examples/$client" "$@" "http://$url" <"$dir/says" >"$dir/hears" 2>"$dir/said" &
    left=$!
    exec 4>"$dir/says" 5<"$dir/hears"
    echo word >&4 && read -r line <&5
    servers=$(for one in $servers; do [ "$one" = "$pid" ] || printf ' %s' "$one"; done)
    kill -KILL "$pid" && wait "$pid"
    wait "$left"
    status=$?
    exec 4>&- 5<&-
    cat "$dir/said"
    [ "$status" -eq 1 ] && [ "$(grep -c 'connection to the peer was lost' "$dir/said")" -eq 1 ] && [ "$(wc -l <"$dir/said")" -eq 1 ]
}
# usage: sent_away CLIENT URL-AND-ARGUMENTS: a status that is no success fails it
sent_away() {
    client=$1
    shift
    [ -x "$examples/$client" ] || return 0
    echo word | timeout "$LIMIT" "$examples/$client" "$@" >"$dir/said" 2>&1
    [ $? -eq 1 ] && grep -q '^the server answered 502$' "$dir/said" || { cat "$dir/said"; return 1; }
}
[ -p "$dir/says" ] || mkfifo "$dir/says" "$dir/hears"
expect "examples: each says how it is used" usage
expect "examples: own_poll says that the server is lost" loses own_poll
server=lines_server expect "examples: lines_client says that the server is lost" loses lines_client anna
server=grpc_server expect "examples: grpc_client says that the server is lost" loses grpc_client
serve "$h2cat" --listen --unix "$dir/no-socket" http://127.0.0.1:0
for client in echo_client own_poll own_libevent cbor_client grpc_client; do
    expect "examples: $client says a status that is no success" sent_away $client "$url"
done
expect "examples: lines_client says a status that is no success" sent_away lines_client anna "$url"
expect "examples: json_client says a status that is no success" sent_away json_client "$url" one
expect "examples: records_client says a status that is no success" sent_away records_client "$url" 10

# The code blocks in C are whole programs: README's client and server, and docs/api.md's server by callbacks.
programs() { awk -v base="$dir/$2" '/^```c$/ { n++; out = base n ".c"; next } /^```$/ { out = "" } out { print >out }' "$root/$1"; }
programs README.md readme
programs docs/api.md api
compile() {
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror ${SAN:-} \
        -I"$root/hpack" -I"$root/h2" -I"$root/conn" -I"$root/tls" \
        -o "$1" "$1.c" "$BUILD/libh2conn.a" -lwolfssl -pthread
}
# Any free port will do here.
sed -i 's/127.0.0.1:8080/127.0.0.1:0/' "$dir/readme2.c"
expect "README: the server compiles" compile "$dir/readme2"
serve "$dir/readme2"
port_before=$port
sed -i "s/127.0.0.1:8080/127.0.0.1:$port/" "$dir/readme1.c"
expect "README: the client compiles" compile "$dir/readme1"
expect "README: the client talks to the server" test "$(timeout "$LIMIT" "$dir/readme1")" = hello
sed -i 's/127.0.0.1:8080/127.0.0.1:0/' "$dir/api1.c"
expect "docs: the server by callbacks compiles" compile "$dir/api1"
serve "$dir/api1"
sed -i "s/127.0.0.1:$port_before/127.0.0.1:$port/" "$dir/readme1.c"
expect "README: the client compiles for it" compile "$dir/readme1"
expect "docs: the client talks to the server by callbacks" test "$(timeout "$LIMIT" "$dir/readme1")" = hello

errors() { sed -nE 's/^ *X\((H2CONN_[A-Z0-9]+), (-?[0-9]+), "([^"]*)"\).*/| `\1` \2 | \3 |/p' "$root/conn/h2conn.h"; }
same_errors() { errors >"$dir/errors" && [ -s "$dir/errors" ] && grep -E '^\| `H2CONN_[A-Z0-9]+` ' "$root/docs/api.md" | diff - "$dir/errors"; }
expect "docs: the errors are h2conn.h's" same_errors
[ $failures -eq 0 ]
