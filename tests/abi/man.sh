#!/bin/bash
# SPDX-License-Identifier: MIT
# There is a man page for every function of the symbol map and for nothing else,
# an overview for every header, and all of them are free of warnings.
# usage: man.sh INCLUDE_DIR MAP MAN_DIR DOCS_DIR AWK
set -euo pipefail

include=$1 map=$2 man=$3 docs=$4 awk=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "man: $*" >&2
	exit 1
}
same() { # WHAT ONE OTHER
	diff <(echo "$2") <(echo "$3") && return
	echo "$1 differ: '<' is only in the first, '>' only in the second" >&2
	return 1
}
in_map() {
	# shellcheck disable=SC2086 # one map a library
	sed -n 's/^[[:space:]]*\(hp_[a-z0-9_]*\);.*/\1/p' $map | sort
}
pages() { # DIR: names of section 3, as the files and as the pages say
	local page

	for page in "$1"/man3/*.3; do
		basename "$page" .3
	done | sort >"$work/files"
	sed -n '/^\.SH NAME$/{n;s/ .*//p}' "$1"/man3/*.3 | sort >"$work/names"
	same "file names and NAME" "$(cat "$work/files")" \
		"$(cat "$work/names")" >&2 && cat "$work/files"
}
generate() { # INCLUDE_DIR OUT
	mkdir -p "$2/man3" "$2/man7"
	"$awk" -v out="$2" -v extra="$docs/hugepersist.7.txt" \
		-f "$docs/parse.awk" -f "$docs/pages.awk" "$1"/hugepersist/*.h
}
lint() { # PAGE...
	local page complaints=0

	mandoc -Tlint -W warning "$@" || complaints=1
	for page; do
		LC_ALL=C.UTF-8 groff -man -Tutf8 -ww -z "$page" 2>&1
	done | grep . && complaints=1
	return "$complaints"
}

for tool in mandoc groff; do
	command -v "$tool" >/dev/null ||
		fail "needs $tool: install the Debian packages mandoc and groff-base"
done

echo "== names"
mapped=$(in_map)
paged=$(pages "$man")
same "map and man pages" "$mapped" "$paged"
for header in "$include"/hugepersist/*.h; do
	name=hugepersist_$(basename "$header" .h)
	[ "$name" = hugepersist_hugepersist ] && name=hugepersist
	[ -s "$man/man7/$name.7" ] || fail "no page $name(7)"
done
echo "$(wc -l <<<"$paged") pages of functions"

echo "== what a page refers to is there"
missing=$(sed -n 's/^\.BR \(hp_[a-z0-9_]*\|hugepersist[a-z_]*\) (\([37]\)).*/\2 \1/p' \
	"$man"/man*/* | sort -u | while read -r number name; do
	[ -e "$man/man$number/$name.$number" ] || echo "$name($number)"
done)
[ -z "$missing" ] || fail "no such page: $missing"

echo "== warnings"
lint "$man"/man*/* || fail "see the warnings above"

echo "== controls"
# One function more or less in a header shows in the pages.
mkdir -p "$work/include/hugepersist"
for edit in '/^uint64_t hp_region_token/s/token/tokens/;s/hp_region_token - /hp_region_tokens - /' \
	'/^\/\* hp_region_token - /,/^uint64_t hp_region_token/d'; do
	for header in "$include"/hugepersist/*.h; do
		sed "$edit" "$header" \
			>"$work/include/hugepersist/$(basename "$header")"
	done
	rm -rf "$work/man"
	generate "$work/include" "$work/man"
	if same control "$mapped" "$(pages "$work/man")" >/dev/null 2>&1; then
		fail "a changed header is not noticed: $edit"
	fi
done
# A comment that the generator does not understand is an error.
sed 's/^ \* hp_session_seal - / * Seals: /' "$include/hugepersist/hugepersist.h" \
	>"$work/include/hugepersist/hugepersist.h"
if generate "$work/include" "$work/man" 2>/dev/null; then
	fail "a comment without its function's name is not noticed"
fi
# Neither tool lets a broken page pass.
page=$man/man3/hp_session_open.3
{ cat "$page" && echo '.PP' && echo '.SH'; } >"$work/broken.3"
if lint "$work/broken.3" >/dev/null 2>&1; then
	fail "a broken page is not noticed"
fi
echo "the man pages are whole"
