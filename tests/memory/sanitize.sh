#!/bin/bash
# SPDX-License-Identifier: MIT
# Build the unit suites with AddressSanitizer, LeakSanitizer and UBSan, and run
# them.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)

usage() {
	cat <<'USAGE'
usage: tests/memory/sanitize.sh BUILD

BUILD is the folder of a build of its own, which is kept: about two minutes on
two cores the first time.
USAGE
}

[ $# -eq 1 ] || {
	usage >&2
	exit 2
}
build=$1
# TARGET=PROGRAM
suites=(
	hugepersist-unit=tests/unit/hugepersist-unit
	hugepersist-save-unit=tests/save/hugepersist-save-unit
)

mkdir -p "$build"
log=$build/build.log
if ! { cmake -S "$top" -B "$build" -DHP_SANITIZE=ON -DHP_WERROR=ON &&
	cmake --build "$build" --target "${suites[@]%%=*}"; } >"$log" 2>&1; then
	tail -n 40 "$log" >&2
	echo "the build with the sanitizers failed, see above" >&2
	exit 1
fi
# It looks for leaks in every process that a test ends in.
export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# These processors have others to serve as well.
export CK_TIMEOUT_MULTIPLIER=4
status=0
for suite in "${suites[@]}"; do
	"$build/${suite#*=}" || status=1
done
exit "$status"
