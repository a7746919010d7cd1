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
# The options a tool takes are those of --help, which completion gives, of the man page and of docs/tools.md; what is
# completed by its kind is an option too.
root=$(cd "$here/../.." && pwd)
# usage: taken SOURCE; offered TOOL; in_manual TOOL; in_table TOOL: long options, one a line
taken() { grep -oE '\{"[a-z-]+", (no|required|optional)_argument,' "$1" | sed -E 's/\{"([a-z-]+)".*/--\1/' | sort -u; }
offered() { PATH=$BUILD/bin:$PATH bash -c '. "$0"; _h2conn_options "$1"' "$root/tools/completion/h2conn.bash" "$1" | grep '^--' | sort -u; }
in_manual() { sed -n '/^\.SH.*OPTIONS/,/^\.SH SIGNALS\|^\.SH JSON/p' "$root/tools/man/$1.1" | grep -A1 '^\.TP' | sed 's/\\-/-/g' | grep -oE '(^|[ "])--[a-z-]+' | tr -d ' "' | sort -u; }
in_table() { sed -n "/^## $1\$/,/^## /p" "$root/docs/tools.md" | grep '^| `-' | cut -d '|' -f 2 | grep -oE -e '--[a-z]+' | sort -u; }
# usage: agree TOOL SOURCE
agree() {
    taken "$2" >"$dir/taken" && [ "$(wc -l <"$dir/taken")" -ge 5 ] && offered "$1" | diff "$dir/taken" - &&
        if [ -e "$root/tools/man/$1.1" ]; then in_manual "$1" | diff "$dir/taken" -; fi
}
expect "options: h2cat takes what --help and the man page tell" agree h2cat "$root/tools/h2cat/h2cat_options.c"
expect "options: h2dump takes what --help and the man page tell" agree h2dump "$root/tools/h2dump.c"
expect "options: h2bench takes what --help tells" agree h2bench "$root/tools/h2bench.c"
table() { taken "$root/tools/h2cat/h2cat_options.c" >"$dir/taken" && in_table h2cat | diff "$dir/taken" -; }
expect "options: h2cat takes what docs/tools.md tells" table
kinds() {
    for tool in h2cat h2dump h2bench; do offered "$tool"; done >"$dir/all"
    sed -n '/case \$before in/,/esac/p' "$root/tools/completion/h2conn.bash" | grep -oE -e '--[a-z]+' | sort -u >"$dir/kinds"
    [ -s "$dir/kinds" ] && ! grep -vxFf "$dir/all" "$dir/kinds"
}
expect "options: completion knows no value of an option that is not there" kinds
[ $failures -eq 0 ]
