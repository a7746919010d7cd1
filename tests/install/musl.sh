#!/bin/sh
# SPDX-License-Identifier: MIT
# Another C library than glibc: all of the library but TLS is built with musl, linked statically, and serves and asks.
. "$(dirname "$0")/../interop/support"
root=$(cd "$here/../.." && pwd)
have musl-gcc "musl" || exit 0

# usage: built EXAMPLE
built() {
    (cd "$root" && musl-gcc -static -O2 -std=c11 -Wall -Wextra -Wpedantic -Werror -Ihpack -Ih2 -Iconn -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
        -pthread -o "$dir/$1" "tools/examples/$1.c" "$dir"/obj/*.o)
}
compiled() {
    mkdir -p "$dir/obj" && cd "$dir/obj" && musl-gcc -O2 -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$root/hpack" -I"$root/h2" -I"$root/conn" \
        -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -pthread -c "$root"/hpack/*.c "$root"/h2/*.c "$root"/conn/*.c
}
serve() { start "$@" && url=${url#http://}; }
random 1000000 >"$dir/much"
echoes() { timeout "$LIMIT" "$h2cat" "http://$url" <"$dir/much" >"$dir/back" && cmp "$dir/much" "$dir/back"; }
adds_up() { [ "$(timeout "$LIMIT" "$1" "http://$url" 2000)" = '2000 records, each answered with the sum so far' ]; }
# Nothing listens there. The sentence is the C library's.
refused() { ! timeout "$LIMIT" "$dir/records_client" http://127.0.0.1:1 2000 2>"$dir/why" && grep -q 'Connection refused' "$dir/why"; }

expect "musl: compiles without a warning" compiled
for example in records_server records_client echo_events; do expect "musl: $example is linked" built $example; done
[ $failures -eq 0 ] || exit 1
serve "$dir/records_server" http://127.0.0.1:0
expect "musl: handlers and a client, both of it" adds_up "$dir/records_client"
[ ! -x "$BUILD/examples/records_client" ] || expect "musl: handlers, with a client of this system's C library" adds_up "$BUILD/examples/records_client"
serve "$dir/echo_events" http://127.0.0.1:0 2
expect "musl: events on two loops, with h2cat" echoes
expect "musl: why a connection fails" refused
[ $failures -eq 0 ]
