# SPDX-License-Identifier: MIT
# Sum a linker map's flash by part of the core.

function hex(s,    n, i) {
    n = 0
    for (i = 3; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
    return n
}

function part(file) {
    sub(/.*\//, "", file)
    if (file ~ /hpack_(decode|int)/) return "HPACK decoder"
    if (file ~ /hpack_(encode)/) return "HPACK encoder"
    if (file ~ /hpack_huffman/) return "Huffman code, both ways"
    if (file ~ /hpack_(static|dynamic|tables)/) return "HPACK tables"
    if (file ~ /h2_(field|request|chars)/) return "checks of header sections"
    if (file ~ /h2_(block|headers)/) return "header blocks, both ways"
    if (file ~ /h2_(priority|schedule)/) return "turns"
    if (file ~ /h2_(timer|ledger)/) return "timeouts, keepalive, abuse"
    if (file ~ /h2_(state|stream|window)/) return "streams, states, windows"
    if (file ~ /h2_/) return "frames, settings, session"
    return "connections (h2conn_core.h)"
}

function add(section, size, file) {
    if (file !~ /\/core\// || section !~ /^\.(text|rodata)/) return
    sum[part(file)] += size
}

/^Linker script and memory map/ { placed = 1 }
!placed { next }
/^ [.C][^ ]*$/ { section = $1; next }
/^ [.C][^ ]* +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.o\)?$/ { add($1, hex($3), $4); next }
/^ +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.o\)?$/ { add(section, hex($2), $3) }

END { for (name in sum) printf "%6d  %s\n", sum[name], name }
