#!/bin/sh
# SPDX-License-Identifier: MIT
# Bytes of code and constants that the core, and nghttp2, put into a program that is a client and a server: compiled from
# source with the same flags, what nothing calls left out, the C library and the program itself not counted.
# usage: size.sh BUILD_DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
build=$1/bench-size
firmware=tools/firmware
mkdir -p "$build"
$firmware/fetch.sh "$build" nghttp2
nghttp2=$build/nghttp2/lib
version=$(sed -n 's/^AC_INIT(\[nghttp2\], \[\([0-9.]*\)\].*/\1/p' "$build/nghttp2/configure.ac")
flags='-Os -ffunction-sections -fdata-sections -fno-builtin-bcmp'
core="-std=c11 -Ihpack -Ih2 -Iconn -I$firmware/size"

# What a configure script would say, and a header that newlib has not.
sed "s/@PACKAGE_VERSION@/$version/; s/@PACKAGE_VERSION_NUM@/0/" "$nghttp2/includes/nghttp2/nghttp2ver.h.in" >"$nghttp2/includes/nghttp2/nghttp2ver.h"
mkdir -p "$build/arpa"
cat >"$build/arpa/inet.h" <<'C'
#include <stdint.h>
#define htons(x) ((uint16_t)__builtin_bswap16(x))
#define ntohs(x) ((uint16_t)__builtin_bswap16(x))
#define htonl(x) ((uint32_t)__builtin_bswap32(x))
#define ntohl(x) ((uint32_t)__builtin_bswap32(x))
C

# usage: compile SOURCE OBJECT FLAG...
compile() {
    source=$1 object=$2
    shift 2
    mkdir -p "$(dirname "$object")"
    # shellcheck disable=SC2086 # lists of words
    $cc $machine $flags "$@" -c -o "$object" "$source"
}

# Link what lies in $out, and print its text and initialised data, that of the folder `core` alone.
# usage: linked FLAG...
linked() {
    # shellcheck disable=SC2086
    $cc $machine "$@" -Wl,--gc-sections "-Wl,-Map=$out/map" -o "$out/program" "$out"/*.o "$out"/core/*.o
    awk -f $firmware/size/map.awk "$out/map" | awk '{ print $1 + $2 }'
}

# usage: ours FLAG...
ours() {
    rm -rf "$out"
    for source in hpack/*.c h2/*.c conn/conn_*.c; do
        # shellcheck disable=SC2086
        compile "$source" "$out/core/$(basename "$source" .c).o" $core "$@"
    done
    for part in both port client server; do
        case $part in client | server) main=-Dmain=${part}_main ;; *) main= ;; esac
        # shellcheck disable=SC2086
        compile $firmware/size/$part.c "$out/$part.o" $core "$@" $main
    done
    # shellcheck disable=SC2086
    linked -nostartfiles $libraries
}

theirs() {
    rm -rf "$out"
    for source in "$nghttp2"/*.c; do
        compile "$source" "$out/core/$(basename "$source" .c).o" -DNDEBUG -DHAVE_ARPA_INET_H -DHAVE_TIME_H "-I$nghttp2/includes" "-I$build"
    done
    compile tools/bench/size_nghttp2.c "$out/main.o" -std=c11 -Wall "-I$nghttp2/includes"
    # shellcheck disable=SC2086
    linked $libraries
}

# usage: measure LABEL COMPILER MACHINE_FLAGS LINK_FLAGS
measure() {
    label=$1 cc=$2 machine=$3 libraries=$4
    command -v "$cc" >/dev/null || { echo "skipped $label: no $cc (tools/setup.sh firmware installs it)"; return; }
    out=$build/$label/small small=$(ours -DH2_SMALL)
    out=$build/$label/hosted hosted=$(ours)
    out=$build/$label/nghttp2 other=$(theirs)
    printf '%-12s %10d %10d %10d\n' "$label" "$small" "$hosted" "$other"
}

printf '%-12s %10s %10s %10s\n' 'bytes, -Os' H2_SMALL h2conn "nghttp2 $version"
measure cortex-m4 arm-none-eabi-gcc '-mcpu=cortex-m4 -mthumb' '--specs=nano.specs --specs=nosys.specs -Wl,--no-warn-rwx-segments'
measure "$(uname -m)" "${CC:-cc}" '' ''
