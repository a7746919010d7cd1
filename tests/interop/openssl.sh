#!/bin/sh
# SPDX-License-Identifier: MIT
# A server of ours and the openssl command: what HTTP/2 forbids of TLS is refused on the wire (RFC 9113, 9.2).
. "$(dirname "$0")/support"
have openssl "TLS against openssl" || exit 0

serve "$h2cat" --listen --echo --cert "$certs/server.pem" --key "$certs/server.key" https://127.0.0.1:0

# What s_client says when it is given a command once the handshake is over: R asks to renegotiate, Q ends.
speak() {
    command=$1
    shift
    echo "$command" | timeout "$LIMIT" openssl s_client -connect "${url#https://}" -CAfile "$ca" "$@" 2>&1 || true
}
verified() { speak "$@" | grep -c 'depth=0'; }

agrees() { speak Q -tls1_2 -alpn h2 | grep -q 'ALPN protocol: h2'; }
no_second_handshake() {
    speak R -tls1_2 -alpn h2 | grep -q RENEGOTIATING && [ "$(verified R -tls1_2 -alpn h2)" -eq "$(verified Q -tls1_2 -alpn h2)" ]
}
# A session is written by one connection and offered by the next. The ticket of TLS 1.3 comes after the handshake.
until_written() {
    tries=0
    until [ -s "$1" ] || [ $((tries += 1)) -gt 500 ]; do sleep 0.02; done
}
leave() {
    rm -f "$dir/session"
    until_written "$dir/session" |
        timeout "$LIMIT" openssl s_client -connect "${url#https://}" -CAfile "$ca" -alpn h2 -sess_out "$dir/session" "$@" >/dev/null 2>&1
}
offer() { speak Q -alpn h2 -sess_in "$dir/session" "$@"; }
resumed() { leave "$@" && offer "$@" | grep -q '^Reused, '; }
not_for_another_protocol() { leave "$@" && ! speak Q -alpn http/1.1 -sess_in "$dir/session" "$@" | grep -q 'ALPN protocol: http/1.1'; }
full_after_restart() {
    leave "$@" && stop "$pid" && serve "$h2cat" --listen --echo --cert "$certs/server.pem" --key "$certs/server.key" "$url" &&
        offer "$@" | grep -q '^New, '
}
early_data() { leave -tls1_3 && openssl sess_id -in "$dir/session" -noout -text | grep -q 'Max Early Data: 0$'; }
no_old_version() { speak Q -tls1_1 -cipher 'ALL:@SECLEVEL=0' -alpn h2 | grep -q 'Cipher is (NONE)'; }

# usage: until_said FILE WORDS
until_said() {
    tries=0
    until grep -aq "$2" "$1" || [ $((tries += 1)) -gt 500 ]; do sleep 0.02; done
}
# A server that asks a client of ours for another handshake once it has heard the preface: one hello, and a refusal.
client_keeps_its_handshake() {
    mkfifo "$dir/commands"
    timeout "$LIMIT" openssl s_server -accept 127.0.0.1:0 -cert "$certs/server.pem" -key "$certs/server.key" -tls1_2 -alpn h2 -msg \
        <"$dir/commands" >"$dir/heard" 2>&1 &
    exec 8>"$dir/commands"
    until_said "$dir/heard" '^ACCEPT 127'
    timeout "$LIMIT" "$h2cat" --ca "$ca" "https://$(sed -n 's/^ACCEPT //p' "$dir/heard")/" </dev/null 8>&- &
    until_said "$dir/heard" 'PRI \* HTTP/2.0'
    echo r >&8
    wait $!
    exec 8>&-
    [ "$(grep -ac 'Handshake.*, ClientHello' "$dir/heard")" -eq 1 ] && grep -aq 'warning no_renegotiation' "$dir/heard"
}

expect "TLS 1.2 with ALPN h2 is agreed" agrees
expect "a handshake in mid-connection is refused" no_second_handshake
expect "a client refuses one, too" client_keeps_its_handshake
expect "a TLS 1.3 session is resumed" resumed -tls1_3
expect "a TLS 1.2 session is resumed" resumed -tls1_2
expect "a session is not resumed for another protocol than h2" not_for_another_protocol -tls1_3
expect "no early data is allowed" early_data
expect "a server that was started again makes the full handshake, TLS 1.3" full_after_restart -tls1_3
expect "a server that was started again makes the full handshake, TLS 1.2" full_after_restart -tls1_2
expect "TLS 1.1 is refused" no_old_version
[ $failures -eq 0 ]
