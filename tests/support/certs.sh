#!/bin/sh
# SPDX-License-Identifier: MIT
# Make the certificates that tests and the demonstration use, in a directory; a complete directory is left as it is.
# usage: certs.sh DIR
#
#   ca.pem        the authority               other-ca.pem   an authority that nobody trusts
#   server.pem    localhost, 127.0.0.1, ::1   other-name.pem other.example, *.wild.example, 192.0.2.1
#   expired.pem   as server.pem, till 2020    other-server.pem  as server.pem, signed by other-ca
#   client.pem    a client signed by ca       other-client.pem  a client signed by other-ca
#   client-expired.pem            early.pem      as server.pem, from 2048
#   soon.pem      as server.pem, for half an hour from now
#   rsa.pem       as server.pem, RSA 2048        rsa-short.pem  as server.pem, RSA 1024
#   locked.key    server.key under the password "secret"
#   common-name.pem  localhost as common name alone
#   strange-names.pem             names that match no host but sound.example
#   chain.pem     as server.pem, by an authority under ca, which it includes; chain-short.pem does not
#   by-leaf.pem   as server.pem, signed by server.pem, which it includes
#   for-clients.pem  as server.pem, but issued for clients alone
#   self-signed.pem               localhost, signed by itself
#   copied.pem    localhost, signed by itself under ca's name and key identifier
#
# Each NAME.pem has its private key in NAME.key: ECDSA P-256 but for the two.
set -eu
umask 077
dir=${1:?usage: certs.sh DIR}
mkdir -p "$dir"
cd "$dir"
[ ! -f complete ] || exit 0

quietly() { "$@" 2>errors || { cat errors >&2; exit 1; }; }

key() {
    case $1 in
    rsa) quietly openssl genrsa -out "$1.key" 2048 ;;
    rsa-short) quietly openssl genrsa -out "$1.key" 1024 ;;
    *) quietly openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" ;;
    esac
}

# usage: self_signed NAME COMMON-NAME EXTENSION...
self_signed() {
    name=$1 subject=$2
    shift 2
    key "$name"
    for extension in "$@"; do
        set -- "$@" -addext "$extension"
        shift
    done
    quietly openssl req -x509 -new -key "$name.key" -sha256 -days 3650 -subj "/CN=$subject" "$@" -out "$name.pem"
}

# usage: authority NAME
authority() {
    self_signed "$1" "h2conn test $1" basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
}

# usage: certificate NAME AUTHORITY COMMON-NAME EXTENSION...; START and END are times for `openssl ca`
certificate() {
    name=$1 signer=$2 subject=$3
    shift 3
    key "$name"
    printf '%s\n' '[extensions]' "$@" >extensions
    quietly openssl req -new -key "$name.key" -subj "/CN=$subject" -out request
    : >index && rm -f index.attr
    quietly openssl ca -batch -notext -config ca.conf -cert "$signer.pem" -keyfile "$signer.key" -in request \
        -extfile extensions -extensions extensions -out "$name.pem" \
        -startdate "${START:-200101000000Z}" -enddate "${END:-491231000000Z}"
}

cat >ca.conf <<CONF
[ca]
default_ca = test
[test]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONF

leaf='basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature'
issuer='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign'
server="$leaf
extendedKeyUsage=serverAuth"
client="$leaf
extendedKeyUsage=clientAuth"
local=subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
strange=DNS:*,DNS:*.example,DNS:f*.bar.example,DNS:10.1.2.3,DNS:*.1.2.4,URI:in-uri.example,email:a@mail.example

authority ca
authority other-ca
certificate server ca localhost "$server" $local
certificate other-name ca other.example "$server" subjectAltName=DNS:other.example,DNS:*.wild.example,IP:192.0.2.1
(END=200201000000Z && certificate expired ca localhost "$server" $local)
(START=480101000000Z && certificate early ca localhost "$server" $local)
(END=$(date -u -d "@$(($(date +%s) + 1800))" +%y%m%d%H%M%SZ) && certificate soon ca localhost "$server" $local)
certificate other-server other-ca localhost "$server" $local
certificate rsa ca localhost "$server" $local
certificate rsa-short ca localhost "$server" $local
certificate common-name ca localhost "$server"
certificate strange-names ca example "$server" "subjectAltName=$strange,DNS:sound.example"
certificate client ca 'a client' "$client"
(END=200201000000Z && certificate client-expired ca 'a client' "$client")
certificate for-clients ca localhost "$client" $local
certificate other-client other-ca 'another client' "$client"

certificate intermediate ca 'h2conn test intermediate' "$issuer"
certificate chain-short intermediate localhost "$server" $local
cat chain-short.pem intermediate.pem >chain.pem
cp chain-short.key chain.key
certificate by-leaf server localhost "$server" $local
cat server.pem >>by-leaf.pem
self_signed self-signed localhost subjectAltName=DNS:localhost

identifier=$(openssl x509 -in ca.pem -noout -ext subjectKeyIdentifier | sed -n 's/[ :]//g;$p')
self_signed copied 'h2conn test ca' "subjectKeyIdentifier=$identifier" subjectAltName=DNS:localhost

quietly openssl ec -in server.key -aes128 -passout pass:secret -out locked.key

rm -f request extensions errors ca.conf index* [0-9A-F]*.pem
: >complete
