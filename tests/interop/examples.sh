#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in tools/examples, and the code README shows, talk to each other and to h2cat.
. "$(dirname "$0")/support"
examples=$BUILD/examples
root=$(cd "$here/../.." && pwd)

echoes() { [ "$(timeout "$LIMIT" "$@")" = "$(printf 'one\ntwo\nthree')" ]; }

# usage: polls URL: what goes in comes out
polls() { [ "$(printf 'one\ntwo\nthree\n' | timeout "$LIMIT" "$examples/own_poll" "$1")" = "$(printf 'one\ntwo\nthree')" ]; }

# usage: chat URL [CA]: two guests, each hears both
chat() {
    timeout "$LIMIT" "$examples/chat_client" anna "$@" <"$dir/anna.says" >"$dir/anna.hears" &
    anna=$!
    timeout "$LIMIT" "$examples/chat_client" bert "$@" <"$dir/bert.says" >"$dir/bert.hears" &
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
hears_at_last() { while read -r line <&"$1"; do [ "$line" = "$2" ] && return 0; done; }

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
serve "$examples/chat_server" http://127.0.0.1:0
expect "examples: chat over cleartext" chat "http://$url"
serve "$examples/chat_server" https://127.0.0.1:0 "$certs/server.pem" "$certs/server.key"
expect "examples: chat over TLS" chat "https://$url" "$ca"

# README's code blocks in C are whole programs: the client, then the servers.
awk -v dir="$dir" '/^```c$/ { n++; out = dir "/readme" n ".c"; next } /^```$/ { out = "" } out { print >out }' "$root/README.md"
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
sed -i 's/127.0.0.1:8080/127.0.0.1:0/' "$dir/readme3.c"
expect "README: the server by events compiles" compile "$dir/readme3"
serve "$dir/readme3"
sed -i "s/127.0.0.1:$port_before/127.0.0.1:$port/" "$dir/readme1.c"
expect "README: the client compiles for it" compile "$dir/readme1"
expect "README: the client talks to the server by events" test "$(timeout "$LIMIT" "$dir/readme1")" = hello

errors() { sed -nE 's/^ *X\((H2CONN_[A-Z0-9]+), (-?[0-9]+), "([^"]*)"\).*/| `\1` \2 | \3 |/p' "$root/conn/h2conn.h"; }
same_errors() { errors >"$dir/errors" && [ -s "$dir/errors" ] && grep -E '^\| `H2CONN_[A-Z0-9]+` ' "$root/README.md" | diff - "$dir/errors"; }
expect "README: the errors are h2conn.h's" same_errors
[ $failures -eq 0 ]
