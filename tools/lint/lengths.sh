#!/bin/sh
# SPDX-License-Identifier: MIT
# Files stay under 500 lines, functions under 60; generated tables are exempt.
set -eu
find hpack h2 conn tls tools tests -name '*.[ch]' ! -name '*_table.h' | sort | xargs awk '
    FNR == 1 { start = 0 }
    FNR == 501 { printf "%s is longer than 500 lines\n", FILENAME; bad = 1 }
    /^[a-zA-Z_].*\)( {)?$/ && !/;$/ { name = $0 }
    /^\{/ || /^[a-zA-Z_].*\) \{$/ { start = FNR }
    /^\}/ { if (start && FNR - start > 60 && name !~ /main\(/) {
                printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start, name; bad = 1 }
            start = 0 }
    END { exit bad }'
