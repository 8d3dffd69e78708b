#!/bin/bash
# SPDX-License-Identifier: MIT
# Take the C program out of the README, as it stands there.
# usage: extract.sh README OUTPUT
set -euo pipefail

readme=$1 output=$2

blocks=$(grep -c '^```c$' "$readme" || true)
if [ "$blocks" != 1 ]; then
	echo "extract.sh: $readme has $blocks blocks that begin with" \
		"\`\`\`c: there must be one, which is a whole program" >&2
	exit 1
fi
# shellcheck disable=SC2016 # the backquotes are the README's
sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;$d' >"$output.part"
grep -q '^int main(' "$output.part" || {
	echo "extract.sh: the C block of $readme has no main()" >&2
	exit 1
}
mv "$output.part" "$output"
