#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs that measure still do what they measure, and find every message as it was: each runs a little.
. "$(dirname "$0")/support"
bench=$BUILD/bench

each_operation() { for name in $("$bench/ops"); do timeout "$LIMIT" "$bench/ops" "$name" 100 || return 1; done; }

expect "bench: every operation whose instructions are counted" each_operation
expect "bench: the cost of a message at 1 to 10,000 streams" timeout "$LIMIT" "$bench/growth" 100
expect "bench: sessions that answer, both libraries" timeout "$LIMIT" "$bench/session" 1 100
exit $failures
