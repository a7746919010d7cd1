#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# The tables of the Huffman code of RFC 7541, appendix B. The code is canonical, so the lengths say all.
# writes: hpack/hpack_huffman_table.h

LENGTHS = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28,
    28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
    23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19,
    22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
    27, 27, 27, 26, 30,
]
EOS = 256
PAIR_BITS = 12
WIDTH = 120


def main():
    assert len(LENGTHS) == EOS + 1 and sum(2**-n for n in LENGTHS) == 1
    order = sorted(range(EOS + 1), key=lambda s: (LENGTHS[s], s))
    codes, rows = canonical(order)
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Written by tools/generate/huffman.py: the code of RFC 7541, appendix B. */")
    print()
    print("/* The octets by length of code, then by value. EOS would follow as rank 256. */")
    table("static const uint8_t hpack_huffman_symbols[256]", ["%d" % s for s in order[:EOS]])
    print()
    print("#ifdef H2_SMALL")
    print("/* The symbols with codes of each length, from one bit on. */")
    lengths = range(1, max(LENGTHS) + 1)
    table("static const uint8_t hpack_huffman_counts[]", ["%d" % LENGTHS.count(n) for n in lengths])
    print("#else")
    print("/* One row a code length: the first code of that length, the length, the rank of its symbol. */")
    table("static const hpack_huffman_row hpack_huffman_rows[]", ["{0x%x, %d, %d}" % row for row in rows])
    print()
    pairs = list(first_bits(order, codes))[::-1]
    print("/* For every complement of the next bits: 64 * the symbols that are whole, at most two, + the bits of these. */")
    print("#define HPACK_PAIR_BITS %d" % PAIR_BITS)
    table("static const uint8_t hpack_huffman_steps[1 << HPACK_PAIR_BITS]", ["%d" % step for _, _, step in pairs])
    print()
    print("/* And these symbols. */")
    symbols = ["{%d, %d}" % pair[:2] for pair in pairs]
    table("static const uint8_t hpack_huffman_pairs[1 << HPACK_PAIR_BITS][2]", symbols)
    print()
    print("/* For each octet, its code aligned on the left and, in the lowest octet, the bits of that. */")
    table("static const uint64_t hpack_huffman_codes[256]",
          ["0x%x" % (codes[s] << (64 - LENGTHS[s]) | LENGTHS[s]) for s in range(EOS)])
    print("#endif")


def canonical(order):
    codes, rows, code, bits = {}, [], 0, 0
    for rank, symbol in enumerate(order):
        if LENGTHS[symbol] > bits:
            code <<= LENGTHS[symbol] - bits
            bits = LENGTHS[symbol]
            rows.append((code, bits, rank))
        codes[symbol] = code
        code += 1
    return codes, rows


def first_bits(order, codes):
    """(symbol, symbol, 64 * count + bits) for each value of the next PAIR_BITS bits."""
    whole = {}
    for symbol in order:
        n = LENGTHS[symbol]
        if n <= PAIR_BITS:
            for rest in range(1 << (PAIR_BITS - n)):
                whole[codes[symbol] << (PAIR_BITS - n) | rest] = symbol
    mask = (1 << PAIR_BITS) - 1
    for value in range(mask + 1):
        first = whole.get(value)
        if first is None:
            yield 0, 0, 0
            continue
        used = LENGTHS[first]
        second = whole.get(value << used & mask)
        if second is None or used + LENGTHS[second] > PAIR_BITS:
            yield first, 0, 64 + used
        else:
            yield first, second, 128 + used + LENGTHS[second]


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


main()
