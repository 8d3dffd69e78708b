#!/bin/bash
# SPDX-License-Identifier: MIT
# The unit tests get every error that a man page lists for a function of
# hugepersist.h. A unit test that gets an error which is not listed ends.
# usage: documented.sh INCLUDE_DIR MAN_DIR SHARED_LIB UNIT_TESTS PYTHON CC [FLAGS]
set -euo pipefail

include=$1 man=$2 library=$3 unit=$4 python=$5 cc=$6 flags=${7-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "documented: $*" >&2
	exit 1
}
interface() {
	"$python" -B "$here/interface.py" "$@"
}
# What is only in save.h has tests of its own.
in_core() { # reads "FUNCTION -CODE"
	local name code

	while read -r name code; do
		! grep -q "^[a-z].*[ *]$name(" \
			"$include/hugepersist/hugepersist.h" || echo "$name $code"
	done
}
unseen() { # MAN_DIR: what its pages list and no unit test gets
	interface errors "$1" | grep '^hp_' | in_core | sort -u >"$work/listed"
	comm -23 "$work/listed" "$work/seen"
}

# The tests fork; each line is one write.
HP_DOCUMENTED_LOG=$work/log "$unit" >"$work/unit.log" 2>&1 || {
	grep 'does not list' "$work/unit.log" >&2 || tail -n 20 "$work/unit.log" >&2
	fail "the unit tests failed, see above"
}
sort -u "$work/log" >"$work/seen"
missing=$(unseen "$man")
[ -z "$missing" ] || fail "listed on a page, and no unit test gets them:
$missing"
echo "$(wc -l <"$work/listed") listed errors, each seen"

cat >"$work/control.c" <<-'END'
	int main(void)
	{
		return hp_session_seal(NULL) == -EINVAL ? 0 : 1;
	}
END
read -ra extra <<<"$flags"
build() { # MAN_DIR: the control, which its pages judge
	interface calls "$1" >"$work/calls.h"
	"$cc" -D_GNU_SOURCE "${extra[@]}" -I"$include" -I"$here" \
		-I"$here/../../lib" -I"$here/../../cli" \
		-include "$work/calls.h" "$work/control.c" "$library" \
		-Wl,-rpath,"$(dirname "$library")" -o "$work/control"
}
build "$man"
"$work/control" || fail "the control does not run"

# Controls: a list with an error that no call gives, in place of one that it does.
cp -r "$man" "$work/man"
sed -i 's/^\*-ENOENT\*$/*-EXDEV*/' "$work/man/hp_session_seal.3.scd"
missing=$(unseen "$work/man")
[ "$missing" = "hp_session_seal -EXDEV" ] ||
	fail "not that one error is noticed as untested, but: $missing"
sed -i 's/^\*-EINVAL\*$/*-EXDEV*/' "$work/man/hp_session_seal.3.scd"
build "$work/man"
if ("$work/control") >"$work/out" 2>&1; then
	fail "an error that the page does not list is not noticed"
fi
grep -q 'hp_session_seal() gave .* does not list' "$work/out"
