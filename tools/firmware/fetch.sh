#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetch the sources that the images are built with, Debian's packages lwip and wolfssl, into a directory: `lwip` and
# `wolfssl` in it are links to them. The system's package sources are read, and asked for sources through lists of this
# script's own; nothing of the system is changed.
# usage: fetch.sh DIRECTORY
set -eu
die() {
    echo "fetch.sh: $*" >&2
    exit 1
}

mkdir -p "$1"
cd "$1"
[ -d lwip/src ] && [ -d wolfssl/wolfcrypt ] && exit 0
command -v apt-get >/dev/null || die "this is not a Debian system; put lwip and wolfssl sources into $PWD"
command -v dpkg-source >/dev/null || die 'dpkg-source is missing; install dpkg-dev'

# The machine's own sources of packages, with deb-src for deb.
apt=$PWD/apt
trap 'rm -rf "$apt"' EXIT INT TERM
mkdir -p "$apt/lists/partial" "$apt/parts" "$apt/archives/partial"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && sed -n 's/^deb /deb-src /p' "$file" >"$apt/parts/$(basename "$file" .list).list"
done
for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/parts/$(basename "$file")"
done

# usage: sources APT_GET_ARGUMENT...
sources() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::lists="$apt/lists" \
        -o Dir::Cache="$apt" -o Dir::Cache::archives="$apt/archives" -o APT::Sandbox::User=root "$@"
}

sources update >fetch.log 2>&1 || true
for package in lwip wolfssl; do
    rm -rf "$package" "$package"-[0-9]*
    sources source "$package" >>fetch.log 2>&1 ||
        { tail -n 5 fetch.log >&2; die "the source package $package cannot be had; see $PWD/fetch.log"; }
    unpacked=$(find . -maxdepth 1 -type d -name "$package-[0-9]*" | head -n 1)
    ln -s "$unpacked" "$package"
    rm -f "${package}"_*
done
