#!/bin/bash
# SPDX-License-Identifier: MIT
# The headers, the symbol map and the shared library name the same functions,
# in the same version nodes, and the static library brings no global name that
# is not ours.
# usage: exports.sh INCLUDE_DIR MAP SHARED_LIB STATIC_LIB CC
set -euo pipefail

include=$1 map=$2 shared=$3 static=$4 cc=$5

in_headers() { # without comments and types, a name before '(' is a function
	local header

	for header in "$include"/hugepersist/*.h; do
		"$cc" -E -P -I"$include" "$header"
	done | sed '/^typedef/d' | grep -oE '\bhp_[a-z0-9_]+ *\(' |
		tr -d ' (' | sort -u
}
in_map() { # FUNCTION NODE; a function in two nodes is there twice
	awk '/^[A-Z0-9_.]+ \{/ { node = $1 }
		/^\thp_[a-z0-9_]+;$/ { sub(/;/, ""); print $1, node }' "$map" |
		sort
}
in_library() {
	nm -D --defined-only --with-symbol-versions "$shared" |
		awk '$2 != "A" { sub(/@@/, " ", $3); print $3 }' | sort
}
same() { # WHAT ONE OTHER
	diff <(echo "$2") <(echo "$3") && return
	echo "$1 differ: '<' is only in the first, '>' only in the second" >&2
	return 1
}

headers=$(in_headers)
mapped=$(in_map)
same "headers and map" "$headers" "$(cut -d' ' -f1 <<<"$mapped")"
same "map and shared library" "$mapped" "$(in_library)"
echo "$(wc -l <<<"$headers") functions in headers, map and library"

# A release that adds functions has a node of its own, the last in the map.
last=$(sed -n 's/^\(HUGEPERSIST_[0-9.]*\) {$/\1/p' "$map" | tail -n 1)
version=$(awk '$2 ~ /^HP_VERSION_(MAJOR|MINOR)$/ { v = v sep $3; sep = "." }
	END { print v }' "$include/hugepersist/hugepersist.h")
printf '%s\n' "${last#HUGEPERSIST_}" "$version" | sort -CV || {
	echo "the map's last node $last is later than version $version" >&2
	exit 1
}

foreign=$(nm --defined-only --extern-only "$static" |
	awk 'NF == 3 && $3 !~ /^(__odr_asan\.)?hp_/ { print $3 }')
if [ -n "$foreign" ]; then
	printf 'global names without hp_ in the static library:\n%s\n' \
		"$foreign" >&2
	exit 1
fi

# Control: one function less, or one in another node, is noticed, and the lists
# are not empty.
for broken in 1d '1s/HUGEPERSIST_.*/HUGEPERSIST_0.0/'; do
	if same "control" "$mapped" "$(sed "$broken" <<<"$mapped")" \
		>/dev/null 2>&1; then
		echo "a changed list is not noticed: $broken" >&2
		exit 1
	fi
done
grep -qx hp_session_open <<<"$headers"
