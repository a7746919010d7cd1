#!/bin/sh
# SPDX-License-Identifier: MIT
# A node client with h2cat --listen, and h2cat with a node server, cleartext and TLS.
. "$(dirname "$0")/support"
have node "node both ways" || exit 0
random 8388608 >"$dir/upload"
mkfifo "$dir/silence"
exec 8<>"$dir/silence"

h2cat() { timeout "$LIMIT" "$h2cat" $trust "$@"; }
same_echo() { h2cat "$url/echo" <"$dir/upload" >"$dir/back" && cmp "$dir/upload" "$dir/back"; }
# The answer comes while stdin is open and silent, and h2cat does not wait for its end.
early() { [ "$(h2cat "$url/early" <&8)" = early ]; }
half() { [ "$(h2cat "$url/half" <"$dir/upload")" = over ] && [ "$(h2cat "$url/halved" </dev/null)" = 8388608 ]; }
# usage: status WANTED-STATUS WANTED-TEXT PATH OPTION...
status() {
    want=$1 text=$2 path=$3
    shift 3
    h2cat "$url$path" "$@" </dev/null >"$dir/back" 2>"$dir/said"
    got=$?
    cat "$dir/said"
    [ $got -eq "$want" ] && grep -q "$text" "$dir/said"
}
fields() {
    h2cat -X PUT -H 'X-One: 1' -H 'x-two:  two words ' "$url/fields" </dev/null >"$dir/back" &&
        grep -qx ':method: PUT' "$dir/back" && grep -qx 'x-one: 1' "$dir/back" && grep -qx 'x-two: two words' "$dir/back"
}

# usage: cases NAME; `own`, `trust` and `pair` are the options of h2cat as server, as client, and of node
cases() {
    serve "$h2cat" --listen --echo $own "$listen"
    expect "node client, $1: questions and answers, 50 streams at once, 26 MiB compared" \
        timeout "$LIMIT" node "$here/node_client.js" "$url" $node_ca
    serve node "$here/node_server.js" $pair
    expect "node server, $1: 8 MiB echoed as they were" same_echo
    expect "node server, $1: an answer that does not wait for the request's end" early
    expect "node server, $1: a server that half-closes first still gets all" half
    expect "node server, $1: method and fields arrive" fields
    expect "node server, $1: status 410 is exit status 4" status 4 410 /gone
    expect "node server, $1: a reset is exit status 3 and named" status 3 INTERNAL_ERROR /reset
    expect "node server, $1: silence is exit status 5" status 5 'did not answer' /silent --timeout 0.5
}

listen=http://127.0.0.1:0 own='' trust='' pair='' node_ca=''
cases cleartext
listen=https://127.0.0.1:0 own="--cert $certs/server.pem --key $certs/server.key"
trust="--cacert $ca" pair="$certs/server.key $certs/server.pem" node_ca=$ca
cases TLS
[ $failures -eq 0 ]
