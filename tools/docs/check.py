# SPDX-License-Identifier: MIT
# Every function of the public headers has a description in doxygen's XML.
# usage: check.py XML-FOLDER
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

bare, seen = set(), set()
for path in Path(sys.argv[1]).glob("*_8h.xml"):
    for member in ET.parse(path).iter("memberdef"):
        if member.get("kind") != "function":
            continue
        name = member.findtext("name")
        seen.add(name)
        text = "".join("".join(member.find(tag).itertext()) for tag in ("briefdescription", "detaileddescription"))
        if not text.strip():
            bare.add(name)
if bare or not seen:
    sys.exit("no description: " + (", ".join(sorted(bare)) or "no function at all"))
print("%d functions, each with a description" % len(seen))
