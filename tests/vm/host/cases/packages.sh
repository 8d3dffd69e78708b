# SPDX-License-Identifier: MIT
# shows: an upgrade, a removal and a purge of the packages, and needrestart, stop and
# restart nothing that holds memory, and say what is held
# suites: sid
# packages: sid=needrestart
# installs: hugepersist
# rest: sid
# time: 600

# later NAME: the package with a later version
later() {
	rm -rf /hp/later
	dpkg-deb -R /hp/deb/"$1"_*.deb /hp/later
	sed -i 's/^Version: .*/&+later/' /hp/later/DEBIAN/control
	dpkg-deb -b /hp/later "/hp/later-$1.deb" >/dev/null
}

processes() {
	systemctl show -P MainPID cache solo | xargs
}

# same AFTER WHAT: the same processes run, and the same memory is held
same() {
	[ "$(processes)" = "$pids" ] || fail "$1: other processes: $(processes), not $pids"
	expect_pool 64 60 0 0
}

stage_1() {
	export DEBIAN_FRONTEND=noninteractive
	start_cache
	alone_unit solo
	systemctl daemon-reload
	systemctl start solo
	wait_for said solo zeros
	wait_for sh -c "hugepersist status --short | grep -q '^solo\|^[0-9]*/cache'"
	answers 0 'cache.service/cache' status --short
	expect_pool 64 60 0 0
	pids=$(processes)

	for name in libhugepersist0.2 libhugepersist-save0.2 hugepersist; do
		later $name
	done
	terminal dpkg -i /hp/later-*.deb
	[ "$status" = 0 ] || fail "the upgrade failed"
	dpkg -s hugepersist | grep -q '^Version: .*+later' || fail "not upgraded"
	same "the upgrade"

	# The program that is mapped is another file now: needrestart sees that, and
	# restarts neither service by itself
	terminal needrestart -v -r a
	grep -q 'solo.service' /hp/log/said || fail "needrestart does not know of the service"
	same "needrestart"

	terminal dpkg --remove hugepersist
	grep -q 'hugepersist: this memory stays held' /hp/log/said || fail "nothing is said"
	grep -q 'cache.service/cache' /hp/log/said || fail "the unit is not named"
	grep -q '/etc/systemd/system/solo.service' /hp/log/said ||
		fail "the unit that needs the program is not named"
	same "the removal"
	terminal needrestart -v -r a
	same "needrestart without the program"

	terminal dpkg --purge hugepersist
	grep -q 'hugepersist: memory may still be held' /hp/log/said || fail "nothing is said"
	grep -q 'cache.service: 3 descriptors' /hp/log/said || fail "the unit is not named"
	grep -q 'process [0-9]*: sessions of /dev/liveupdate' /hp/log/said ||
		fail "the process is not named"
	[ ! -e /etc/needrestart/conf.d/hugepersist.conf ] || fail "not purged"
	same "the purge"

	install_packages
	answers 0 'cache.service/cache' status --short
	same "the installation"

	# So it is this file that does it
	rm /etc/needrestart/conf.d/hugepersist.conf
	for name in libhugepersist0.2 libhugepersist-save0.2 hugepersist; do
		dpkg -i /hp/later-$name.deb
	done
	rm -f /etc/needrestart/conf.d/hugepersist.conf
	terminal needrestart -v -r a
	[ "$(processes)" != "$pids" ] || fail "without the file needrestart does the same"
}
