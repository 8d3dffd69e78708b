#!/bin/bash
# SPDX-License-Identifier: MIT
# Run suites under valgrind's memcheck: no byte read before it was written, none
# outside of its object, none lost.
set -euo pipefail

usage() {
	cat <<'USAGE'
usage: tests/memory/valgrind.sh PROGRAM SUITE...

PROGRAM is a unit test made with Check, of which the named suites are run. Not with the sanitizers: they and valgrind exclude each other.
USAGE
}

[ $# -ge 2 ] || {
	usage >&2
	exit 2
}
program=$1
shift
command -v valgrind >/dev/null || {
	echo "no valgrind here: apt-get install valgrind" >&2
	exit 1
}

check() {
	valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
		--errors-for-leak-kinds=definite,indirect --error-exitcode=99 \
		"$program"
}

failed=0
# In one process: valgrind itself starts once for each suite.
export CK_FORK=no CK_EXCLUDE_TAGS=fork
for suite; do
	output=$(CK_RUN_SUITE=$suite check 2>&1) || {
		failed=1
		echo "suite $suite failed:"
	}
	echo "$output"
	# A name that no suite has would pass, with nothing run.
	grep -q 'Checks: [1-9]' <<<"$output" || {
		echo "no test of a suite '$suite' ran in $program"
		failed=1
	}
done
exit "$failed"
