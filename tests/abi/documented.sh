#!/bin/bash
# SPDX-License-Identifier: MIT
# The unit tests get every error that hugepersist.h lists for a function; and
# none that is not listed, which ends such a test.
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

unseen() { # HEADER: what it lists and no unit test gets
	make_calls "$1"
	listed >"$work/listed"
	comm -23 "$work/listed" "$work/seen"
}

# The tests fork; each line is one write.
HP_DOCUMENTED_LOG=$work/log "$unit" >"$work/unit.log" 2>&1 || {
	grep 'does not list' "$work/unit.log" >&2 || tail -n 20 "$work/unit.log" >&2
	fail "the unit tests failed, see above"
}
sort -u "$work/log" >"$work/seen"
# What is only in save.h has tests of its own.
missing=$(unseen "$include/hugepersist/hugepersist.h")
[ -z "$missing" ] || fail "listed in the header, and no unit test gets them:
$missing"
echo "$(wc -l <"$work/listed") listed errors, each seen"

cat >"$work/control.c" <<-'END'
	int main(void)
	{
		return hp_session_seal(NULL) == -EINVAL ? 0 : 1;
	}
END
read -ra extra <<<"$flags"
build() {
	"$cc" -D_GNU_SOURCE "${extra[@]}" -I"$include" -I"$here" \
		-I"$here/../../lib" -I"$here/../../cli" \
		-include "$work/calls.h" "$work/control.c" "$library" \
		-Wl,-rpath,"$(dirname "$library")" -o "$work/control"
}
build
"$work/control" || fail "the control does not run"

# Controls: a list with an error that no call gives, in place of one that it does.
sed '/^ \* hp_session_seal - /,/^int hp_session_seal/s/-EINVAL/-EXDEV/' \
	"$include/hugepersist/hugepersist.h" >"$work/hugepersist.h"
missing=$(unseen "$work/hugepersist.h")
[ "$missing" = "hp_session_seal -EXDEV" ] ||
	fail "not that one error is noticed as untested, but: $missing"
build
if ("$work/control") >"$work/out" 2>&1; then
	fail "an error that the header does not list is not noticed"
fi
grep -q 'hp_session_seal() gave .* does not list' "$work/out"
