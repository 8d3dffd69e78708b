# SPDX-License-Identifier: MIT
# shows: hugepersist run --hold without systemd: the README's program, as nobody,
# counts its runs over two updates, and its end gives the memory up
# hugepages: 4
counts() { # NUMBER
	mkdir -p /etc
	echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
	hugepersist run unit --hold --user nobody -- readme_program >/tmp/counted 2>/tmp/said &
	wait_for grep -q . /tmp/counted
	[ "$(cat /tmp/counted)" = "run number $1" ] ||
		fail "expected: run number $1, the program said: $(cat /tmp/counted)"
	[ ! -s /tmp/said ] || fail "the holder said: $(cat /tmp/said)"
	hugepersist status >/tmp/status || true
	grep -q "^$!/" /tmp/status || fail "status: $(cat /tmp/status)"
	grep -q 'held by process.*taken by process.*readme_program.*user nobody' /tmp/status ||
		fail "status: $(cat /tmp/status)"
	grep -q 'kexec *outlived' /tmp/status || fail "status: $(cat /tmp/status)"
	grep -q 'restart *not outlived' /tmp/status || fail "status: $(cat /tmp/status)"
}

stage_1() {
	counts 1
}

stage_2() {
	counts 2
}

stage_3() {
	counts 3
	# The holder is killed: the program ends, and nothing is left
	kill -KILL $!
	wait $! || true
	wait_for no_program
	expect_all_free
}

no_program() {
	! pidof readme_program
}

stage_4() {
	counts 1
	kill -TERM $!
	wait $! || true
	expect_all_free
}
