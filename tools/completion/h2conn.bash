# SPDX-License-Identifier: MIT
# Completion for bash: of h2cat, h2dump and h2bench. The options are those that --help names.

_h2conn_options() {
    "$1" --help 2>/dev/null | sed -nE 's/^ +(-[a-zA-Z]), (--[a-z-]+).*/\1\n\2/p; s/^ +(--[a-z-]+).*/\1/p' | sort -u
}

_h2conn() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $before in
    --respond | --cacert | --cert | --key | --record | --unix) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    --exec) mapfile -t COMPREPLY < <(compgen -c -- "$word") && return ;;
    -X | --method) mapfile -t COMPREPLY < <(compgen -W 'GET POST PUT DELETE HEAD OPTIONS' -- "$word") && return ;;
    --tcp) mapfile -t COMPREPLY < <(compgen -A hostname -S : -- "$word") && return ;;
    --from) mapfile -t COMPREPLY < <(compgen -W 'client server' -- "$word") && return ;;
    -H | --header | --timeout | --ping | --drain | -d | --data) return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$(_h2conn_options "$1")" -- "$word") ;;
    h*) mapfile -t COMPREPLY < <(compgen -W 'http:// https://' -- "$word") ;;
    esac
    if [[ $1 == *h2dump && $word != -* ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
}

complete -o nospace -o filenames -F _h2conn h2cat h2dump h2bench
