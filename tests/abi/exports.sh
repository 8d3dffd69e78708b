#!/bin/bash
# SPDX-License-Identifier: MIT
# The one place that pins the interface of a library: header, symbol map, shared
# and static library have the same functions, the static one has no other global
# name, and the shared one needs no other library than those named.
# usage: exports.sh INCLUDE_DIR HEADER MAP SHARED_LIB STATIC_LIB CC NEEDED...
set -euo pipefail

include=$1 header=$2 map=$3 shared=$4 static=$5 cc=$6
shift 6

in_header() { # without comments and types, a name before '(' is a function
	"$cc" -E -I"$include" "$include/hugepersist/$header" |
		awk -v file="/$header\"" '/^# [0-9]/ { ours = index($3, file) }
			ours && !/^#/' | sed '/^typedef/d' |
		grep -oE '\bhp_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}
in_map() { # FUNCTION NODE
	awk '/^[A-Z0-9_.]+ \{/ { node = $1 }
		/^\thp_[a-z0-9_]+;$/ { sub(/;/, ""); print $1, node }' "$map" |
		sort
}
in_shared() {
	nm -D --defined-only --with-symbol-versions "$shared" |
		awk '$2 != "A" { sub(/@@/, " ", $3); print $3 }' | sort
}
in_static() { # AddressSanitizer adds a name for each that is global
	nm --defined-only --extern-only "$static" |
		awk 'NF == 3 && $3 !~ /^__odr_asan\./ { print $3 }' | sort
}
same() { # WHAT ONE OTHER
	diff <(echo "$2") <(echo "$3") && return
	echo "$1 differ: '<' is only in the first, '>' only in the second" >&2
	return 1
}

functions=$(in_header)
mapped=$(in_map)
same "header and map" "$functions" "$(cut -d' ' -f1 <<<"$mapped")"
same "map and shared library" "$mapped" "$(in_shared)"
same "map and static library" "$functions" "$(in_static)"
echo "$(wc -l <<<"$functions") functions in header, map and both libraries"

# Nothing was released yet, so there is one node, of this version.
version=$(awk '$2 ~ /^HP_VERSION_(MAJOR|MINOR)$/ { v = v sep $3; sep = "." }
	END { print v }' "$include/hugepersist/hugepersist.h")
nodes=$(cut -d' ' -f2 <<<"$mapped" | sort -u)
if [ "${nodes##*_}" != "$version" ] || [ "$(wc -l <<<"$nodes")" != 1 ]; then
	echo "the map's nodes are '$nodes', and the version is $version" >&2
	exit 1
fi

needed=$(readelf -d "$shared" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' |
	grep -vE '^lib(asan|ubsan|tsan)\.so' | sort)
same "wanted and needed libraries" "$(printf '%s\n' "$@" | sort)" "$needed"

# Control: one function less, or one in another node, is noticed, and the lists
# are not empty.
for broken in 1d '1s/HUGEPERSIST_.*/HUGEPERSIST_0.0/'; do
	if same "control" "$mapped" "$(sed "$broken" <<<"$mapped")" \
		>/dev/null 2>&1; then
		echo "a changed list is not noticed: $broken" >&2
		exit 1
	fi
done
[ "$(wc -l <<<"$functions")" -gt 5 ]
