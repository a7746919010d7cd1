#!/bin/sh
# SPDX-License-Identifier: MIT
# Let static analysers at one source: gcc -fanalyzer, clang-tidy by .clang-tidy, cppcheck. Any finding fails. One that
# is not installed is left out; analysers.sh says so.
# usage: analyse.sh SOURCE COMPILER-FLAG...
set -eu
source=$1
shift
# Findings that are none, each in its file alone. gcc 12 takes a pointer that is kept in a list or a struct for lost, and
# does not see that of two pointers one is given. cppcheck does not see that what waits on the stack leaves the list.
but= spare=
case $source in
conn/posix_listen.c | conn/posix_start.c | tools/h2dump/h2dump_tcp.c | tools/chat/chat_room.c) but=-Wno-analyzer-malloc-leak ;;
conn/conn_core.c) but=-Wno-analyzer-null-argument ;;
conn/posix_origin.c | conn/posix_resolve.c) spare=--suppress=autoVariables ;;
esac
# shellcheck disable=SC2086 # none, or one flag
command -v gcc >/dev/null && gcc "$@" -O1 -Wall -fanalyzer $but -Werror -c -o /dev/null "$source"
if command -v clang-tidy >/dev/null; then
    said=$(clang-tidy --quiet "$source" -- "$@" 2>&1) || { echo "$said" >&2; exit 1; }
fi
if command -v cppcheck >/dev/null; then
    plain=
    for flag; do case $flag in -I* | -D*) plain="$plain $flag" ;; esac; done
    # shellcheck disable=SC2086 # a list of flags
    cppcheck --std=c11 --enable=warning,performance,portability --error-exitcode=1 --quiet $spare $plain "$source"
fi
