#!/bin/sh
# SPDX-License-Identifier: MIT
# Run an image on QEMU's mps2-an385 until it exits by semihosting, the UART on stdout. Its status is the image's.
# usage: run.sh SECONDS IMAGE ARGUMENT [QEMU_OPTION]...
set -eu
seconds=$1 image=$2 argument=$3
shift 3
exec timeout "$seconds" qemu-system-arm -M mps2-an385 -nographic -monitor none -serial stdio \
    -semihosting-config "enable=on,target=native,arg=image,arg=$argument" -kernel "$image" "$@" </dev/null
