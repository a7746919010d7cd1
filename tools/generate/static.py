#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# The static table of RFC 7541, appendix A, with a perfect hash over its names.
# writes: hpack/hpack_static_table.h

ENTRIES = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
    (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
    (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
    ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
    ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
    ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
    ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
    ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
    ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
    ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""),
    ("www-authenticate", ""),
]
# Fields whose value is seldom sent twice: indexing one would push out an entry that is worth more.
VOLATILE = {
    ":path", "age", "content-length", "content-range", "etag", "if-match", "if-modified-since", "if-none-match",
    "if-range", "if-unmodified-since", "last-modified", "range", "set-cookie",
}
SLOT_BITS = 7
WIDTH = 120


def key(name):
    """What hpack_hash in hpack_string.h multiplies."""
    return len(name) | ord(name[0]) << 8 | ord(name[len(name) // 2]) << 16 | ord(name[-1]) << 24


def slots(names, multiplier):
    """Where each name's first index goes, or None when two names meet."""
    found = [0] * (1 << SLOT_BITS)
    for name, index in names.items():
        slot = (key(name) * multiplier & 0xFFFFFFFF) >> (32 - SLOT_BITS)
        if found[slot]:
            return None
        found[slot] = index
    return found


def main():
    names = {}
    for index, (name, _) in enumerate(ENTRIES, 1):
        names.setdefault(name, index)
    assert max(len(string) for entry in ENTRIES for string in entry) <= 32  # HPACK_SHORT
    assert VOLATILE <= set(names) and len({key(name) for name in names}) == len(names)
    multiplier = FIRST_MULTIPLIER
    while not slots(names, multiplier):
        multiplier += 2
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Written by tools/generate/static.py: the table of RFC 7541, appendix A. */")
    print()
    print("#ifdef H2_SMALL")
    packed()
    print("#else")
    print()
    print("#define HPACK_SLOT_BITS %d" % SLOT_BITS)
    print('_Static_assert(HPACK_HASH_MULTIPLIER == 0x%xu, "the slots are for this multiplier");' % multiplier)
    print()
    print("/* By hash of a name: the first index that has it, or 0. */")
    table("static const uint8_t hpack_static_slots[1 << HPACK_SLOT_BITS]", ["%d" % i for i in slots(names, multiplier)])
    print()
    print("/* Each name and value, and at [index - 1] where they are: offset, octets of the name and of the value. */")
    print("static const char hpack_static_strings[] =")
    offset, entries = 0, []
    names_after = [name for name, _ in ENTRIES[1:]] + [""]
    for name, value in ENTRIES:
        print('    "%s%s"' % (name, value), end=";\n" if len(entries) + 1 == len(ENTRIES) else "\n")
        flags = [flag for flag, holds in (
            ("HPACK_VOLATILE", name in VOLATILE), ("HPACK_CONTINUED", name == names_after[len(entries)])) if holds]
        entries.append("{%d, %d, %s}" % (offset, len(name), " | ".join(["%d" % len(value)] + flags)))
        offset += len(name) + len(value)
    print()
    table("static const hpack_static_entry hpack_static_entries[HPACK_STATIC_COUNT]", entries)
    print()
    print("#endif")


def packed():
    print()
    print("/* Each entry: an octet with the length of its name, 0 for that of the entry before, and flags; with")
    print(" * HPACK_VALUED an octet with the length of its value; the strings. */")
    print("static const char hpack_static_packed[] =")
    before = None
    for at, (name, value) in enumerate(ENTRIES):
        again = name == before
        flags = 0x80 * (name in VOLATILE) | 0x40 * (value != "")
        length = "\\%03o" % len(value) if value else ""
        print('    "\\%03o%s" "%s%s"' % (flags | (0 if again else len(name)), length, "" if again else name, value),
              end=";\n" if at + 1 == len(ENTRIES) else "\n")
        before = name
    print()


def table(head, items):
    print(head + " = {")
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > WIDTH:
            print(line)
            line = "   "
        line += " " + item + ","
    print(line)
    print("};")


# The search begins where it once ended, so that writing the table takes no time.
FIRST_MULTIPLIER = 0x9E3BE0F1

main()
