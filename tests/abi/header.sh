#!/bin/bash
# SPDX-License-Identifier: MIT
# The public headers compile without a warning in each language they are for, by
# gcc and by clang, each of them alone too; and what applications are compiled
# with has the layout that header_use.c says, which leaves nothing out.
# usage: header.sh INCLUDE_DIR DOCS_DIR AWK
set -euo pipefail

include=$1 docs=$2 awk=$3
here=$(dirname "$0")
source=$here/header_use.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -pedantic -Werror -Wundef -Wcast-qual -fsyntax-only
	-I"$include")

fail() {
	echo "header: $*" >&2
	exit 1
}
compiles() { # COMPILER STANDARD FILE [FLAG]...
	local compiler=$1 standard=$2 file=$3 language=c

	[[ $standard != c++* ]] || language=c++
	"$compiler" -std="$standard" -x "$language" "${flags[@]}" "${@:4}" "$file"
}
covered() { # FILE: fail and tell which fields and constants are not in it
	local item missing=0

	while read -r item; do
		grep -qF "$item" "$1" && continue
		echo "not in header_use.c: $item ...)" >&2
		missing=1
	done <"$work/items"
	return "$missing"
}

for tool in gcc g++ clang clang++; do
	command -v $tool >/dev/null || fail "needs $tool: install it"
done
for header in "$include"/hugepersist/*.h; do
	name=${header##*/}
	echo "#include <hugepersist/$name>" >"$work/only-$name.c"
	echo "typedef int not_empty;" >>"$work/only-$name.c"
done
for pair in gcc,c99 gcc,c11 gcc,c17 clang,c99 clang,c11 clang,c17 \
	g++,c++11 g++,c++20 clang++,c++11 clang++,c++20; do
	for file in "$source" "$work"/only-*.c; do
		compiles "${pair%,*}" "${pair#*,}" "$file"
	done
	echo "$pair: clean"
done

"$awk" -f "$docs/parse.awk" -f "$here/items.awk" "$include"/hugepersist/*.h \
	>"$work/items"
covered "$source"
echo "$(wc -l <"$work/items") sizes, fields and constants are as released"

# Controls: what this looks for, it finds.
for broken in -DHP_BREAK_LAYOUT -DHP_REGIONS_MAX=1; do
	if compiles gcc c11 "$source" $broken 2>/dev/null; then
		fail "not noticed: $broken"
	fi
done
grep -v 'hp_region_opts, label' "$source" >"$work/less.c"
if covered "$work/less.c" 2>/dev/null; then
	fail "a field without a line in header_use.c is not noticed"
fi
