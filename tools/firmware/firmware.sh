#!/bin/sh
# SPDX-License-Identifier: MIT
# Run the images of image.sh in QEMU's user network, with h2cat on the host as the other end.
# usage: firmware.sh BUILD_DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
build=$1/firmware
h2cat=$1/bin/h2cat
run=tools/firmware/run.sh
seconds=60
failed=0
pids=

command -v qemu-system-arm >/dev/null ||
    { echo 'firmware: no qemu-system-arm; tools/setup.sh firmware installs it' >&2; exit 1; }
scratch=$(mktemp -d)
# shellcheck disable=SC2086 # a list of numbers
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; rm -rf "$scratch"' EXIT INT TERM

say() {
    if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi
}

# Wait until a file holds a line that matches; give up after some seconds.
await() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -le 200 ] || return 1
        sleep 0.05
    done
}

# Serve with the certificate named; the port goes to $port.
serve() {
    "$h2cat" --listen --echo --cert "$build/certs/$1.pem" --key "$build/certs/$1.key" https://127.0.0.1:0 2>"$scratch/$1.log" &
    pids="$pids $!"
    await "$scratch/$1.log" 'listening on' || { cat "$scratch/$1.log" >&2; exit 1; }
    port=$(sed -n 's/.*listening on .*:\([0-9][0-9]*\).*/\1/p' "$scratch/$1.log")
}

# usage: client PORT : run the client's image
client() {
    $run $seconds "$build/client.elf" "$1" -nic user
}

serve server
client "$port" || failed=1
say 'a mebibyte each way at once, half-close, clean close: the device as client' $failed

# usage: refuses WHAT CERTIFICATE ERROR_OF_WOLFSSL
refuses() {
    serve "$2"
    client "$port" >"$scratch/refused" && status=1 || status=0
    grep -q "TLS error -$3" "$scratch/refused" || { cat "$scratch/refused"; status=1; }
    say "the device refuses $1" $status
}

refuses 'a server whose authority it does not trust' other-server 188
refuses 'a certificate for another name' other-name 322
refuses 'an expired certificate' expired 151

# The emulator takes no port 0, so one is tried until it is free.
start_server() {
    for try in 1 2 3 4 5 6 7 8; do
        port=$((20000 + ($$ * 7 + try * 997) % 12000))
        $run $seconds "$build/server.elf" 0 -nic "user,hostfwd=tcp:127.0.0.1:$port-:443" >"$scratch/device.log" 2>&1 &
        server=$!
        pids="$pids $server"
        await "$scratch/device.log" 'listening\|Could not' || return 1
        grep -q listening "$scratch/device.log" && return 0
        wait $server || true
    done
    return 1
}

status=0
head -c 1048576 /dev/urandom >"$scratch/sent"
if start_server; then
    timeout $seconds "$h2cat" --cacert "$build/certs/ca.pem" "https://localhost:$port/" <"$scratch/sent" >"$scratch/back" || status=1
    wait $server || status=1
    cat "$scratch/device.log"
    cmp "$scratch/sent" "$scratch/back" || status=1
else
    cat "$scratch/device.log"
    status=1
fi
say 'a mebibyte each way at once: the device as server' $status
exit $failed
