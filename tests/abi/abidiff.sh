#!/bin/bash
# SPDX-License-Identifier: MIT
# A program linked with the release that the baseline was taken from runs with
# this library: functions may be added, and fields at the end of structures that
# begin with their size; nothing else.
# usage: abidiff.sh BASELINE INCLUDE_DIR MAP SHARED_LIB
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=stub.sh
. "$(dirname "$0")/stub.sh"

baseline=$1 include=$2 map=$3 library=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "abidiff: $*" >&2
	exit 1
}
compatible() { # OLD NEW
	local status=0

	# What a session or region is made of is not in the headers, so not in
	# the baseline: a type that becomes known is no change for abidiff.
	abidiff --leaf-changes-only --no-added-syms "$1" "$2" \
		>"$work/report" 2>&1 || status=$?
	# 4 is a change, 8 one that breaks programs; 1 and 2 are of abidiff.
	[ $((status & 3)) = 0 ] || fail "abidiff failed: $(cat "$work/report")"
	[ "$status" = 0 ] ||
		awk -v sized="$sized" -f "$abi_here/growth.awk" "$work/report"
}
change() { # NAME HEADER_EDIT [MAP_EDIT]: what a stub with it compares to
	local header

	rm -rf "$work/changed"
	mkdir -p "$work/changed/include/hugepersist"
	for header in "$include"/hugepersist/*.h; do
		sed "$2" "$header" \
			>"$work/changed/include/hugepersist/${header##*/}"
	done
	sed "${3-}" "$map" >"$work/changed/map"
	make_stub "$work/changed/include" "$work/changed/map" "$work/changed"
	if [ $# = 2 ] && [ -n "$2" ]; then
		! diff -rq "$include/hugepersist" \
			"$work/changed/include/hugepersist" >/dev/null ||
			fail "the control changes nothing: $1"
	fi
	compatible "$baseline" "$work/changed/stub.so"
}

command -v abidiff >/dev/null ||
	fail "needs abidiff: install the Debian package abigail-tools"
[ "$(readelf -SW "$library" | grep -c ' \.debug_info ')" = 1 ] ||
	fail "the library has no debug information, which tells its types:" \
		"configure with CMAKE_BUILD_TYPE=RelWithDebInfo"

# Structures that may get longer: those that begin with their size, and one that
# the library makes and applications only read.
sized=$(awk -f "$abi_here/../../docs/parse.awk" -f "$abi_here/items.awk" \
	"$include"/hugepersist/*.h |
	sed -n 's/^FIELD(\([a-z_]*\), size,$/\1/p' | tr '\n' ' ')
sized=" ${sized}hp_save_progress "

echo "== the library"
compatible "$baseline" "$library" || {
	cat "$work/report" >&2
	fail "the interface changed, see above. A release that may change it" \
		"has another minor version and another baseline (tests/abi/baseline)."
}
echo "== the headers"
change "nothing" "" || {
	cat "$work/report" >&2
	fail "headers and library differ"
}

echo "== controls: what breaks programs is noticed"
while IFS='|' read -r name header_edit map_edit; do
	if change "$name" "$header_edit" ${map_edit:+"$map_edit"}; then
		fail "not noticed: $name"
	fi
	# Also in the library itself, which knows more types.
	if [ -n "$header_edit" ] &&
		compatible "$work/changed/stub.so" "$library" &&
		[ "$name" != "a function less" ]; then
		fail "not noticed in the library: $name"
	fi
	echo "$name: noticed"
done <<'END'
a field less|/^	uint64_t layout;[ 	]*\/\*/d
two fields change places|/^struct hp_numa_range {/,/^}/{s/uint64_t length;/unsigned int x;/;s/unsigned int policy;/uint64_t length;/;s/unsigned int x;/unsigned int policy;/}
a field of another type|/^struct hp_session_info {/,/^}/s/uint64_t updates;/int64_t updates;/
a field in between|/^struct hp_region_info {/,/^}/s/^	uint64_t length;.*/&\n	uint64_t added; \/* new *\//
a longer structure without a size|/^struct hp_numa_range {/,/^}/s/^	const unsigned long \*nodes;.*/&\n	uint64_t added; \/* new *\//
another parameter|s/hp_session_commit(struct hp_session \*session, unsigned int/hp_session_commit(struct hp_session *session, unsigned long/
another value|s/HP_ORIGIN_ADOPTED = 3/HP_ORIGIN_ADOPTED = 30/
a function less|/^\/\* hp_region_token - /,/^uint64_t hp_region_token/d
a function in another node||s/^	hp_session_open;$//;s/^	hp_session_info;$/&\n	hp_session_open;/
another soname||s/HUGEPERSIST_0.2/HUGEPERSIST_0.99/
END

echo "== controls: what does not is allowed"
while IFS='|' read -r name header_edit map_edit; do
	change "$name" "$header_edit" ${map_edit:+"$map_edit"} || {
		cat "$work/report" >&2
		fail "not allowed: $name"
	}
	echo "$name: allowed"
done <<'END'
one more function|s/^uint64_t hp_region_token(.*/&\n\n\/* hp_region_more - one more. *\/\nint hp_region_more(int x);/|s/^	hp_session_info;$/&\n	hp_region_more;/
one more field at the end|/^struct hp_region_opts {/,/^}/s/^	unsigned int reserved;.*/&\n	uint64_t added; \/* new *\//
one more constant|s/^	HP_ORIGIN_SAVE = 5.*/	HP_ORIGIN_SAVE = 5, \/* a save *\/\n	HP_ORIGIN_MORE = 6 \/* new *\//
END
