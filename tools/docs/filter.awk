# SPDX-License-Identifier: MIT
# The headers' plain comments as doxygen wants them: one that heads a file or precedes a declaration, one behind a member
# on its line, and one that stands for all the declarations up to the next blank line.
function mark(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/@/, "\\@", text)
    gsub(/</, "\\<", text)
    gsub(/#/, "\\#", text)
    return text
}
/^#/ { print; directive = /\\$/; next }
directive { print; directive = /\\$/; next }
/SPDX-License-Identifier/ { print ""; next }
/^\/\* ----.*---- \*\/$/ { print ""; comment = ""; next }
# A comment of its own line or lines.
!inside && /^ *\/\*/ {
    first = $0
    sub(/\/\*/, headed || $0 !~ /^\/\*$/ ? "/**" : "/** @file\n *", first)
    if ($0 ~ /^\/\*$/) headed = 1
    inside = 1
    again = 0
    line = first
    if (line ~ /\*\//) inside = 0
    sub(/\/\*\*/, "\001", line); line = mark(line); sub(/\001/, "/**", line)
    sub(/\\@file/, "@file", line)
    comment = line
    print line
    next
}
inside {
    line = mark($0)
    comment = comment "\n" line
    print line
    if (/\*\//) inside = 0
    next
}
/^$/ { comment = ""; print; next }
# A declaration behind another, under the same comment.
/^[a-z].*[;,]$/ && again && comment != "" && /\(/ { print comment }
{
    again = /;$/
    if (match($0, /\/\*/)) {
        code = substr($0, 1, RSTART - 1)
        rest = substr($0, RSTART + 2)
        if (rest !~ /\*\/.*[^ ]/) {
            if (rest !~ /\*\//) inside = 1
            print code "/**<" mark(rest)
            next
        }
    }
    print
}
