#!/bin/bash
# SPDX-License-Identifier: MIT
# Control: valgrind and the sanitizers see the mistakes of broken.c, and nothing
# in it when it makes none.
# usage: control.sh VALGRIND BROKEN SANITIZED
set -euo pipefail
valgrind=$1 broken=$2 sanitized=$3
options=(--quiet --leak-check=full --errors-for-leak-kinds=definite
	--error-exitcode=99)
failed=0

# right COMMAND...: ends well
right() {
	"$@" || {
		echo "failed: $*"
		failed=1
	}
}

# wrong WORDS COMMAND...: fails, with the words in its report
wrong() {
	local words=$1 output

	shift
	if output=$("$@" 2>&1); then
		echo "not seen: $*"
		failed=1
	elif ! grep -q -- "$words" <<<"$output"; then
		echo "\"$words\" is not in the report of: $*"
		echo "$output"
		failed=1
	else
		echo "as it must be: $words"
	fi
}

right "$valgrind" "${options[@]}" "$broken"
wrong 'Invalid write of size 1' "$valgrind" "${options[@]}" "$broken" overflow
wrong '16 bytes in 1 blocks are definitely lost' \
	"$valgrind" "${options[@]}" "$broken" leak
right "$sanitized"
wrong 'heap-buffer-overflow' "$sanitized" overflow
wrong 'LeakSanitizer: detected memory leaks' "$sanitized" leak
wrong 'signed integer overflow' "$sanitized" undefined
exit "$failed"
