#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the images for QEMU's mps2-an385: a client and a server over TLS and TCP/IP.
# usage: image.sh BUILD_DIRECTORY
set -eu
mkdir -p "$1/firmware"
build=$(cd "$1/firmware" && pwd)
cd "$(dirname "$0")/../.."
here=tools/firmware
cc=arm-none-eabi-gcc

die() {
    echo "firmware: $*" >&2
    exit 1
}

command -v $cc >/dev/null || die "no $cc; tools/setup.sh firmware installs it"
echo '#include <stdlib.h>' | $cc -E - >/dev/null 2>&1 || die 'no C library for it; tools/setup.sh firmware installs newlib'
$here/fetch.sh "$build"
tests/support/certs.sh "$build/certs"

machine='-mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections --specs=nano.specs'
warn='-Wall -Wextra -Werror'
own="-std=c11 $warn -DH2_SMALL -I$here/image -I$here/board -Ihpack -Ih2 -Iconn"
lwip="-I$build/lwip/src/include -I$here/image -I$here/board"
wolf="-DWOLFSSL_USER_SETTINGS -I$build/wolfssl -I$here/image"

# usage: compile OUT_DIRECTORY FLAGS SOURCE... : those that are newer than their objects
compile() {
    to=$1 flags=$2
    shift 2
    mkdir -p "$to"
    for source; do
        object=$to/$(basename "$source" .c).o
        # shellcheck disable=SC2086,SC3013 # lists of words; every Debian shell knows -nt
        [ -z "$always" ] && [ "$object" -nt "$source" ] && [ "$object" -nt $here/image/user_settings.h ] &&
            [ "$object" -nt $here/image/lwipopts.h ] && [ "$object" -nt $here/image.sh ] || $cc $machine $flags -c -o "$object" "$source"
    done
}

# usage: der NAME KIND FILE : a DER encoding as C
der() {
    case $2 in
    key) openssl ec -in "$3" -outform DER 2>/dev/null ;;
    *) openssl x509 -in "$3" -outform DER ;;
    esac | od -An -v -tu1 | sed "s/ *\([0-9][0-9]*\)/\1,/g" |
        { echo "static const unsigned char $1_bytes[] = {"; cat; echo '};'; }
    echo "const net_der image_$1 = {$1_bytes, sizeof $1_bytes};"
}

{
    echo '#include "image.h"'
    der authority certificate "$build/certs/ca.pem"
    der certificate certificate "$build/certs/server.pem"
    der key key "$build/certs/server.key"
} >"$build/certificates.c"

s=$build/lwip/src
always=
compile "$build/lwip.o" "$lwip -Wno-address" $s/core/init.c $s/core/def.c $s/core/inet_chksum.c $s/core/ip.c $s/core/mem.c $s/core/memp.c \
    $s/core/netif.c $s/core/pbuf.c $s/core/tcp.c $s/core/tcp_in.c $s/core/tcp_out.c $s/core/timeouts.c \
    $s/core/ipv4/etharp.c $s/core/ipv4/icmp.c $s/core/ipv4/ip4.c $s/core/ipv4/ip4_addr.c $s/netif/ethernet.c
w=$build/wolfssl
for role in client server; do
    define=-DIMAGE_$(echo $role | tr a-z A-Z)
    compile "$build/wolfssl-$role.o" "$wolf $define -w" $w/src/internal.c $w/src/keys.c $w/src/ssl.c $w/src/tls.c $w/src/tls13.c \
        $w/src/wolfio.c $w/wolfcrypt/src/asn.c $w/wolfcrypt/src/chacha.c $w/wolfcrypt/src/chacha20_poly1305.c \
        $w/wolfcrypt/src/ecc.c $w/wolfcrypt/src/hash.c $w/wolfcrypt/src/hmac.c $w/wolfcrypt/src/kdf.c \
        $w/wolfcrypt/src/memory.c $w/wolfcrypt/src/poly1305.c $w/wolfcrypt/src/random.c $w/wolfcrypt/src/sha256.c \
        $w/wolfcrypt/src/sp_c32.c $w/wolfcrypt/src/sp_int.c $w/wolfcrypt/src/wc_port.c $w/wolfcrypt/src/wolfmath.c \
        $w/wolfcrypt/src/coding.c $w/wolfcrypt/src/signature.c $w/wolfcrypt/src/logging.c $w/wolfcrypt/src/error.c $w/wolfcrypt/src/wc_encrypt.c
done

always=yes
compile "$build/core.o" "$own" $(ls hpack/*.c h2/*.c conn/conn_*.c)
compile "$build/own.o" "$own $lwip" $here/board/board.c $here/image/net_ethernet.c $here/image/net_tcp.c \
    $here/image/image.c $here/image/heap.c "$build/certificates.c"
for role in client server; do
    define=-DIMAGE_$(echo $role | tr a-z A-Z)
    compile "$build/$role.o" "$own $wolf $define" $here/image/$role.c $here/image/net_tls.c
    # shellcheck disable=SC2086
    $cc $machine -nostartfiles -T $here/board/an385.ld -Wl,--gc-sections,--no-warn-rwx-segments "-Wl,-Map=$build/$role.map" \
        -o "$build/$role.elf" "$build/$role.o"/*.o "$build/own.o"/*.o "$build/core.o"/*.o "$build/lwip.o"/*.o \
        "$build/wolfssl-$role.o"/*.o
    arm-none-eabi-size "$build/$role.elf" | tail -n 1 | awk -v role=$role '{
        printf "%s image: flash %d bytes, static memory %d\n", role, $1 + $2, $2 + $3 }'
done
