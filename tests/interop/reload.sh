#!/bin/sh
# SPDX-License-Identifier: MIT
# SIGHUP has a server read its certificate anew: open connections go on, new ones see the new one, a bad file changes
# nothing.
. "$(dirname "$0")/support"
have openssl "certificates read anew" || exit 0

show() { cp "$certs/$1.pem" "$dir/own.pem" && cp "$certs/$1.key" "$dir/own.key"; }
shown() { echo Q | timeout "$LIMIT" openssl s_client -connect "${url#https://}" -alpn h2 -showcerts 2>/dev/null | openssl x509 -noout -serial; }
of_file() { openssl x509 -noout -serial -in "$1"; }
shows() { [ "$(shown)" = "$(of_file "$certs/$1.pem")" ]; }
# Wait until the server has said a line with these words.
said() {
    tries=0
    until grep -q "$1" "$log"; do
        [ $((tries += 1)) -lt 500 ] || return 1
        sleep 0.02
    done
}
hang_up() {
    : >"$log"
    kill -HUP "$pid"
    said "$1"
}

# A connection that is open before and after: what it says comes back.
open_one() {
    mkfifo "$dir/say"
    timeout "$LIMIT" "$h2cat" --cacert "$ca" "https://localhost:$port/" <"$dir/say" >"$dir/heard" &
    client=$!
    exec 8>"$dir/say"
    echo before >&8
    hears before
}
hears() {
    tries=0
    until grep -q "$1" "$dir/heard"; do
        [ $((tries += 1)) -lt 500 ] || return 1
        sleep 0.02
    done
}
goes_on() { echo "$1" >&8 && hears "$1"; }
ends_well() { exec 8>&- && wait "$client"; }

show server
serve "$h2cat" --listen --echo --cert "$dir/own.pem" --key "$dir/own.key" https://localhost:0
expect "reload: a connection is open" open_one
show rsa
expect "reload: SIGHUP has the files read" hang_up 'own.pem and its key are read anew'
expect "reload: the open connection goes on" goes_on after
expect "reload: a new connection gets the new certificate" shows rsa
cp "$certs/client.key" "$dir/own.key"
expect "reload: a key that does not belong is named" hang_up 'own.key does not belong to the certificate'
expect "reload: the certificate from before stays" shows rsa
rm "$dir/own.pem"
expect "reload: a missing file is named" hang_up 'own.pem: No such file'
expect "reload: the certificate from before still stays" shows rsa
show server
expect "reload: good files are taken after bad ones" hang_up 'read anew'
expect "reload: and shown" shows server
expect "reload: the open connection still goes on" goes_on later
expect "reload: and ends in good order" ends_well

if [ -x "$BUILD/chat/chat_server" ]; then
    serve "$BUILD/chat/chat_server" --cert "$dir/own.pem" --key "$dir/own.key" https://localhost:0
    show rsa
    expect "reload: the chat server reads the files" hang_up 'read anew'
    expect "reload: the chat server shows the new certificate" shows rsa
else
    skip "reload: the chat server is not built"
fi
[ $failures -eq 0 ]
