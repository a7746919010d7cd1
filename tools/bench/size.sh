#!/bin/sh
# SPDX-License-Identifier: MIT
# Bytes of code and constants that the core, and the system's libnghttp2.a, put into a program that is a client and a
# server: what nothing calls left out, the C library and the program itself not counted.
# usage: size.sh BUILD_DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
cc=${CC:-cc}
build=$1/bench-size
firmware=tools/firmware
sections='-ffunction-sections -fdata-sections'
theirs=$($cc -print-file-name=libnghttp2.a)
[ -f "$theirs" ] || { echo "bench-size: libnghttp2.a is missing: tools/setup.sh bench" >&2 && exit 1; }
rm -rf "$build"

# Link the objects in a folder, and print text and initialised data of those in its folder `core`.
# usage: linked FOLDER FLAG...
linked() {
    out=$1
    shift
    $cc "$@" -Wl,--gc-sections "-Wl,-Map=$out/map" -o "$out/program" "$out"/*.o "$out"/core/*.o
    awk -f $firmware/size/map.awk "$out/map" | awk '{ print $1 + $2 }'
}

# usage: ours NAME FLAG...
ours() {
    out=$build/$1
    shift
    mkdir -p "$out/core"
    # shellcheck disable=SC2086 # a list of words
    set -- "$@" -std=c11 $sections -Ihpack -Ih2 -Iconn -I$firmware/size
    for source in hpack/*.c h2/*.c conn/conn_*.c; do $cc "$@" -c -o "$out/core/$(basename "$source" .c).o" "$source"; done
    for part in both port; do $cc "$@" -c -o "$out/$part.o" $firmware/size/$part.c; done
    for part in client server; do $cc "$@" -Dmain=${part}_main -c -o "$out/$part.o" $firmware/size/$part.c; done
    linked "$out" -nostartfiles
}

theirs() {
    out=$build/nghttp2
    mkdir -p "$out/core"
    (cd "$out/core" && ar x "$theirs")
    $cc -std=c11 -Os $sections -c -o "$out/main.o" tools/bench/size_nghttp2.c
    linked "$out"
}

echo "$($cc --version | sed -n 1p), $(uname -m); libnghttp2 $(pkg-config --modversion libnghttp2) as the system built it"
printf '%-28s %8d bytes\n' 'h2conn, H2_SMALL, -Os' "$(ours small -Os -DH2_SMALL)"
printf '%-28s %8d bytes\n' 'h2conn, H2_SMALL, -O2' "$(ours small-fast -O2 -DH2_SMALL)"
printf '%-28s %8d bytes\n' 'h2conn, -Os' "$(ours hosted -Os)"
printf '%-28s %8d bytes\n' 'h2conn, -O2' "$(ours hosted-fast -O2)"
printf '%-28s %8d bytes\n' 'nghttp2' "$(theirs)"
