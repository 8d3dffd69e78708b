#!/bin/bash
# SPDX-License-Identifier: MIT
# The unit tests get every error that hugepersist.h lists for a function, but
# those in the file unseen; and none that is not listed, which ends such a test.
# usage: documented.sh INCLUDE_DIR DOCS_DIR SHARED_LIB UNIT_TESTS AWK CC [FLAGS]
set -euo pipefail

include=$1 docs=$2 library=$3 unit=$4 awk=$5 cc=$6 flags=${7-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "documented: $*" >&2
	exit 1
}
make_calls() { # HEADER...: the header that the unit tests are compiled with
	"$awk" -f "$docs/parse.awk" -f "$here/documented.awk" "$@" \
		>"$work/calls.h"
}
listed() { # FUNCTION CODE, of calls.h
	sed -n 's/^static const int \(hp_[a-z_]*\)_lists\[\] = {\(.*\) 0 };/\1 \2/p' \
		"$work/calls.h" |
		awk '{ for (i = 2; i <= NF; i++) print $1, "-" $i }' |
		tr -d , | sort -u
}

# What is only in save.h has tests of its own.
make_calls "$include/hugepersist/hugepersist.h"
listed >"$work/listed"
# The tests fork; each line is one write.
HP_DOCUMENTED_LOG=$work/log "$unit" >"$work/unit.log" 2>&1 || {
	grep 'does not list' "$work/unit.log" >&2 || tail -n 20 "$work/unit.log" >&2
	fail "the unit tests failed, see above"
}
sort -u "$work/log" >"$work/seen"
comm -12 "$work/listed" "$work/seen" >"$work/both"
echo "$(wc -l <"$work/both") of $(wc -l <"$work/listed") listed errors seen"
missing=$(comm -23 "$work/listed" "$work/seen" |
	comm -23 - <(grep -v '^#' "$here/unseen" | sort))
[ -z "$missing" ] || fail "listed in the header, and no unit test gets them:
$missing"

# Control: an error that a comment does not list ends the program.
cat >"$work/control.c" <<-'END'
	int main(void)
	{
		return hp_session_seal(NULL) == -EINVAL ? 0 : 1;
	}
END
read -ra extra <<<"$flags"
build() {
	"$cc" -D_GNU_SOURCE "${extra[@]}" -I"$include" -I"$here" \
		-include "$work/calls.h" "$work/control.c" "$library" \
		-Wl,-rpath,"$(dirname "$library")" -o "$work/control"
}
build
"$work/control" || fail "the control does not run"
sed '/^ \* hp_session_seal - /,/^int hp_session_seal/{/-EINVAL/d}' \
	"$include/hugepersist/hugepersist.h" >"$work/hugepersist.h"
make_calls "$work/hugepersist.h"
build
if ("$work/control") >"$work/out" 2>&1; then
	fail "an error that the header does not list is not noticed"
fi
grep -q 'hp_session_seal() gave .* does not list' "$work/out"
