#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the core as one source file and one header: amalgamate.py DIRECTORY

The header is every header that h2conn_core.h and h2conn_message.h need, in the order of need; the source is the other
headers, then the sources. File-scope names that two sources have in common get their file's name in front in the
amalgamation; macros of a source end with it.
"""

import glob
import os
import re
import sys

LAYERS = ["hpack", "h2", "conn"]
ROOTS = ["hpack/hpack.h", "h2/h2.h", "h2/h2_storage.h", "conn/h2conn_core.h", "conn/h2conn_message.h"]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)[^\n]*\n', re.M)
# Definitions at file scope begin in the first column.
FUNCTION = re.compile(r"^static [^\n;={]*?\b(\w+)\(", re.M)
OBJECT = re.compile(r"^static [^\n;({]*?\b(\w+)(?:\[[^\n]*?\])*(?: =|;)", re.M)
TAG = re.compile(r"^(?:typedef )?(?:struct|enum|union) (\w+) \{", re.M)
ENUM = re.compile(r"^(?:typedef )?enum(?: \w+)? \{([^}]*)\}", re.M)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?:->|\.)[ \t]*\w+|\b[A-Za-z_]\w*', re.S)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def find_header(name):
    for layer in LAYERS:
        path = f"{layer}/{name}"
        if os.path.exists(path):
            return path
    raise SystemExit(f"amalgamate: nobody has {name}")


def local_includes(text):
    """The headers a text includes, but tables: those stay where they are included."""
    return [find_header(quoted) for quoted, _ in INCLUDE.findall(text) if quoted and not quoted.endswith("_table.h")]


def system_includes(paths):
    names = {angled for path in paths for _, angled in INCLUDE.findall(read(path)) if angled}
    return "".join(f"#include <{name}>\n" for name in sorted(names))


def in_order(paths, placed):
    """The headers of `paths` and all they include, each after what it needs, without those in `placed`."""
    order = []

    def visit(path):
        if path in placed or path in order:
            return
        for needed in local_includes(read(path)):
            visit(needed)
        if path not in order:
            order.append(path)

    for path in paths:
        visit(path)
    return order


def names_of(text):
    names = set(FUNCTION.findall(text)) | set(OBJECT.findall(text)) | set(TAG.findall(text))
    for members in ENUM.findall(text):
        bare = re.sub(r"/\*.*?\*/|=[^,]*", "", members, flags=re.S)
        names |= set(re.findall(r"\w+", bare))
    return names


def rename(text, names, prefix):
    def replace(match):
        token = match.group(0)
        return f"{prefix}_{token}" if token in names else token

    return TOKEN.sub(replace, text)


def body(path):
    def in_place(match):
        quoted = match.group(1)
        return body(find_header(quoted)) + "\n" if quoted and quoted.endswith("_table.h") else ""

    text = INCLUDE.sub(in_place, read(path))
    return re.sub(r"^/\* SPDX-License-Identifier: MIT \*/\n", "", text).strip("\n")


def section(path, text):
    return f"\n/* ---- {path} ---- */\n\n{text}\n"


def main():
    out = sys.argv[1]
    sources = [path for layer in LAYERS for path in sorted(glob.glob(f"{layer}/*.c")) if "/posix_" not in path]
    public = in_order(ROOTS, [])
    private = in_order([header for path in sources for header in local_includes(read(path))], public)
    owners = {}
    for path in sources:
        for name in names_of(read(path)):
            owners.setdefault(name, []).append(path)
    shared = {name for name, paths in owners.items() if len(paths) > 1}

    head = "/* SPDX-License-Identifier: MIT */\n"
    header = head + "#ifndef H2CONN_AMALGAMATION_H\n#define H2CONN_AMALGAMATION_H\n\n"
    header += "/* The core of h2conn, one file: made by `make amalgamation`. */\n\n" + system_includes(public)
    header += "".join(section(path, body(path)) for path in public) + "\n#endif\n"

    source = head + "/* The core of h2conn, one file: made by `make amalgamation`. */\n\n"
    source += '#include "h2conn.h"\n' + system_includes(private + sources)
    source += "".join(section(path, body(path)) for path in private)
    for path in sources:
        text = body(path)
        prefix = os.path.basename(path)[:-2]
        mine = {name for name in shared if path in owners[name]}
        macros = sorted(set(MACRO.findall(text)))
        source += section(path, rename(text, mine, prefix))
        source += "".join(f"#undef {name}\n" for name in macros)

    os.makedirs(out, exist_ok=True)
    for name, text in (("h2conn.h", header), ("h2conn.c", source)):
        with open(f"{out}/{name}", "w", encoding="ascii") as file:
            file.write(text)


main()
