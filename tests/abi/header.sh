#!/bin/bash
# SPDX-License-Identifier: MIT
# Each public header compiles by itself, without a warning, in each language that
# it is for, by gcc and by clang.
# usage: header.sh INCLUDE_DIR
set -euo pipefail

include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -pedantic -Werror -Wundef -Wcast-qual -fsyntax-only)

fail() {
	echo "header: $*" >&2
	exit 1
}
compiles() { # COMPILER STANDARD FILE INCLUDE_DIR
	local language=c

	[[ $2 != c++* ]] || language=c++
	"$1" -std="$2" -x "$language" "${flags[@]}" -I"$4" "$3"
}

for tool in gcc g++ clang clang++; do
	command -v $tool >/dev/null || fail "needs $tool: install it"
done
for header in "$include"/hugepersist/*.h; do
	name=${header##*/}
	echo "#include <hugepersist/$name>" >"$work/$name.c"
	echo "typedef int not_empty;" >>"$work/$name.c"
done
for pair in gcc,c99 gcc,c11 gcc,c17 clang,c99 clang,c11 clang,c17 \
	g++,c++11 g++,c++20 clang++,c++11 clang++,c++20; do
	for file in "$work"/*.c; do
		compiles "${pair%,*}" "${pair#*,}" "$file" "$include"
	done
	echo "$pair: clean"
done

# Control: a declaration of an older C is noticed.
mkdir -p "$work/old/hugepersist"
sed 's/^int hp_session_seal(.*/int hp_session_seal();/' \
	"$include/hugepersist/hugepersist.h" >"$work/old/hugepersist/hugepersist.h"
flags+=(-Wstrict-prototypes)
if compiles gcc c11 "$work/hugepersist.h.c" "$work/old" 2>/dev/null; then
	fail "a declaration without parameters is not noticed"
fi
