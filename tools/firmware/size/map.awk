# SPDX-License-Identifier: MIT
# Sum a linker map by kind of memory and by whose it is. Prints: core text, core data, core bss, program text, C library
# text, compiler's helpers text.

function hex(s,    n, i) {
    n = 0
    for (i = 3; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
    return n
}

function owner(file) {
    if (file ~ /libgcc\.a/) return "helpers"
    if (file ~ /freestanding\/string\.o/) return "libc"
    return file ~ /\/core\/|\.ltrans/ ? "core" : "program" # the latter is what -flto makes of the core
}

function add(section, size, file) {
    kind = section ~ /^\.bss|^COMMON/ ? "bss" : section ~ /^\.data|^\.sdata/ ? "data" : "text"
    if (section !~ /^\.(text|rodata|srodata|data|sdata|bss|sbss|ARM\.ex|init|fini)|^COMMON/) return
    if (section ~ /^\.sbss/) kind = "bss"
    sum[owner(file), kind] += size
}

/^Linker script and memory map/ { placed = 1 }
!placed { next }
/^ [.C][^ ]*$/ { section = $1; next }
/^ [.C][^ ]* +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.o\)?$/ { add($1, hex($3), $4); next }
/^ +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.o\)?$/ { add(section, hex($2), $3) }

END {
    printf "%d %d %d %d %d %d\n", sum["core", "text"], sum["core", "data"], sum["core", "bss"],
        sum["program", "text"], sum["libc", "text"], sum["helpers", "text"]
}
