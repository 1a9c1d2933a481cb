#!/bin/sh
# Compiles the core and its tests for other systems with zig (PyPI: ziglang) and runs them where a
# stand-in for the system is there: arm64 under qemu-user, Windows under wine. Their pictures must be
# those of this machine, bit by bit. For macOS it compiles and links only: nothing here runs that.
#     src/core/tests/other_systems.sh [TARGET...]       # e.g. aarch64-linux-musl
# It needs x86-64 Linux; on Debian: apt-get install qemu-user wine wine64. PYTHON is one with ziglang.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# A Windows of its own, so that nobody's is touched, unless one is given.
export WINEPREFIX="${WINEPREFIX:-$out/wine}" WINEDEBUG=-all
[ $# -gt 0 ] || set -- x86_64-linux-gnu.2.17 x86_64-linux-musl aarch64-linux-gnu.2.17 aarch64-linux-musl \
    x86_64-windows-gnu aarch64-macos x86_64-macos

# compile TARGET: as src/core/CMakeLists.txt does
compile() {
    flags="-O2 -std=c++17 -Wall -Wextra -ffp-contract=off -Wno-psabi -Iinclude -Isrc -Imaps -Itests -pthread"
    sources="src/aperture.cpp src/memory.cpp src/pool.cpp src/kernel_portable.cpp tests/*.cpp"
    objects=
    avx2=
    # qemu-user loses its own threads when a program with threads forks.
    case $1 in x86_64-*) avx2=-DDEFOCUS_HAS_AVX2 ;; aarch64-linux-*) flags="$flags -DDEFOCUS_CAN_FORK=0" ;; esac
    # shellcheck disable=SC2086
    for source in $sources src/renderer.cpp ${avx2:+src/kernel_avx2.cpp}; do
        object=$out/$(basename "$source" .cpp).o
        more=
        case $source in src/renderer.cpp) more=$avx2 ;; src/kernel_avx2.cpp) more='-mavx2 -mf16c' ;; esac
        "$python" -m ziglang c++ -target "$1" $flags $more -c "$source" -o "$object"
        objects="$objects $object"   # the kernel for AVX2 comes last
    done
    # shellcheck disable=SC2086
    "$python" -m ziglang c++ -target "$1" -pthread $objects -o "$out/core_tests.exe"
}

status=0
expected=
for target in "$@"; do
    compile "$target"
    case $target in
        x86_64-linux-*) run= ;;
        aarch64-linux-*) run=qemu-aarch64; case $target in *-gnu*) run="$run -L ${ARM64_LIBRARIES:-/usr/aarch64-linux-gnu}" ;; esac ;;
        x86_64-windows-*) run=wine ;;
        *) echo "$target: compiled and linked, not run"; continue ;;
    esac
    if [ -n "$run" ] && ! command -v "${run%% *}" >/dev/null; then
        echo "$target: compiled and linked, not run: ${run%% *} is not here"
        continue
    fi
    # shellcheck disable=SC2086
    if ! $run "$out/core_tests.exe" >"$out/said" 2>&1; then
        cat "$out/said"; echo "$target: the tests FAIL"; status=1; continue
    fi
    pictures=$(tr -d '\r' <"$out/said" | sed -n 's/^pictures //p')
    tests=$(sed -n 's/,.*faults.*//p' "$out/said")
    expected=${expected:-$pictures}
    echo "$target: $tests pass, pictures $pictures"
    [ "$pictures" = "$expected" ] || { echo "$target: the pictures DIFFER from $expected"; status=1; }
done
exit $status
