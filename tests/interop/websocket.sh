#!/bin/sh
# SPDX-License-Identifier: MIT
# h2cat --websocket with h2cat, and with hyper-h2 and wsproto (Debian's python3-h2 and python3-wsproto) and
# with node in both roles.
. "$(dirname "$0")/support"
mkfifo "$dir/silence"
exec 8<>"$dir/silence"
random 3000000 >"$dir/big"

h2cat() { timeout "$LIMIT" "$h2cat" $trust "$@"; }
lines() { [ "$(printf 'one\ntwo\n\nthree' | h2cat --websocket "$url")" = "$(printf 'one\ntwo\n\nthree')" ]; }
binary() { h2cat --websocket=binary "$url" <"$dir/big" | cmp - "$dir/big"; }
not_text() { printf '\377\n' | h2cat --websocket "$url" >"$dir/back" 2>"$dir/said"; [ $? -eq 1 ] && grep -q 'not UTF-8' "$dir/said"; }
told() { [ "$(h2cat --websocket "$url" <&8)" = "$(printf 'hello\nbye')" ]; }
plain() { h2cat "$url" </dev/null >"$dir/back" 2>"$dir/said"; [ $? -eq 4 ] && grep -q 'status 400' "$dir/said"; }
refused() { h2cat --websocket "$url" </dev/null >"$dir/back" 2>"$dir/said"; [ $? -ne 0 ] && grep -q 'extended CONNECT' "$dir/said"; }

# usage: cases NAME; `own`, `trust` and `listen` are h2cat's options
cases() {
    serve "$h2cat" --listen --echo --websocket $own "$listen"
    expect "$1: lines of text come back" lines
    expect "$1: 3 MB of binary messages come back" binary
    expect "$1: a request that is no WebSocket gets 400" plain
    expect "$1: a line that is not UTF-8 is an error" not_text
    serve "$h2cat" --listen --exec 'printf "hello\nbye\n"' --websocket $own "$listen"
    expect "$1: --exec speaks, and its end closes" told
    serve "$h2cat" --listen --echo $own "$listen"
    expect "$1: a server without --websocket refuses" refused
}
listen=http://127.0.0.1:0 own='' trust=''
cases "WebSocket"
listen=https://127.0.0.1:0 own="--cert $certs/server.pem --key $certs/server.key" trust="--cacert $ca"
cases "WebSocket over TLS"

# The python that has Debian's packages.
for python in /usr/bin/python3 python3; do "$python" -c 'import h2, wsproto' 2>/dev/null && break; python=; done
if [ -z "$python" ]; then
    skip "WebSocket with another stack: python3-h2 and python3-wsproto are not installed"
else
    trust=
    serve "$h2cat" --listen --echo --websocket http://127.0.0.1:0
    expect "WebSocket: wsproto's client with h2cat's server" timeout "$LIMIT" "$python" "$here/websocket_peer.py" talk "$url"
    serve "$python" -u "$here/websocket_peer.py" serve
    expect "WebSocket: h2cat's client with wsproto's server, text" lines
    expect "WebSocket: h2cat's client with wsproto's server, binary" binary
fi

if have node "WebSocket with node"; then
    trust=
    serve "$h2cat" --listen --echo --websocket http://127.0.0.1:0
    expect "WebSocket: node's client with h2cat's server" timeout "$LIMIT" node "$here/websocket_node.js" talk "$url"
    serve node "$here/websocket_node.js" serve
    expect "WebSocket: h2cat's client with node's server, text" lines
    expect "WebSocket: h2cat's client with node's server, binary" binary
fi
# usage: browser_talks text|binary
browser_talks() {
    said=$(timeout "$LIMIT" node "$here/websocket_browser.js" "$chromium" "$dir/profile" "$url" "$1")
    echo "$said"
    [ "$said" = ok ]
}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$chromium" ]; then
    skip "WebSocket with a browser: chromium is not installed"
elif have node "WebSocket with a browser"; then
    serve "$h2cat" --listen --echo --websocket --cert "$certs/server.pem" --key "$certs/server.key" https://127.0.0.1:0
    expect "WebSocket: a page in Chromium with h2cat's server, text" browser_talks text
    serve "$h2cat" --listen --echo --websocket=binary --cert "$certs/server.pem" --key "$certs/server.key" https://127.0.0.1:0
    expect "WebSocket: a page in Chromium with h2cat's server, binary" browser_talks binary
fi
[ $failures -eq 0 ]
