#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make install` puts down is enough to build with: pkg-config, CMake, C++; and what it does not is not needed.
. "$(dirname "$0")/../interop/support"
root=$(cd "$here/../.." && pwd)
[ -z "${SAN-}" ] || { skip "install: a sanitizer's build is not installed"; exit 0; }
# The variables of a make above this one are its own.
make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -s -C "$root" BUILD="$BUILD" "$@"; }
cc=${CC:-cc}
prefix=$dir/usr
version=$(sed -n 's/^#define H2CONN_VERSION *"\(.*\)"$/\1/p' "$root/conn/h2conn.h")
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"

# What a header changes is compiled again, whichever way the folder was named when it was compiled before.
# usage: afresh BUILD: how many objects of the shared library that would be
afresh() { make -n -W h2/h2_state.h BUILD="$1" shared | grep -c ' -fPIC .*\.c$'; }
tracked() {
    make shared BUILD="$BUILD" && many=$(afresh "$BUILD") && [ "$many" -ge 5 ] &&
        { [ "$BUILD" != "$root/${BUILD#"$root"/}" ] || [ "$(afresh "${BUILD#"$root"/}")" -eq "$many" ]; }
}
expect "install: a changed header is noticed, whichever way the folder is named" tracked

# Examples whose libraries a system lacks are left out: this compiler finds none of those.
lacking() {
    mkdir -p "$dir/lacking/event2" || return 1
    for header in event2/event.h jansson.h cbor.h pb_encode.h ncurses.h; do echo '#error not there' >"$dir/lacking/$header"; done
    make -n all BUILD="$dir/build" CC="$cc -isystem $dir/lacking" >"$dir/plan" || return 1
    grep '^echo.*left out' "$dir/plan" && grep -q 'LD  .*/echo_server' "$dir/plan" && ! grep -E ' -o [^ ]*/(own_libevent|json_|cbor_|grpc_|chat_)' "$dir/plan" &&
        grep -q 'left out.*: cbor_client cbor_server chat grpc_client grpc_server json_client json_server own_libevent"' "$dir/plan"
}
expect "install: without a library the examples that need it are left out" lacking

expect "install: make install PREFIX" make install PREFIX="$prefix"
installed() { (cd "$1" && find . ! -type d | sort); }
staged() {
    make install PREFIX=/opt/h2conn DESTDIR="$dir/stage" && [ "$(ls "$dir/stage")" = opt ] &&
        [ "$(installed "$dir/stage/opt/h2conn")" = "$(installed "$prefix")" ] &&
        grep -qx 'prefix=/opt/h2conn' "$dir/stage/opt/h2conn/lib/pkgconfig/h2conn.pc" && ! grep -rq "$dir" "$dir/stage/opt/h2conn/lib/pkgconfig"
}
expect "install: DESTDIR stages the same files and is named in none" staged

# ---- headers ----
for header in "$prefix"/include/h2conn/*.h; do
    name=$(basename "$header")
    echo "#include \"$name\"" >"$dir/one.cc"
    printf '#include "%s"\nextern int one;\n' "$name" >"$dir/one.c"
    expect "install: $name alone, as C" "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$prefix/include/h2conn" "$dir/one.c"
    command -v c++ >/dev/null &&
        expect "install: $name alone, as C++" c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$prefix/include/h2conn" "$dir/one.cc"
done
have c++ "install: headers as C++"

# ---- the shared library ----
library=$prefix/lib/libh2conn.so.$version
exports() { nm -D --defined-only "$library" | awk '$2 == "T" {sub("@.*", "", $3); print $3}' | sort; }
# Each function of the headers, by another way than the build's: what doxygen or a reader would see as one.
declared() {
    sed -E ':a; s|/\*.*\*/||; /\/\*/{N; ba}' "$prefix"/include/h2conn/*.h | grep -v '^ *#' | grep -v '^typedef' |
        sed -nE 's/^[a-z][A-Za-z0-9_ *]*[ *]((h2conn|h2tls|h2|hpack)_[a-z0-9_]+)\(.*/\1/p' | grep -vx 'hpack_decoder_overflowed' | sort -u
}
same_symbols() { exports >"$dir/exports" && declared | diff - "$dir/exports"; }
expect "install: the shared library exports what the headers declare, and nothing else" same_symbols
data() { ! nm -D --defined-only "$library" | awk '$2 ~ /[BDGS]/' | grep .; }
expect "install: it exports no data" data
soname() { readelf -d "$library" | grep -q "SONAME.*\[libh2conn.so.${version%.*}\]"; }
expect "install: its soname has the version that may change the interface" soname

# ---- programs ----
# usage: talks SERVER CLIENT: the echo examples, built somewhere
talks() {
    start "$1" http://127.0.0.1:0 || return 1
    [ "$(timeout "$LIMIT" "$2" "http://$url")" = "$(printf 'one\ntwo\nthree')" ]
}
# usage: build DIR PKG-CONFIG-OPTION...
build() {
    out=$1
    shift
    mkdir -p "$out"
    for program in echo_server echo_client; do
        # shellcheck disable=SC2046 # a list of words
        "$cc" -std=c11 -o "$out/$program" "$root/tools/examples/$program.c" $(pkg-config --cflags h2conn) "$@" || return 1
    done
}
shared() { build "$dir/shared" $(pkg-config --libs h2conn) "-Wl,-rpath,$prefix/lib" && ldd "$dir/shared/echo_client" | grep -q "$prefix/lib/libh2conn.so"; }
static() {
    build "$dir/static" "$prefix/lib/libh2conn.a" $(pkg-config --libs --static h2conn | sed 's/-lh2conn//') && ! ldd "$dir/static/echo_client" | grep -q h2conn
}
core() {
    cat >"$dir/core.c" <<'C'
#include "h2conn_core.h"
#include <stdio.h>
H2CONN_CORE_STORAGE(device, false, 2, 1024, 16, 512, 256, 256, 512, 512, 512);
int main(void) {
    static h2conn_core core;
    h2conn_transport nowhere = {0};
    printf("%d\n", h2conn_core_init(&core, &device_storage, &nowhere, NULL, NULL) == H2CONN_OK);
    return 0;
}
C
    # shellcheck disable=SC2046 # a list of words
    "$cc" -std=c11 -o "$dir/core" "$dir/core.c" $(pkg-config --cflags --libs h2conn-core) && [ "$("$dir/core")" = 1 ]
}
if have pkg-config "install: pkg-config"; then
    expect "install: the version of pkg-config is the header's" test "$(pkg-config --modversion h2conn)" = "$version"
    expect "install: echo builds with pkg-config and the shared library" shared
    expect "install: and talks" talks "$dir/shared/echo_server" "$dir/shared/echo_client"
    expect "install: echo builds with pkg-config and the archive" static
    expect "install: and talks" talks "$dir/static/echo_server" "$dir/static/echo_client"
    expect "install: a session in static memory builds with h2conn-core" core
fi

cmake_build() {
    mkdir -p "$dir/cmake" && cat >"$dir/cmake/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(h2conn ${version%.*} REQUIRED)
add_executable(echo_server $root/tools/examples/echo_server.c)
target_link_libraries(echo_server h2conn::h2conn)
add_executable(echo_client $root/tools/examples/echo_client.c)
target_link_libraries(echo_client h2conn::static)
add_executable(core $dir/core.c)
target_link_libraries(core h2conn::core)
CMAKE
    cmake -S "$dir/cmake" -B "$dir/cmake/build" -DCMAKE_PREFIX_PATH="$1" -DCMAKE_C_COMPILER="$cc" && cmake --build "$dir/cmake/build"
}
too_new() {
    sed -i "s/find_package(h2conn [0-9.]*/find_package(h2conn 99.0/" "$dir/cmake/CMakeLists.txt"
    ! cmake -S "$dir/cmake" -B "$dir/cmake/new" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc"
}
if have cmake "install: CMake"; then
    expect "install: echo builds with find_package" cmake_build "$prefix"
    expect "install: and talks" talks "$dir/cmake/build/echo_server" "$dir/cmake/build/echo_client"
    rm -rf "$dir/cmake/build"
    expect "install: find_package in a tree that was moved" cmake_build "$dir/stage/opt/h2conn"
    expect "install: find_package refuses another version" too_new
fi

expect "install: h2cat runs from there" test "$("$prefix/bin/h2cat" --version)" = "h2cat $version"
gone() { make uninstall PREFIX="$prefix" && [ -z "$(installed "$prefix")" ]; }
expect "install: uninstall leaves no file" gone
# Everything that is to be built is in the archive.
dist() {
    make dist && tar -xzf "$BUILD/h2conn-$version.tar.gz" -C "$dir" && make -C "$dir/h2conn-$version" BUILD=build -n all shared >"$dir/plan" &&
        grep -q 'LD  build/bin/h2cat' "$dir/plan"
}
if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then expect "install: make dist" dist; else skip "install: make dist needs git and a checkout"; fi
# Where there is no git, that is what is said.
gitless() {
    mkdir "$dir/gitless" && ln -s /usr/bin/* /bin/* "$dir/gitless/" 2>/dev/null
    rm -f "$dir/gitless/git"
    ! PATH=$dir/gitless make dist >"$dir/said" 2>&1 && grep -qx 'make dist packs the last commit: it needs git and a checkout' "$dir/said"
}
expect "install: make dist without git says that it needs git" gitless
[ $failures -eq 0 ]
