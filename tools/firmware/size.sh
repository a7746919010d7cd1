#!/bin/sh
# SPDX-License-Identifier: MIT
# Cross-build the core for small machines and say what it costs, beside what it may cost.
# usage: size.sh BUILD_DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
build=$1/size
here=tools/firmware
status=0

# Cortex-M4, -Os, in bytes. Goals are those of the design; a limit is what fails the build, so that no change makes the
# core larger unnoticed.
. $here/budget

flags='-std=c11 -ffreestanding -Os -DH2_SMALL -ffunction-sections -fdata-sections -Wall -Wextra -Werror -Wstack-usage=320 -fno-builtin-bcmp'
include="-I$here/freestanding -Ihpack -Ih2 -Iconn"
core=$(ls hpack/*.c h2/*.c conn/conn_*.c)

# usage: compile SOURCE OBJECT FLAG...
compile() {
    source=$1 object=$2
    shift 2
    mkdir -p "$(dirname "$object")"
    # shellcheck disable=SC2086 # lists of words
    $cc $machine $flags $include "$@" -c -o "$object" "$source"
}

# usage: link NAME OBJECT... -> figures of map.awk, a line without and one with link-time optimisation of the core
link() {
    image=$out/$1
    shift
    # shellcheck disable=SC2086
    $cc $machine -nostdlib -Wl,--gc-sections,--no-warn-rwx-segments "-Wl,-Map=$image.map" -o "$image.elf" "$@" \
        "$out/port.o" "$out/freestanding/string.o" $objects -lgcc
    awk -f $here/size/map.awk "$image.map"
    # shellcheck disable=SC2086
    $cc $machine -Os -flto -nostdlib -Wl,--gc-sections,--no-warn-rwx-segments "-Wl,-Map=$image.lto.map" \
        -o "$image.lto.elf" "$@" "$out/port.o" "$out/freestanding/string.o" $lto_objects -lgcc
    awk -f $here/size/map.awk "$image.lto.map"
}

# usage: exceeds WHAT FIGURE LIMIT
exceeds() {
    [ "$2" -le "$3" ] && return
    echo "size: $1 is $2 bytes, and may be $3 (tools/firmware/budget)" >&2
    status=1
}

# usage: measure LABEL COMPILER_PREFIX MACHINE_FLAGS
measure() {
    label=$1 machine=$3 cc=${2}gcc out=$build/$1 objects= lto_objects=
    command -v "$cc" >/dev/null || { echo "skipped $label: no $cc (tools/setup.sh firmware installs it)"; return; }
    for source in $core; do
        compile "$source" "$out/core/${source%.c}.o" -fstack-usage
        objects="$objects $out/core/${source%.c}.o"
        compile "$source" "$out/lto/${source%.c}.o" -flto
        lto_objects="$lto_objects $out/lto/${source%.c}.o"
    done
    compile $here/freestanding/string.c "$out/freestanding/string.o" -fno-tree-loop-distribute-patterns
    compile $here/size/port.c "$out/port.o"
    compile $here/size/both.c "$out/both.o"
    for role in client server; do
        compile $here/size/$role.c "$out/$role.o"
        compile $here/size/$role.c "$out/${role}_main.o" -Dmain=${role}_main
    done
    for image in client server both; do
        case $image in
        both) figures=$(link both "$out/both.o" "$out/client_main.o" "$out/server_main.o") ;;
        *) figures=$(link $image "$out/$image.o") ;;
        esac
        # shellcheck disable=SC2086
        set -- $figures
        printf '%-13s %-7s %7d %6d %5d %5d   %7d %9d %9d\n' "$label" $image "$1" "$7" "$2" "$3" "$4" "$5" "$6"
        [ "$label" = cortex-m4 ] || continue
        eval "goal=\$${image}_goal limit=\$${image}_limit lto_limit=\$${image}_lto_limit"
        printf '%-21s %7d %6d limits, %d goal\n' '' "$limit" "$lto_limit" "$goal"
        exceeds "the core of the $image program" "$1" "$limit"
        exceeds "the core of the $image program, with -flto," "$7" "$lto_limit"
        [ $(($2 + $3)) -eq 0 ] || { echo "size: the core holds mutable data" >&2; status=1; }
    done
}

ram() {
    out=$build/cortex-m4 machine='-mcpu=cortex-m4 -mthumb' cc=arm-none-eabi-gcc
    [ -d "$out" ] || return 0
    compile $here/size/sizes.c "$out/sizes.o" -I$here/small
    echo
    echo 'RAM besides configured buffers, Cortex-M4: engine and connection (engine alone)'
    for figure in session stream; do
        set -- $(arm-none-eabi-nm -S -t d "$out/sizes.o" | awk -v name=figure_$figure '
            $4 == name { whole = $2 + 0 } $4 == name "_engine" { engine = $2 + 0 } END { print whole, engine }')
        eval "goal=\$${figure}_goal limit=\$${figure}_limit"
        printf 'each %-8s %7d (%d)   %d goal, %d limit\n' $figure "$1" "$2" "$goal" "$limit"
        exceeds "RAM of each $figure" "$1" "$limit"
    done
}

parts() {
    [ -f "$build/cortex-m4/both.map" ] || return 0
    echo
    echo 'flash of the parts, client and server, Cortex-M4:'
    awk -f $here/size/parts.awk "$build/cortex-m4/both.map" | sort -rn
}

# What the device with 20 KiB of RAM in all gives to its session.
device() {
    [ -f "$build/cortex-m4/sizes.o" ] || return 0
    echo
    echo 'a session of two connections with windows of 1 KiB, everything included, Cortex-M4:'
    for table in 256 0 4096; do
        bytes=$(arm-none-eabi-nm -S -t d "$build/cortex-m4/sizes.o" | awk -v name=figure_device_$table '$4 == name { print $2 + 0 }')
        printf 'HPACK table of %4d bytes %7d\n' $table "$bytes"
        exceeds "the 20 KiB device's session" "$bytes" "$device_limit"
    done
}

# A program without heap, run on an emulated Cortex-M3 with its stack painted.
stack() {
    out=$build/cortex-m3 machine='-mcpu=cortex-m3 -mthumb' cc=arm-none-eabi-gcc objects=
    [ -d "$out" ] || return 0
    command -v qemu-system-arm >/dev/null ||
        { echo 'skipped the stack: no qemu-system-arm (tools/setup.sh firmware installs it)'; return 0; }
    include="$include -I$here/board"
    for source in $core; do objects="$objects $out/core/${source%.c}.o"; done
    compile $here/size/static.c "$out/static.o"
    compile $here/board/board.c "$out/board.o"
    # shellcheck disable=SC2086
    $cc $machine -nostdlib -T $here/board/an385.ld -Wl,--gc-sections -o "$out/static.elf" "$out/static.o" \
        "$out/board.o" "$out/freestanding/string.o" $objects -lgcc
    echo
    echo 'a client and a server in static memory, Cortex-M3 under QEMU:'
    $here/run.sh 60 "$out/static.elf" 0 | tee "$out/static.log" || status=1
    used=$(sed -n 's/^deepest stack \([0-9]*\) .*/\1/p' "$out/static.log")
    exceeds 'the deepest stack' "${used:-999999}" "$stack_limit"
}

# The largest frames, as the compiler sees each function alone.
frames() {
    out=$build/cortex-m4
    [ -d "$out" ] || return 0
    echo
    echo 'largest stack frames, Cortex-M4:'
    cat "$out"/core/*/*.su | sort -t'	' -k2,2nr | head -n 5 | awk -F'\t' '{ sub(/.*:/, "", $1); printf "%-24s %5d\n", $1, $2 }'
    cat "$out"/core/*/*.su | awk -F'\t' '$3 !~ /static/ { print "size: no bounded stack: " $1; bad = 1 } END { exit bad }' >&2 || status=1
}

printf '%-13s %-7s %7s %6s %5s %5s   %7s %9s %9s\n' 'core of' '' 'flash' -flto data bss program memcpy.. libgcc
measure cortex-m0plus arm-none-eabi- '-mcpu=cortex-m0plus -mthumb'
measure cortex-m3 arm-none-eabi- '-mcpu=cortex-m3 -mthumb'
measure cortex-m4 arm-none-eabi- '-mcpu=cortex-m4 -mthumb'
measure cortex-m33 arm-none-eabi- '-mcpu=cortex-m33 -mthumb'
measure rv32imac riscv64-unknown-elf- '-march=rv32imac -mabi=ilp32'
parts
ram
device
stack
frames
exit $status
