#!/bin/bash
# SPDX-License-Identifier: MIT
# The program in the README compiles without a warning against an installed
# tree, and says what is wrong where nobody can hold memory.
# usage: run.sh BUILD_DIR WORK_DIR SOURCE CMAKE CC [FLAGS]
set -euo pipefail

build=$1 work=$2 source=$3 cmake=$4 cc=$5 flags=${6-}
prefix=$work/prefix

fail() {
	echo "readme-program: $*" >&2
	exit 1
}
compile() { # SOURCE OUTPUT
	"$cc" -std=c11 -Wall -Wextra -pedantic -Werror "${extra[@]}" "$1" \
		"${library[@]}" -o "$2"
}

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$prefix" >"$work/install.log"
libdir=$(dirname "$(find "$prefix" -name libhugepersist.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir
read -ra library <<<"$(pkg-config --cflags --libs hugepersist)"
read -ra extra <<<"$flags"

echo "== compile"
compile "$source" "$work/counter" || fail "the README's program has warnings"
# Control: one warning is enough to fail.
{ cat "$source" && echo 'static int unused;'; } >"$work/control.c"
if compile "$work/control.c" "$work/control" 2>/dev/null; then
	fail "a warning is not noticed"
fi

echo "== run"
if [ -e /dev/liveupdate ] || grep -qw liveupdate /proc/misc; then
	echo "This machine has live update: the program would preserve memory" \
		"here and wait. Only compiled; tests/vm runs it."
	exit 0
fi
cat >"$work/text.c" <<-'EOF'
	#include <errno.h>
	#include <hugepersist/hugepersist.h>
	#include <stdio.h>

	int main(void)
	{
		return puts(hp_strerror(-ENODEV)) < 0;
	}
EOF
compile "$work/text.c" "$work/text"
status=0
# A service manager of whoever runs the tests is not to hold the memory.
env -u NOTIFY_SOCKET -u LISTEN_FDS -u LISTEN_PID -u LISTEN_FDNAMES \
	timeout 20 "$work/counter" >"$work/out" 2>"$work/err" || status=$?
cat "$work/err"
[ "$status" = 1 ] || fail "exit status $status, not 1"
[ ! -s "$work/out" ] || fail "it prints a result: $(cat "$work/out")"
[ "$(cat "$work/err")" = "counter: open: $("$work/text")" ] ||
	fail "the message is not: counter: open: $("$work/text")"
