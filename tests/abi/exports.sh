#!/bin/bash
# SPDX-License-Identifier: MIT
# Header, symbol map and shared library name the same functions, and the static
# library brings no global name that is not ours.
# usage: exports.sh INCLUDE_DIR MAP SHARED_LIB STATIC_LIB CC
set -euo pipefail

include=$1 map=$2 shared=$3 static=$4 cc=$5
node=HUGEPERSIST_0.1

in_header() { # without comments and macros, a name before '(' is a function
	"$cc" -E -P -I"$include" "$include/hugepersist/hugepersist.h" |
		grep -oE '\bhp_[a-z0-9_]+ *\(' | tr -d ' (' | sort
}
in_map() {
	sed -n 's/^[[:space:]]*\(hp_[a-z0-9_]*\);.*/\1/p' "$map" | sort
}
in_library() {
	nm -D --defined-only --with-symbol-versions "$shared" |
		awk '$2 != "A" { print $3 }' | sed "s/@@$node\$//" | sort
}
same() { # WHAT ONE OTHER
	diff <(echo "$2") <(echo "$3") && return
	echo "$1 differ: '<' is only in the first, '>' only in the second" >&2
	return 1
}

header=$(in_header)
same "header and map" "$header" "$(in_map)"
same "header and shared library" "$header" "$(in_library)"
echo "$(wc -l <<<"$header") functions in header, map and library"

foreign=$(nm --defined-only --extern-only "$static" |
	awk 'NF == 3 && $3 !~ /^(__odr_asan\.)?hp_/ { print $3 }')
if [ -n "$foreign" ]; then
	printf 'global names without hp_ in the static library:\n%s\n' \
		"$foreign" >&2
	exit 1
fi

# Control: one function less is noticed, and the lists are not empty.
if same "control" "$header" "$(sed 1d <<<"$header")" >/dev/null 2>&1; then
	echo "a missing function is not noticed" >&2
	exit 1
fi
grep -qx hp_session_open <<<"$header"
