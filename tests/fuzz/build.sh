#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the fuzz targets as OSS-Fuzz does: with its compiler and flags from the environment, into $OUT, each with its
# seeds, corpus and dictionary beside it. Outside, clang and libFuzzer are taken.
#   CC CFLAGS LIB_FUZZING_ENGINE OUT WORK
# SMALL=1: the small profile (H2_SMALL) of the targets that it has.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
CC=${CC:-clang}
CFLAGS=${CFLAGS:--g -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all}
LIB_FUZZING_ENGINE=${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}
OUT=${OUT:-build/fuzz}
WORK=${WORK:-$OUT/work}
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Ihpack -Ih2 -Iconn -Itools/common -Itools/h2dump -Itests/support -Itests/fuzz"
[ -z "${SMALL-}" ] || flags="$flags -DH2_SMALL"
mkdir -p "$OUT" "$WORK"

objects=
for source in hpack/*.c h2/*.c conn/conn_*.c tests/support/invariants.c tests/fuzz/wire.c; do
    object=$WORK/$(echo "$source" | tr / _).o
    # shellcheck disable=SC2086 # lists of flags
    $CC $CFLAGS $flags -c -o "$object" "$source"
    objects="$objects $object"
done

python3 tests/fuzz/seeds.py "$WORK/seeds"
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    target=${name#fuzz_}
    mutator= libraries= sources= dict=tests/fuzz/h2.dict
    case ${SMALL-}$target in
    1frame | 1dump | 1differential) continue ;;
    esac
    case $target in
    server | client | duplex) mutator=tests/fuzz/mutate_wire.c ;;
    hpack_decode) mutator=tests/fuzz/mutate_block.c ;;
    differential) mutator=tests/fuzz/mutate_wire.c libraries=-lnghttp2 ;;
    url) dict=tests/fuzz/url.dict ;;
    dump) mutator=tests/fuzz/mutate_wire.c sources="tools/h2dump/*.c tools/common/tool_frame.c" ;;
    esac
    # The mutator is libFuzzer's.
    case $LIB_FUZZING_ENGINE in *-fsanitize=fuzzer*) ;; *) mutator= ;; esac
    # shellcheck disable=SC2086
    $CC $CFLAGS $flags -o "$OUT/$name" "$source" $mutator $sources $objects $LIB_FUZZING_ENGINE $libraries
    cp "$dict" "$OUT/$name.dict"
    [ -f "tests/fuzz/corpus/$target.pack" ] && python3 tests/fuzz/pack.py unpack "tests/fuzz/corpus/$target.pack" "$WORK/seeds/$target"
    [ -d "tests/fuzz/regressions/$target" ] && cp tests/fuzz/regressions/"$target"/* "$WORK/seeds/$target"
    rm -f "$OUT/${name}_seed_corpus.zip"
    python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "$WORK/seeds/$target"
done
