#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetch the sources of Debian's packages into a directory, by default those that the images are built with, lwip and
# wolfssl: a link in it has the name of each. The system's package sources are read, and asked for sources through lists
# of this script's own; nothing of the system is changed.
# usage: fetch.sh DIRECTORY [PACKAGE...]
set -eu
die() {
    echo "fetch.sh: $*" >&2
    exit 1
}

mkdir -p "$1"
cd "$1"
shift
[ $# -gt 0 ] || set -- lwip wolfssl
have=yes
for package; do [ -d "$package/" ] || have=; done
[ -z "$have" ] || exit 0
command -v apt-get >/dev/null || die "this is not a Debian system; put the sources of $* into $PWD"
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
for package; do
    rm -rf "$package" "$package"-[0-9]*
    sources source "$package" >>fetch.log 2>&1 ||
        { tail -n 5 fetch.log >&2; die "the source package $package cannot be had; see $PWD/fetch.log"; }
    unpacked=$(find . -maxdepth 1 -type d -name "$package-[0-9]*" | head -n 1)
    ln -s "$unpacked" "$package"
    rm -f "${package}"_*
done
