# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What the demos on a Debian host share. Sourced by bash, after common.sh.

build=$top/build
began=$SECONDS

# demo_on_host NAME MINUTES CASE WITH...: say how long it takes, install what is needed
# and the packages WITH, build all, and run CASE on Debian sid; sets values
demo_on_host() {
	local log=$build/demo.log name=$1 minutes=$2 case=$3 kernel
	shift 3

	say "This takes $minutes minutes, more on a busy machine, and the first time a quarter of"
	say "an hour more for a kernel and a Debian host. Downloads up to 400 MB. Nothing outside"
	say "of $build and $cache changes, but for packages installed."
	need_all_packages
	need_packages mmdebstrap "$@"

	say "== 1. The kernel"
	kernel=$("$top/tools/kernel")
	say "$kernel"
	say "== 2. The library, the program and the packages"
	mkdir -p "$build"
	if ! { cmake -S "$top" -B "$build" && cmake --build "$build" -j"$(nproc)"; } >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "the build failed, see above. The whole log: $log"
	fi
	say "== 3. The host"
	values=$build/demo-$name.values
	"$top/tests/vm/host/run-host" --build "$build/tests/vm" --follow --values "$values" \
		sid "$case" |
		sed -un 's/^say //p' ||
		die "the demo failed, see above"
}

# measured NAME: the number; an absent one is an error, not a gap in the table
measured() {
	local number

	number=$(awk -v name="$1" '$1 == name { n = $2 } END { print n }' "$values")
	[ -n "$number" ] || die "the machine did not report '$1'; its values are in $values"
	echo "$number"
}

# lines FILE: of an adopter, without comments
lines() {
	grep -cvE '^[[:space:]]*(#|$)' "$top/examples/$1"
}
