# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A library with the interface that headers and symbol map promise, and nothing
# else in it. Sourced by baseline and abidiff.sh.

abi_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# make_stub INCLUDE_DIR MAP WORK_DIR: WORK_DIR/stub.so
make_stub() {
	local include work=$3 node

	include=$(cd "$1" && pwd)
	node=$(sed -n 's/^HUGEPERSIST_\([0-9.]*\) {$/\1/p' "$2" | tail -n 1)
	mkdir -p "$work"
	cp "$2" "$work/stub.map"
	awk -f "$abi_here/../../docs/parse.awk" -f "$abi_here/stub.awk" \
		"$include"/hugepersist/*.h >"$work/stub.c"
	# From within, so that no path of this machine gets into the result.
	(cd "$work" && gcc -std=c11 -g -gdwarf-4 -fPIC -shared -I"$include" \
		-fdebug-prefix-map="$include=include" \
		-fdebug-prefix-map="$PWD=." -Wl,--version-script=stub.map \
		-Wl,-soname,"libhugepersist.so.$node" stub.c -o stub.so)
}
