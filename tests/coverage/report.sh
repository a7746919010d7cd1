#!/bin/sh
# SPDX-License-Identifier: MIT
# Say what part of hpack and h2 was reached, and hold it against the floor. A line that is not reached must have its
# reason in unreached.txt, and whatever has a reason there must not be reached.
# usage: report.sh BUILD
set -eu
build=$1
here=$(dirname "$0")
command -v lcov >/dev/null || { echo "coverage: lcov is missing: apt-get install lcov" >&2; exit 1; }
lcov --quiet --capture --directory "$build/obj/hpack" --directory "$build/obj/h2" --rc lcov_branch_coverage=1 \
    --output-file "$build/all.info" --base-directory . 2>"$build/lcov.log"
lcov --quiet --extract "$build/all.info" '*/hpack/*.c' '*/h2/*.c' '*/hpack/*.h' '*/h2/*.h' --rc lcov_branch_coverage=1 \
    --output-file "$build/core.info"
awk -v reasons="$here/unreached.txt" '
    BEGIN { while ((getline line < reasons) > 0) if (line !~ /^#/) known[substr(line, 1, index(line, "|") - 1)] = 1 }
    /^SF:/ { path = substr($0, 4); n = split(path, part, "/"); file = part[n - 1] "/" part[n]; nr = 0
             while ((getline text < path) > 0) source[++nr] = text
             close(path) }
    /^DA:/ { split(substr($0, 4), da, ","); lines++; if (da[2] > 0) hit++
             else { text = source[da[1]]; gsub(/^ +| +$/, "", text); key = file ": " text
                    if (key in known) used[key] = 1
                    else { printf "not reached, and no reason given: %s:%d: %s\n", file, da[1], text; bad = 1 } } }
    /^BRDA:/ { split($0, br, ","); branches++; if (br[4] != "-" && br[4] > 0) taken++ }
    END { for (key in known) if (!(key in used)) { printf "reached after all, or not there: %s\n", key; bad = 1 }
          printf "lines %.1f %% of %d (98 wanted), branches %.1f %% of %d (92 wanted)\n", 100 * hit / lines, lines,
                 100 * taken / branches, branches
          exit bad || lines == 0 || 100 * hit < 98 * lines || 100 * taken < 92 * branches }' "$build/core.info"
