#!/bin/bash
# SPDX-License-Identifier: MIT
# The public header compiles without a warning in each language it is for.
# usage: header.sh INCLUDE_DIR CC CXX
set -euo pipefail

include=$1 cc=$2 cxx=$3
source=$(dirname "$0")/header_use.c
flags=(-Wall -Wextra -pedantic -Werror -fsyntax-only -I"$include")

compiles() { # COMMAND...
	"$@" "${flags[@]}" "$source"
}

for standard in c99 c11; do
	compiles "$cc" -std=$standard
	echo "$standard: clean"
done
compiles "$cxx" -std=c++11 -x c++
echo "c++11: clean"

# Control: what this looks for, it finds.
for broken in -DHP_BREAK_LAYOUT -DHP_REGIONS_MAX=1; do
	if compiles "$cc" -std=c11 $broken 2>/dev/null; then
		echo "the check did not notice $broken" >&2
		exit 1
	fi
done
