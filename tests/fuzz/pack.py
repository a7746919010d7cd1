#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A corpus as one file: each input after its length in two octets, sorted, so that the same corpus is the same file.
usage: pack.py pack DIRECTORY FILE | pack.py unpack FILE DIRECTORY"""
import hashlib
import pathlib
import sys


def pack(directory, file):
    inputs = sorted({p.read_bytes() for p in pathlib.Path(directory).iterdir()}, key=lambda b: (len(b), b))
    file = pathlib.Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(len(b).to_bytes(2, "big") + b for b in inputs if len(b) < 65536))


def unpack(file, directory):
    octets, at = pathlib.Path(file).read_bytes(), 0
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    while at < len(octets):
        n = int.from_bytes(octets[at:at + 2], "big")
        one = octets[at + 2:at + 2 + n]
        (directory / hashlib.sha1(one).hexdigest()).write_bytes(one)
        at += 2 + n


{"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
