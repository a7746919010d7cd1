#!/bin/sh
# SPDX-License-Identifier: MIT
# Build wolfSSL, static, from Debian's source package with the processor's own instructions, for `make WOLFSSL=DIR`.
# usage: build-wolfssl.sh host       for this machine, into build/wolfssl-host
#        build-wolfssl.sh firmware   for a Cortex-M4 without an operating system, into build/wolfssl-firmware
# WOLFSSL_SRC=DIR  take this source tree, which is copied, instead of the package
# DEST=DIR         install there
set -eu
cd "$(dirname "$0")/.."

kind=${1-}
case $kind in
host | firmware) ;;
*) echo "usage: build-wolfssl.sh host|firmware" >&2 && exit 1 ;;
esac

mkdir -p "${DEST:-build/wolfssl-$kind}"
dest=$(cd "${DEST:-build/wolfssl-$kind}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
log=$work/log

die() {
    [ ! -s "$log" ] || tail -n 15 "$log" >&2
    echo "build-wolfssl.sh: $*" >&2
    exit 1
}

for tool in autoreconf libtoolize; do
    command -v $tool >/dev/null || die "$tool is missing: install autoconf, automake and libtool"
done

# apt with lists of its own, so that nothing of the machine's changes: its sources again, as sources of source packages.
fetch() {
    command -v dpkg-source >/dev/null || die "dpkg-source is missing: install dpkg-dev, or give WOLFSSL_SRC"
    mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$list" ] || sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >"$work/parts/$(basename "$list" .list).list"
    done
    for list in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$work/parts/$(basename "$list")"
    done
    set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)"
    echo "fetching the source package" >&2
    apt-get "$@" update >>"$log" 2>&1 || die "apt-get could not read the sources' lists"
    (cd "$work" && apt-get "$@" source wolfssl) >>"$log" 2>&1 || die "apt-get could not fetch the source of wolfssl"
    mv "$work"/wolfssl-*/ "$work/source"
}

# All features, as in Debian's library, so that this one is the same but faster; and single-precision curves, for
# handshakes. (Debian's --enable-distro is --enable-all without the header that tells what was chosen.)
host_flags() {
    echo --enable-all --disable-earlydata --enable-static --disable-shared --disable-examples --disable-crypttests --enable-sp
    case $(uname -m) in
    x86_64) echo --enable-intelasm --enable-sp-asm ;;
    aarch64) echo --enable-armasm --enable-sp-asm ;;
    *) echo "build-wolfssl.sh: no assembly for $(uname -m): this is no faster than Debian's" >&2 ;;
    esac
}

# The suites and extensions that tls/ asks for, no files, no sockets, one thread, little memory. The program supplies
# the C library's time() and randomness, int wolfssl_seed(unsigned char *out, unsigned len), which no library can.
firmware_flags() {
    echo --host=arm-none-eabi --enable-static --disable-shared --disable-examples --disable-crypttests
    echo --enable-opensslextra --enable-alpn --enable-sni --enable-tls13 --enable-supportedcurves --enable-aesgcm=small
    echo --enable-chacha --enable-poly1305 --enable-curve25519 --enable-ecc --enable-sp=small,ec256,ec384,2048,3072
    echo --enable-singlethreaded --enable-smallstack --disable-filesystem --disable-oldtls --disable-md5 --disable-des3
    echo --disable-dh
}

if [ -n "${WOLFSSL_SRC-}" ]; then
    [ -f "$WOLFSSL_SRC/configure.ac" ] || die "$WOLFSSL_SRC holds no wolfSSL source (no configure.ac)"
    cp -R "$WOLFSSL_SRC" "$work/source"
else
    fetch
fi

if [ "$kind" = host ]; then
    flags=$(host_flags)
    ldflags=
    cflags='-O2 -g -fPIC'
else
    command -v arm-none-eabi-gcc >/dev/null || die "arm-none-eabi-gcc is missing: install gcc-arm-none-eabi"
    flags=$(firmware_flags)
    ldflags=--specs=nosys.specs # for the programs that configure tries
    cflags='-Os -g -mcpu=cortex-m4 -mthumb -ffunction-sections -fdata-sections'
    cflags="$cflags -DWOLFSSL_USER_IO -DNO_WRITEV -DNO_WOLFSSL_DIR"
    cflags="$cflags -DCUSTOM_RAND_GENERATE_SEED=wolfssl_seed"
fi

cd "$work/source"
echo "configuring" >&2
[ -x configure ] || autoreconf -fi >>"$log" 2>&1 || die "autoreconf failed"
# shellcheck disable=SC2086 # a list of words
./configure --prefix="$dest" $flags CFLAGS="$cflags" LDFLAGS="$ldflags" >>"$log" 2>&1 || die "configure failed"
echo "building; this takes a few minutes" >&2
make -j "${JOBS:-$(nproc)}" src/libwolfssl.la >>"$log" 2>&1 || die "make failed"
rm -rf "${dest:?}/include" "$dest/lib"
make install-libLTLIBRARIES install-data >>"$log" 2>&1 || die "make install failed"
echo "built $dest; use it with: make WOLFSSL=$dest" >&2
