#!/bin/sh
# SPDX-License-Identifier: MIT
# The pages' links lead somewhere; `make docs`: doxygen has nothing to complain about, and every public function has a
# description.
. "$(dirname "$0")/../interop/support"
root=$(cd "$here/../.." && pwd)
# Each link of the pages to a file or a heading leads somewhere.
links() {
    python3 - "$root" <<'PYTHON'
import re, sys
from pathlib import Path

root, bad = Path(sys.argv[1]).resolve(), 0
pages = [root / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md")] + sorted(root.glob("docs/*.md")) + sorted(root.glob("tools/*/README.md"))
anchors = lambda page: {re.sub(r"[^a-z0-9 _-]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", page.read_text(), re.M)}
for page in pages:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            print("%s: %s leads nowhere" % (page.relative_to(root), target))
            bad += 1
sys.exit(bad != 0)
PYTHON
}
if have python3 "docs: links"; then expect "docs: each link leads somewhere" links; fi
have doxygen "docs" || exit 0
have python3 "docs" || exit 0
docs() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -s -C "$root" BUILD="$dir" docs >"$dir/said" 2>&1; got=$?; cat "$dir/said"; [ $got -eq 0 ]; }
expect "docs: no warning, and each function described" docs
quiet() { ! grep -iE 'warning|error:' "$dir/said"; }
expect "docs: nothing else is said" quiet
[ $failures -eq 0 ]
