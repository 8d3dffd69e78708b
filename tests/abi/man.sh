#!/bin/bash
# SPDX-License-Identifier: MIT
# The man pages that scdoc made: one for every function of the symbol maps, and
# without a warning of mandoc or groff. What they say, interface.py compares.
# usage: man.sh MAN_DIR MAP...
set -euo pipefail

man=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "man: $*" >&2
	exit 1
}
missing() { # MAP...: functions that man(1) finds no page for
	local name target

	sed -n 's/^[[:space:]]*\(hp_[a-z0-9_]*\);.*/\1/p' "$@" | sort -u |
		while read -r name; do
			target=$(sed -n '1s/^\.so //p' "$man/man3/$name.3" \
				2>/dev/null) || true
			grep -qs '^\.SH NAME$' \
				"$man/${target:-man3/$name.3}" || echo "$name"
		done
}
# scdoc writes .PP after each heading and before each indented text, which
# changes nothing in what is read and is the one thing that mandoc says about it.
lint() { # PAGE...
	local page complaints=0

	{ mandoc -Tlint -W warning "$@" || true; } |
		grep -v ': WARNING: skipping paragraph macro: PP ' && complaints=1
	for page; do
		# One long page, as man makes it: a row of a table need not fit on paper
		{ echo .pl 10000; cat "$page"; } |
			LC_ALL=C.UTF-8 groff -t -man -Tutf8 -ww -z 2>&1
	done | grep . && complaints=1
	return "$complaints"
}

for tool in mandoc groff; do
	command -v "$tool" >/dev/null ||
		fail "needs $tool: install the Debian packages mandoc and groff-base"
done

echo "== names"
none=$(missing "$@")
[ -z "$none" ] || fail "no page for: ${none//$'\n'/ }"

echo "== warnings"
# A page that only points to another has nothing else in it.
mapfile -t pages < <(grep -L '^\.so ' "$man"/man*/*)
[ ${#pages[@]} -gt 0 ] || fail "no pages in $man"
lint "${pages[@]}" || fail "see the warnings above"
echo "${#pages[@]} pages, no warnings"

echo "== controls"
echo $'\thp_region_more;' >"$work/map"
[ "$(missing "$work/map")" = hp_region_more ] ||
	fail "a function without a page is not noticed"
# Each tool notices what only it complains about, and one broken page of many.
page=$man/man3/hp_session_open.3
{ cat "$page" && echo '.SH'; } >"$work/heading.3"
{ cat "$page" && echo '.TS' && echo 'no table'; } >"$work/table.3"
for broken in heading table; do
	if lint "$page" "$work/$broken.3" >/dev/null 2>&1; then
		fail "a broken page is not noticed: $broken"
	fi
done
