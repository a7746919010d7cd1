#!/bin/sh
# SPDX-License-Identifier: MIT
# Let a fuzzer at targets that build.sh has built.
# usage: run.sh libfuzzer|afl DIRECTORY SECONDS TARGET...
set -eu
fuzzer=$1 out=$2 seconds=$3
shift 3
cd "$(dirname "$0")/../.."
for target; do
    program=$out/fuzz_$target
    [ -x "$program" ] || { echo "run.sh: there is no target $target" >&2; exit 1; }
    mkdir -p "$out/corpus/$target" "$out/found/$target"
    echo "== $target, $seconds s"
    if [ "$fuzzer" = afl ]; then
        env AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_QUIET=1 \
            timeout $((seconds + 60)) afl-fuzz -V "$seconds" -t 2000 -m none -x "$program.dict" \
            -i "$out/work/seeds/$target" -o "$out/found/$target" -- "$program" >"$out/found/$target.log" 2>&1 || {
            tail -n 5 "$out/found/$target.log" >&2
            exit 1
        }
        grep -E '^(execs_done|execs_per_sec|edges_found|saved_crashes|corpus_count)' "$out/found/$target/default/fuzzer_stats"
        [ -z "$(find "$out/found/$target/default/crashes" -name 'id*' 2>/dev/null)" ] || { echo "crashes in $out/found/$target" >&2; exit 1; }
    else
        "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -dict="$program.dict" -print_final_stats=1 \
            -artifact_prefix="$out/found/$target/" "$out/corpus/$target" "$out/work/seeds/$target" \
            >"$out/found/$target.log" 2>&1 || {
            grep -vE '^(#|NEW_FUNC|Base64)' "$out/found/$target.log" | tail -n 40 >&2
            exit 1
        }
        grep -E '^(stat::number_of_executed_units|stat::average_exec_per_sec)' "$out/found/$target.log"
        grep -E 'cov: ' "$out/found/$target.log" | tail -n 1
    fi
done
