#!/bin/sh
# SPDX-License-Identifier: MIT
# The same inputs to the small profile (H2_SMALL).
SMALL=1 BUILD=${BUILD:-build}/small exec "$(dirname "$0")/replay.sh"
