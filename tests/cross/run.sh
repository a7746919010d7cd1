#!/bin/sh
# SPDX-License-Identifier: MIT
# Run the core's own suites on other machines: in an image on a Cortex-M3 under QEMU, and under qemu-user on a 32-bit
# and on a big-endian machine. Each in the hosted and the small profile.
# usage: run.sh BUILD_DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
build=$1/cross
total=0 failed=0
include='-Itests/cross -Itests/support -Itests/conn -Ihpack -Ih2 -Iconn'
board=tools/firmware/board

hpack_tests=$(ls tests/hpack/*.c | grep -v 'nghttp2_agreement\|hpack_stories')
h2_tests=$(ls tests/h2/*.c | grep -v 'differential\|frames_vectors')
conn_tests=$(ls tests/conn/conn_*.c tests/conn/messages.c | grep -v 'conn_test\|conn_raw\|conn_manual')
support=$(ls tests/support/*.c | grep -v vectors)

# usage: compile OUT FLAGS SOURCE... ; objects are named after their paths
compile() {
    to=$1 flags=$2
    shift 2
    mkdir -p "$to"
    # shellcheck disable=SC2086 # a list of words
    printf '%s\n' "$@" | xargs -P 2 -I {} sh -c '
        source=$1 to=$2 cc=$3
        shift 3
        $cc "$@" -c -o "$to/$(echo "$source" | tr / .).o" "$source"' sh {} "$to" "$cc" $flags
}

# usage: suites LABEL FLAGS EXTRA_SOURCE... ; links with $link, runs with $run
suites() {
    out=$build/$label
    flags="$2 -w -O1 -D_GNU_SOURCE $include"
    shift 2
    rm -rf "$out"
    # shellcheck disable=SC2046
    compile "$out/core" "$flags" $(ls hpack/*.c h2/*.c conn/conn_*.c)
    # shellcheck disable=SC2086
    compile "$out/support" "$flags" $support tests/cross/check.c tests/cross/inflate.c tests/cross/left_out.c "$@"
    for layer in hpack h2 conn; do
        eval "tests=\$${layer}_tests"
        [ $layer = conn ] && tests="$tests tests/cross/conn_main.c"
        # shellcheck disable=SC2086
        compile "$out/$layer" "$flags" $tests
        # shellcheck disable=SC2086
        $cc $flags $link -o "$out/test_$layer" "$out/$layer"/*.o "$out/support"/*.o "$out/core"/*.o
        $run "$out/test_$layer" $arguments >"$out/$layer.log" 2>&1 && status=0 || status=$?
        counts=$(sed -n 's/.*Checks: \([0-9]*\), Failures: \([0-9]*\),.*/\1 \2/p' "$out/$layer.log")
        # shellcheck disable=SC2086
        set -- ${counts:-0 1}
        printf '%-24s %-5s %4d passed %4d failed\n' "$label" $layer $(($1 - $2)) "$2"
        total=$((total + $1)) failed=$((failed + $2))
        [ $status -eq 0 ] && [ "$1" -gt 0 ] && [ "$2" -eq 0 ] && continue
        failed=$((failed + 1))
        tail -n 20 "$out/$layer.log"
        echo "exit status $status"
    done
}

# usage: skip LABEL TOOL
skip() {
    echo "skipped $1: no $2 (tools/setup.sh firmware installs it)"
}

# usage: user LABEL COMPILER EMULATOR FLAGS
user() {
    cc=$2 run="timeout 600 $3" link=-static arguments=
    command -v "$2" >/dev/null || { skip "$1" "$2"; return 0; }
    command -v "${3%% *}" >/dev/null || { skip "$1" "${3%% *}"; return 0; }
    label=$1
    suites "$1" "-std=c11 $4"
}

device() {
    cc=arm-none-eabi-gcc run='tools/firmware/run.sh 600' arguments=0
    link="-nostartfiles -T $board/an385.ld -Wl,--no-warn-rwx-segments"
    command -v $cc >/dev/null || { skip "$1" $cc; return 0; }
    command -v qemu-system-arm >/dev/null || { skip "$1" qemu-system-arm; return 0; }
    label=$1 support=$(echo "$support" | grep -v guard)
    suites "$1" "-mcpu=cortex-m3 -mthumb -std=c11 $2 -I$board" $board/board.c tests/cross/device.c
}

user armhf arm-linux-gnueabihf-gcc qemu-arm ''
user s390x s390x-linux-gnu-gcc qemu-s390x ''
user s390x-small s390x-linux-gnu-gcc qemu-s390x -DH2_SMALL
device cortex-m3 ''
device cortex-m3-small -DH2_SMALL
echo "$((total - failed)) passed, $failed failed"
[ $failed -eq 0 ]
