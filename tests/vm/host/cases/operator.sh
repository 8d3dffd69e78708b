# SPDX-License-Identifier: MIT
# shows: a new user's six steps with the program alone: doctor, setup, status,
# update, verify, trouble; with the store of systemd, and with hugepersist run as
# the holder
# time: 900
# suites: sid bookworm
# rest: bookworm
# installs: hugepersist
stage_1() {
	install_program
	make_program

	# 1. Can this host do it?
	answers 0 'Yes: huge pages of this size can be handed over' doctor --try

	if [ "$suite" = bookworm ]; then
		grep -q 'Set LOAD_KEXEC=false in /etc/default/kexec' /hp/log/said ||
			fail "nothing of LOAD_KEXEC"
		terminal sed -i s/LOAD_KEXEC=true/LOAD_KEXEC=false/ /etc/default/kexec
	fi

	# 2. Make it so. The unit is what the user wrote.
	if [ "$suite" = sid ]; then
		run_unit cache
		answers 0 'hugepersist-2M.conf' setup --size=2M --pages=64 --unit=cache --regions=2 --dry-run
		[ ! -e /etc/tmpfiles.d/hugepersist-2M.conf ] || fail "a look wrote"
		answers 0 'FileDescriptorStorePreserve=yes' setup --size=2M --pages=64 --unit=cache --regions=2
		answers 0 'is so already' setup --size=2M --pages=64 --unit=cache --regions=2
	else
		alone_unit cache
		answers 0 'hugepersist-2M.conf' setup --size=2M --pages=64
		systemctl daemon-reload
	fi
	terminal systemctl enable --now cache hugepersist-verify
	wait_for said cache zeros
	wait_for hugepersist status --short

	# 3. What is held?
	answers 0 '4 MiB in pages of 2M  "pool"' status
	answers 0 'cache 6 MiB, 2 regions, not sealed, user .*taken' status --short
	expect_pool 64 62 0 0
	if [ "$suite" = sid ]; then
		answers 0 'unit.kexec' doctor --try --unit=cache
		systemctl restart cache
		wait_for said cache hello
	fi

	# 4. Update, or refuse
	answers 0 'Yes: all that is held will survive' update $image --append="$line" ${next_initrd:+--initrd=/boot/initrd.$next_initrd} --dry-run
	answers 1 'Nothing was changed' update $image --append="$line"
	next_by=update
}
[ "$suite" != sid ] || next_initrd=dracut

verified() {
	! systemctl is-active -q hugepersist-verify &&
		[ -e /var/lib/hugepersist/last-update.json ]
}

stage_2() {
	wait_for said cache hello
	[ "$(grep -c '^new' /hp/log/cache)" = 1 ] || fail "--if-new was called again"

	# 5. Did it come back?
	answers 0 '1 session with 2 regions came back: 6 MiB' verify
	grep -q 'cache: 6 MiB, not sealed, taken by process' /hp/log/said || fail "not taken"
	grep -q 'pool 2048kB: 64 pages (62 free) before, 64 (62 free) now' /hp/log/said ||
		fail "the pool is another one"
	answers 0 'taken' status --short
	wait_for verified
	terminal systemctl is-failed hugepersist-verify
	[ "$status" != 0 ] || fail "the unit of verify has failed"

	# 6. Trouble: memory in use, a unit that is gone
	if [ "$suite" = sid ]; then
		answers 1 'has cache.service/cache open' drop cache/cache --yes
		run_unit gone FileDescriptorStoreMax=4 FileDescriptorStorePreserve=yes
		systemctl daemon-reload
		systemctl start gone
		wait_for said gone zeros
		wait_for stored_is gone 3
		systemctl stop gone
		rm /etc/systemd/system/gone.service
		systemctl daemon-reload
		answers 1 'gone.service/cache .*unit gone' status --short
		answers 0 '"given_up": "yes"' drop gone/cache --yes --json
		answers 0 'cache.service/cache' status --short
	fi
	if [ "$suite" = sid ]; then
		answers 1 'its store has 3 descriptors' setup --remove
		[ -e /etc/systemd/system/cache.service.d/50-hugepersist.conf ] ||
			fail "the settings of a unit that holds memory are gone"
		terminal systemctl stop cache
		answers 0 'given up' drop cache/cache --yes
	fi
	answers 0 'goes away' setup --remove
	[ ! -e /etc/tmpfiles.d/hugepersist-2M.conf ] || fail "not taken back"
	[ ! -e /etc/systemd/system/cache.service.d ] || fail "not taken back"
}
