#!/bin/sh
# SPDX-License-Identifier: MIT
# Completion for bash gives what --help names, and files, methods and schemes where they are wanted.
. "$(dirname "$0")/support"
have bash "completion" || exit 0
# usage: completes WANTED WORD...: the last word is being typed
completes() {
    want=$1
    shift
    PATH=$BUILD/bin:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _h2conn "$1"; printf "%s " "${COMPREPLY[@]}"' \
        "$here/../../tools/completion/h2conn.bash" "$@" >"$dir/words"
    cat "$dir/words"
    [ "$(cat "$dir/words")" = "$want " ]
}
expect "completion: an option of h2cat" completes --websocket h2cat --web
expect "completion: options that begin alike" completes '--cacert --cert' h2cat --c
expect "completion: an option of h2dump" completes --json h2dump --j
expect "completion: a method" completes PUT h2cat -X PU
expect "completion: a scheme" completes 'http:// https://' h2cat ht
: >"$dir/certificate.pem"
expect "completion: a file" completes "$dir/certificate.pem" h2cat --cert "$dir/certif"
# Every option of --help is an option.
options() { PATH=$BUILD/bin:$PATH bash -c '. "$0"; _h2conn_options h2cat' "$here/../../tools/completion/h2conn.bash"; }
all() { [ "$(options | wc -l)" -ge 25 ]; }
expect "completion: all options of h2cat" all
[ $failures -eq 0 ]
