# SPDX-License-Identifier: MIT
# shows: the program in the README, word for word, counts its runs over two updates
# arch: x86 arm64 arm64-64K
# hugepages: 4
counts() { # NUMBER
	readme_program >/tmp/counted &
	wait_for grep -q . /tmp/counted
	[ "$(cat /tmp/counted)" = "run number $1" ] ||
		fail "expected: run number $1, the program said: $(cat /tmp/counted)"
}

stage_1() {
	counts 1
}

stage_2() {
	counts 2
}

stage_3() {
	counts 3
	kill $!
	wait $! || true
	expect_all_free
}

stage_4() {
	counts 1
}
