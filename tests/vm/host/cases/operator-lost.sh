# SPDX-License-Identifier: MIT
# shows: hugepersist verify is red when a region is lost, and says why: given up
# behind the record, a reboot in place of a kexec, an image of the old call
# time: 900
# suites: sid
# rest: sid
# installs: hugepersist
is_red() {
	systemctl is-failed -q hugepersist-verify
}

start() {
	install_program
	make_program
	run_unit cache FileDescriptorStoreMax=3 FileDescriptorStorePreserve=yes
	run_unit other FileDescriptorStoreMax=3 FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl enable --now cache other hugepersist-verify
}

# A record as update writes it, and then another way into the next kernel
record_only() {
	mkdir -p /hp/fake
	printf '%s\n' '#!/bin/sh' 'sleep 1000' >/hp/fake/systemctl
	chmod +x /hp/fake/systemctl
	(
		export LD_LIBRARY_PATH=/hp/lib
		PATH=/hp/fake:$PATH exec /usr/bin/hugepersist update $image --append="$line" --yes
	) >/hp/log/said 2>&1 &
	until [ "$(cat /sys/kernel/kexec_loaded)" = 1 ]; do usleep 50000; done
	kill -KILL $!
	[ -s /var/lib/hugepersist/update.json ] || fail "no record"
}

stage_1() {
	start
	wait_for said cache zeros
	wait_for said other zeros
	wait_for stored_is other 3
	record_only
	# One session is given up behind its back
	systemctl stop other
	systemctl clean --what=fdstore other
	leave kexec systemctl kexec
}

stage_2() {
	wait_for said cache hello
	wait_for is_red
	answers 1 'MISSING: other.service/cache did not come back' verify
	grep -q '1 session with 2 regions came back' /hp/log/said || fail "cache did not come back"
	terminal journalctl -u hugepersist-verify -o cat --no-pager
	# The next boot is green: nothing is compared twice
	wait_for said other zeros
	wait_for stored_is other 3
	record_only
	# An ordinary reboot
	kexec -s -u
	next_by=boot
}

stage_3() {
	wait_for is_red
	answers 1 'started by a reboot in place of a' verify
	wait_for said cache zeros
	wait_for stored_is cache 3
	wait_for stored_is other 3
	record_only
	# An image of the old call
	kexec -s -u
	kexec -c -l /hp/kernel/patched --command-line="$line"
	leave kexec systemctl kexec
}

stage_4() {
	wait_for is_red
	answers 1 'MISSING: cache.service/cache' verify
	grep -q 'given nothing' /hp/log/said || fail "not said why"
}
