#!/bin/sh
# SPDX-License-Identifier: MIT
# Each function of a public header has a comment: one right above it, or one that stands for all up to the next blank line.
# usage: comments.sh HEADER...
set -eu
awk '
    FNR == 1 { said = inside = 0 }
    /^ *$/ { said = 0 }
    /^ *\/\*/ && !/^\/\* ----/ { said = inside = 1 }
    inside { if (/\*\//) inside = 0; next }
    /^typedef|^#|^static/ { next }
    /^[a-z][A-Za-z0-9_ *]*[ *](h2conn|h2tls|h2|hpack)_[a-z0-9_]+\(/ {
        seen++
        if (!said) { printf "%s:%d has no comment: %s\n", FILENAME, FNR, $0; bad = 1 }
    }
    END { if (!seen) print "no function found"; exit bad || !seen }' "$@"
