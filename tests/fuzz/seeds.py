#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the seed inputs of the fuzz targets.  usage: seeds.py DIRECTORY"""
import pathlib
import sys

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST = b"\x82\x86\x84\x01\x01a"


def frame(type, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([type, flags]) + stream.to_bytes(4, "big") + payload


def u32(n):
    return n.to_bytes(4, "big")


def literal(first, name, value):
    """A field line by its first octet; `name` is None for an indexed one."""
    named = b"" if name is None else bytes([len(name)]) + name
    return bytes([first]) + named + bytes([len(value)]) + value


GREETING = frame(SETTINGS, 0, 0) + frame(SETTINGS, 1, 0)
ONE_OF_EACH = {
    "data": frame(HEADERS, 4, 1, REQUEST) + frame(DATA, 0, 1, b"some") + frame(DATA, 9, 1, b"\2more\0\0"),
    "headers": frame(HEADERS, 5, 1, REQUEST + literal(0x40, b"x-a", b"b")) + frame(HEADERS, 5, 3, REQUEST + b"\xbe"),
    "headers-padded": frame(HEADERS, 0x2d, 1, b"\2" + u32(0) + b"\x10" + REQUEST + b"\0\0"),
    "trailers": frame(HEADERS, 4, 1, REQUEST) + frame(HEADERS, 5, 1, literal(0, b"x-sum", b"1")),
    "priority": frame(PRIORITY, 0, 3, u32(1) + b"\xff") + frame(PRIORITY, 0, 1, b"1234"),
    "reset": frame(HEADERS, 4, 1, REQUEST) + frame(RST_STREAM, 0, 1, u32(8)) + frame(DATA, 0, 1, b"late"),
    "settings": frame(SETTINGS, 0, 0, b"\0\1" + u32(0) + b"\0\3" + u32(1) + b"\0\4" + u32(0) + b"\0\5" + u32(16384)
                      + b"\0\6" + u32(100) + b"\0\7" + u32(1)),
    "push": frame(PUSH_PROMISE, 4, 1, u32(2) + REQUEST),
    "ping": frame(PING, 0, 0, b"12345678") + frame(PING, 1, 0, b"12345678"),
    "goaway": frame(HEADERS, 4, 1, REQUEST) + frame(GOAWAY, 0, 0, u32(1) + u32(0) + b"debug"),
    "window": frame(WINDOW_UPDATE, 0, 0, u32(1000)) + frame(HEADERS, 4, 1, REQUEST) + frame(WINDOW_UPDATE, 0, 1, u32(1)),
    "window-zero": frame(HEADERS, 4, 1, REQUEST) + frame(WINDOW_UPDATE, 0, 1, u32(0)),
    "window-overflow": frame(HEADERS, 4, 1, REQUEST) + frame(WINDOW_UPDATE, 0, 1, u32(0x7fffffff)),
    "continuation": frame(HEADERS, 1, 1, REQUEST[:2]) + frame(CONTINUATION, 0, 1) + frame(CONTINUATION, 4, 1, REQUEST[2:]),
    "continuation-torn": frame(HEADERS, 1, 1, REQUEST[:2]) + frame(PING, 0, 0, b"12345678"),
    "priority-update": frame(PRIORITY_UPDATE, 0, 0, u32(1) + b"u=0, i") + frame(HEADERS, 5, 1, REQUEST),
    "unknown": frame(0xfa, 0xff, 7, b"grease"),
    "connect": frame(HEADERS, 4, 1, b"\x02\x07CONNECT" + literal(0x01, None, b"a:1")) + frame(DATA, 1, 1, b"tunnel"),
    "websocket": frame(HEADERS, 4, 1, b"\x02\x07CONNECT" + REQUEST[1:] + literal(0, b":protocol", b"websocket")),
    "length": frame(HEADERS, 4, 1, REQUEST + literal(0x5c, None, b"3")) + frame(DATA, 1, 1, b"four"),
    "malformed": frame(HEADERS, 5, 1, REQUEST + literal(0, b"Upper", b"case")),
    "no-host": frame(HEADERS, 5, 1, REQUEST[:3]),
    "oversize": frame(DATA, 0, 1)[:0] + b"\x00\x40\x01\x00\x00\x00\x00\x00\x01",
    "http1": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
}
ANSWERS = {
    "final": frame(HEADERS, 5, 1, b"\x88"),
    "informational": frame(HEADERS, 4, 3, literal(0x08, None, b"103")) + frame(HEADERS, 4, 3, b"\x88") + frame(DATA, 1, 3, b"ok"),
    "tunnel": frame(HEADERS, 4, 5, b"\x88") + frame(DATA, 0, 5, b"both") + frame(DATA, 1, 5, b"ways"),
    "head": frame(HEADERS, 4, 7, b"\x88" + literal(0x5c, None, b"9")) + frame(DATA, 1, 7),
    "trailers": frame(HEADERS, 4, 3, b"\x88") + frame(HEADERS, 5, 3, literal(0, b"x-sum", b"1")),
    "refused": frame(RST_STREAM, 0, 3, u32(7)) + frame(GOAWAY, 0, 0, u32(1) + u32(0)),
    "push": frame(PUSH_PROMISE, 4, 1, u32(2) + REQUEST),
    "windows": frame(WINDOW_UPDATE, 0, 3, u32(65535)) + frame(SETTINGS, 0, 0, b"\0\4" + u32(0)),
    "http1": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}
BLOCKS = [REQUEST, literal(0x40, b"x-a", b"b") + b"\xbe", b"\x20\x3f\xe1\x1f" + b"\x88", literal(0x10, b"x", b""),
          b"\x00\x81\x07\x81\x07", b"\x7f\x80\x80\x01", literal(0x7e, None, b"y"), b"\x80", b"\x5c\x7f\x00" + b"9" * 127]
URLS = ["http://a", "https://a/", "http://127.0.0.1:8080/p?q#f", "http://[::1]:443/x", "https://u@h/", "http://a:65536/",
        "http://:80/", "ftp://a", "http://A.B-c_d:0", "http://a b/", "http://" + "h" * 255]


def seeds():
    for name, wire in ONE_OF_EACH.items():
        yield "frame", name, wire
        for kind in (0, 4 | 1 | 2, 8 | 4):
            start = b"" if kind & 4 else PREFACE
            greeting = b"" if name == "http1" else start + GREETING
            yield "server", f"{name}-{kind}", bytes([kind]) + greeting + wire
        yield "differential", name, b"\0" + GREETING + wire
        for kind in (1, 3):
            yield "duplex", f"{name}-{kind}", bytes([kind, 8]) + b"\x04\x00\x03\x13\x01\x00\x09\x02" * 2 + PREFACE + GREETING + wire
        # octet 0 of the session's script, then "raw octets" with their number, and all sent
        yield "session", name, bytes([0x21, 0, min(255, len(wire))]) + wire[:255] + bytes([6])
    for name, wire in ANSWERS.items():
        for kind in (0, 9):
            yield "client", f"{name}-{kind}", bytes([kind]) + (b"" if name == "http1" else GREETING) + wire
        yield "duplex", f"answer-{name}", b"\0\x08" + b"\x00\x04\x00\x01\x11\x04\x00\x02" * 2 + GREETING + wire
    for i, block in enumerate(BLOCKS):
        yield "hpack_decode", f"block-{i}", b"\xff\x20\x03" + bytes([len(block) & 255, 0]) + block
        yield "hpack_round", f"block-{i}", b"\x20\x40\x03" + block * 3
    yield "hpack_decode", "all", b"\xff\x20\x00" + b"".join(bytes([len(b) & 255, 0]) + b for b in BLOCKS[:5])
    for i, url in enumerate(URLS):
        yield "url", f"url-{i}", url.encode()
    # octet 0 says how: one direction's octets, then pieces of both with a side and a length before each
    for name, wire in ONE_OF_EACH.items():
        for how in range(4):
            sides = bytes([0, min(255, len(wire))]) + wire[:255] + bytes([1, 9]) + GREETING[:9]
            yield "dump", f"{name}-{how}", bytes([how]) + (sides if how & 1 else PREFACE + GREETING + wire)
    # a text in two fragments, a ping between them, a masked binary, a close
    for how in range(4):
        yield "websocket", f"talk-{how}", bytes([how]) + b"\x01\x02ab\x89\x01p\x80\x01c" + b"\x82\x83\1\2\3\4" + b"xyz" + b"\x88\x02\x03\xe8"
    # open, write, travel, answer, write, end: what programs do, by the numbers of fuzz_joined.c
    for kind in range(8):
        yield "joined", f"talk-{kind}", bytes([kind]) + bytes([4, 0, 0, 0, 255, 3, 255, 5, 0, 0, 255, 1, 255, 2, 4, 1, 99, 9] * 6)


for target, name, octets in seeds():
    directory = pathlib.Path(sys.argv[1]) / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(octets)
