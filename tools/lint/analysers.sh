#!/bin/sh
# SPDX-License-Identifier: MIT
# Say which analysers are not there.
for tool in gcc clang-tidy cppcheck; do
    command -v $tool >/dev/null || echo "lint: $tool is not installed, its findings are not looked for: apt-get install $tool"
done
