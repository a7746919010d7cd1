#!/bin/sh
# SPDX-License-Identifier: MIT
# h2cat as a client of nghttpd, cleartext and TLS.
. "$(dirname "$0")/support"
have nghttpd "h2cat as a client of nghttpd" || exit 0
mkdir "$dir/docs"
random 3000000 >"$dir/docs/page"
random 1048576 >"$dir/upload"

# nghttpd does not tell the port it was given, so try random ones until one is free.
# usage: nghttpd_on OPTION... -- [KEY CERT]
nghttpd_on() {
    for attempt in 1 2 3 4 5 6 7 8; do
        try=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
        start nghttpd -v -a 127.0.0.1 -d "$dir/docs" "$@" "$try" $pair 2>/dev/null && return 0
    done
    failed "nghttpd finds a port after $attempt attempts"
}

h2cat() { timeout "$LIMIT" "$h2cat" $trust "$@"; }
same_page() { h2cat -X GET "$origin/page" </dev/null >"$dir/back" && cmp "$dir/docs/page" "$dir/back"; }
not_found() {
    h2cat -X GET "$origin/missing" </dev/null >"$dir/back" 2>"$dir/said"
    [ $? -eq 4 ] && grep -q 404 "$dir/said" && [ -s "$dir/back" ]
}
trailers() {
    h2cat -v -X GET "$origin/page" </dev/null 2>"$dir/said" >"$dir/back" && tail -n 5 "$dir/said" &&
        cmp "$dir/docs/page" "$dir/back" && grep -qx '< x-checksum: none' "$dir/said"
}
echo_upload() { h2cat "$origin/echo" <"$dir/upload" >"$dir/back" && cmp "$dir/upload" "$dir/back"; }

# usage: cases NAME OPTION...
cases() {
    name=$1
    shift
    nghttpd_on "$@"
    origin=$scheme://127.0.0.1:$port
    expect "nghttpd, $name: GET gives the file" same_page
    expect "nghttpd, $name: a missing file is exit status 4, with the page on stdout" not_found
    expect "nghttpd, $name: padding in every frame" same_page
    nghttpd_on "$@" --trailer 'x-checksum: none'
    origin=$scheme://127.0.0.1:$port
    expect "nghttpd, $name: -v shows trailers" trailers
    nghttpd_on "$@" --echo-upload
    origin=$scheme://127.0.0.1:$port
    expect "nghttpd, $name: 1 MiB uploaded comes back as it was" echo_upload
}

scheme=http pair='' trust=''
cases cleartext --no-tls -b 100
scheme=https pair="$certs/server.key $certs/server.pem" trust="--cacert $ca"
cases TLS -b 100

# A peer that asks for a certificate it then verifies.
with_certificate() { h2cat --cert "$certs/client.pem" --key "$certs/client.key" -X GET "$origin/page" </dev/null | cmp "$dir/docs/page"; }
nghttpd_on --verify-client
origin=https://127.0.0.1:$port
expect "nghttpd, TLS: with a client certificate" with_certificate
[ $failures -eq 0 ]
