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
no_ticket() { agrees && ! speak Q -tls1_2 -alpn h2 | grep -q 'TLS session ticket:'; }
no_old_version() { speak Q -tls1_1 -cipher 'ALL:@SECLEVEL=0' -alpn h2 | grep -q 'Cipher is (NONE)'; }

expect "TLS 1.2 with ALPN h2 is agreed" agrees
expect "a handshake in mid-connection is refused" no_second_handshake
expect "no session ticket is given" no_ticket
expect "TLS 1.1 is refused" no_old_version
[ $failures -eq 0 ]
