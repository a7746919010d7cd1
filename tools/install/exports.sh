#!/bin/sh
# SPDX-License-Identifier: MIT
# The functions that the public headers declare, as a linker's version script: what the shared library exports.
# usage: exports.sh HEADER...
set -eu
for header; do echo "#include \"$header\""; done |
    ${CC:-cc} -E -P -I. -Ihpack -Ih2 -Iconn -Itls -x c - |
    tr '\n' ' ' | sed 's/[;{}]/&\n/g' | grep -vE '^ *(static|typedef) ' |
    grep -oE '(h2conn|h2tls|h2|hpack)_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u |
    awk 'BEGIN { print "H2CONN_0 {\n  global:" } { print "    " $0 ";" } END { print "  local: *;\n};" }'
