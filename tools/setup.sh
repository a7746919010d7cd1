#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what is missing from Debian's packages, then run what is asked for. Says nothing when nothing is missing.
# usage: setup.sh          what the demonstration and the tests need
#        setup.sh demo     what the demonstration needs, then `make demo`
#        setup.sh check    what the tests need, then `make check`
#        setup.sh browser  the same with Chromium, which the page of the chat is tested in
#        setup.sh firmware cross compilers and emulators, then `make size`, `firmware-run`, `check-amalgamation` and `check-cross`;
#                          says "skipped" and ends well where they cannot be installed
#        setup.sh bench    what the benches need, peers to compare with among it, then `make bench`
#        setup.sh prove    Frama-C, then `make prove`
#        setup.sh lint     the static analysers, then `make lint`
#        setup.sh fuzz     clang with libFuzzer, and AFL++, for `make fuzz` and `make fuzz-afl`
#        setup.sh coverage lcov, then `make coverage`
set -eu
cd "$(dirname "$0")/.."

build='gcc make libc6-dev pkg-config libwolfssl-dev openssl'
tests="$build check libevent-dev libjansson-dev libnghttp2-dev python3 curl ca-certificates nghttp2-client nghttp2-server nodejs golang-go
    nginx-light"
# Of these a test says "skipped" when one is missing.
tests="$tests bash binutils cmake doxygen g++ golang-golang-x-net-dev haproxy libcbor-dev libnanopb-dev libncurses-dev
    musl-tools tmux python3-grpcio python3-h2 python3-wsproto"
bench="$build libjansson-dev libnghttp2-dev python3 util-linux nghttp2-client nghttp2-server h2o nginx valgrind
autoconf automake libtool dpkg-dev"

cross="$tests dpkg-dev gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf qemu-system-arm qemu-user
    gcc-arm-linux-gnueabihf libc6-dev-armhf-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross"

die() {
    echo "setup.sh: $*" >&2
    exit 1
}

# Those of the named packages that are not installed. A node or a python3 from elsewhere is as good as the package.
missing() {
    for package; do
        case $package in
        nodejs) command -v node >/dev/null && continue ;;
        golang-go) command -v go >/dev/null && continue ;;
        nginx-light) command -v nginx >/dev/null && continue ;;
        python3) command -v python3 >/dev/null && continue ;;
        esac
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

apt() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
    fi
}

# Package lists are fetched only when the ones at hand do not do.
install_packages() {
    command -v dpkg-query >/dev/null || die "this is not a Debian system; install what provides: $*"
    wanted=$(missing "$@")
    [ -n "$wanted" ] || return 0
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "these packages are missing, and neither root nor sudo is at hand to install them: $wanted"
    echo "installing $wanted" >&2
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of words
    if apt install -y --no-install-recommends $wanted >"$log" 2>&1 ||
        { apt update >>"$log" 2>&1 && apt install -y --no-install-recommends $wanted >>"$log" 2>&1; }; then
        rm -f "$log"
    else
        tail -n 5 "$log" >&2
        rm -f "$log"
        die "these packages could not be installed: $wanted"
    fi
}

# shellcheck disable=SC2086 # lists of words
case ${1-} in
'')
    install_packages $tests
    ;;
demo)
    install_packages $build
    [ -x build/bin/h2cat ] || echo "building; this takes a minute the first time" >&2
    exec make --no-print-directory -s -j "$(nproc)" demo
    ;;
check)
    install_packages $tests
    exec make --no-print-directory -j "$(nproc)" check
    ;;
browser)
    install_packages $tests chromium
    exec make --no-print-directory -j "$(nproc)" check
    ;;
firmware)
    if (install_packages $cross); then
        exec make --no-print-directory size firmware-run check-amalgamation check-cross
    fi
    echo "skipped make size, firmware-run, check-amalgamation and check-cross: the packages above could not be installed"
    ;;
bench)
    install_packages $bench
    exec make --no-print-directory -j "$(nproc)" bench
    ;;
prove)
    install_packages $build frama-c-base
    exec make --no-print-directory prove
    ;;
lint)
    install_packages $build clang-tidy cppcheck
    exec make --no-print-directory -j "$(nproc)" lint
    ;;
fuzz)
    install_packages $tests clang libclang-rt-14-dev afl++
    ;;
coverage)
    install_packages $tests lcov
    exec make --no-print-directory -j "$(nproc)" coverage
    ;;
*)
    die "usage: setup.sh [demo|check|browser|firmware|bench|prove|lint|fuzz|coverage]"
    ;;
esac
