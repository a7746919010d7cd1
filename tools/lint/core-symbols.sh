#!/bin/sh
# SPDX-License-Identifier: MIT
# The core is freestanding: its archive may need memcpy, memmove, memset and memcmp, and may hold no mutable data.
# usage: core-symbols.sh ARCHIVE
set -eu
archive=$1

defined=$(nm -g --defined-only "$archive" | awk 'NF == 3 {print $3}' | sort -u)
foreign=$(nm -u "$archive" | awk '$1 == "U" {print $2}' | sort -u |
    grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|gcov)_.*' |
    grep -vxF -e "$defined" || true)
if [ -n "$foreign" ]; then
    echo "$archive needs symbols the core must not use:" $foreign >&2
    exit 1
fi

mutable=$(size -A "$archive" | awk '/^\.(data|bss|tdata|tbss)/ && !/^\.data\.rel\.ro/ && $2 > 0 {print $1}' | sort -u)
case "$(nm "$archive")" in *__asan_*|*__tsan_*|*__gcov_*) mutable= ;; esac
if [ -n "$mutable" ]; then
    echo "$archive holds mutable globals in:" $mutable >&2
    exit 1
fi
