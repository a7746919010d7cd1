#!/bin/sh
# SPDX-License-Identifier: MIT
# Let static analysers at one source: gcc -fanalyzer, clang-tidy by .clang-tidy, cppcheck. Any finding fails. One that
# is not installed is left out; analysers.sh says so.
# usage: analyse.sh SOURCE COMPILER-FLAG...
set -eu
source=$1
shift
# gcc 12 takes a pointer that is stored in one of an array of lists for lost.
but=
case $source in conn/posix_listen.c) but=-Wno-analyzer-malloc-leak ;; esac
# shellcheck disable=SC2086 # none, or one flag
command -v gcc >/dev/null && gcc "$@" -O1 -Wall -fanalyzer $but -Werror -c -o /dev/null "$source"
if command -v clang-tidy >/dev/null; then
    said=$(clang-tidy --quiet "$source" -- "$@" 2>&1) || { echo "$said" >&2; exit 1; }
fi
if command -v cppcheck >/dev/null; then
    plain=
    for flag; do case $flag in -I* | -D*) plain="$plain $flag" ;; esac; done
    # shellcheck disable=SC2086 # a list of flags
    cppcheck --std=c11 --enable=warning,performance,portability --error-exitcode=1 --quiet $plain "$source"
fi
