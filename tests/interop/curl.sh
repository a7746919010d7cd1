#!/bin/sh
# SPDX-License-Identifier: MIT
# curl as a client of h2cat --listen, cleartext and TLS.
. "$(dirname "$0")/support"
have curl "curl as a client" || exit 0
curl="curl --silent --show-error --max-time $LIMIT"

random 1048576 >"$dir/upload"
random 300000 >"$dir/page"

same_echo() { $curl "$@" --data-binary "@$dir/upload" "$url/echo" -o "$dir/back" && cmp "$dir/upload" "$dir/back"; }
is_http2() { [ "$($curl "$@" -o /dev/null -w '%{http_version} %{http_code}' "$url/")" = "2 200" ]; }
same_page() { $curl "$@" "$url/page" -o "$dir/back" && cmp "$dir/page" "$dir/back"; }
# -T makes the length unknown, so it goes without content-length.
streamed() { $curl "$@" -T - "$url/echo" <"$dir/upload" -o "$dir/back" && cmp "$dir/upload" "$dir/back"; }
head_only() {
    $curl "$@" -I "$url/page" >"$dir/head" && grep -qi '^HTTP/2 200' "$dir/head" && grep -qi '^content-length: 300000' "$dir/head"
}
ends() { grep -c '> DATA .*END_STREAM' "$log"; }
# curl 7.88 forgets now and then what is left in its TLS layer, and waits for octets that it has acknowledged. It may try
# again while each time the server has ended all ten.
ten_at_once() {
    for try in 1 2 3; do
        before=$(ends)
        # shellcheck disable=SC2046 # a list of words
        $curl --max-time 20 "$@" --parallel $(for i in 0 1 2 3 4 5 6 7 8 9; do printf '%s -o %s ' "$url/$i" "$dir/many$i"; done) && break
        [ $? -eq 28 ] && [ $try -lt 3 ] && [ $(($(ends) - before)) -eq 10 ] || return 1
    done
    for i in 0 1 2 3 4 5 6 7 8 9; do cmp "$dir/page" "$dir/many$i" || return 1; done
}

# usage: cases NAME CURL-OPTION...; `listen` and `own` are h2cat's options
cases() {
    name=$1
    shift
    serve "$h2cat" --listen --echo $own "$listen"
    expect "$name: 1 MiB uploaded to --echo comes back as it was" same_echo "$@"
    expect "$name: a streamed upload comes back as it was" streamed "$@"
    serve "$h2cat" --listen --respond "$dir/page" -H 'Content-Type: text/plain' $own "$listen"
    expect "$name: the version is 2, the status 200" is_http2 "$@"
    expect "$name: --respond gives the file" same_page "$@"
    expect "$name: a response to HEAD has the length and no content" head_only "$@"
}

own='' listen=http://127.0.0.1:0
cases "curl, prior knowledge" --http2-prior-knowledge
own="--cert $certs/server.pem --key $certs/server.key" listen=https://127.0.0.1:0
cases "curl, TLS" --http2 --cacert "$ca"

# Without TLS this curl loses requests that wait for the first response.
serve "$h2cat" --listen -v --respond "$dir/page" $own "$listen"
expect "curl, TLS: ten requests at once on one session" ten_at_once --http2 --cacert "$ca"

refuses() { ! $curl --http2 --cacert "$ca" "$@" "$url/"; }
serve "$h2cat" --listen --respond "$dir/page" --cacert "$ca" $own "$listen"
expect "curl, mutual TLS: a client with a certificate is served" is_http2 --http2 --cacert "$ca" --cert "$certs/client.pem" --key "$certs/client.key"
expect "curl, mutual TLS: one without is refused" refuses
expect "curl, TLS: HTTP/1.1 by ALPN is refused" refuses --http1.1 --cert "$certs/client.pem" --key "$certs/client.key"
[ $failures -eq 0 ]
