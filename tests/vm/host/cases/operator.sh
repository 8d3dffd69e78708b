# SPDX-License-Identifier: MIT
# shows: a new user's six steps with the program alone: doctor, setup, run, status,
# update, verify; and drop of what a unit that is gone has
# time: 600
# suites: sid
stage_1() {
	hugepersist doctor >/hp/log/doctor 2>&1 || true
	answers 0 '50-hugepersist.conf' setup --size=2M --pages=64 --unit=cache --regions=2 --dry-run
	answers 0 'is so|Written' setup --size=2M --pages=64 --unit=cache --regions=2
	make_program
	run_unit cache
	systemctl daemon-reload
	systemctl enable --now cache
	wait_for said cache ''
	grep -q '^new' /hp/log/cache || fail "--if-new was not called"
	systemctl restart cache
	wait_for said cache hello
	answers 0 'cache.service/cache 6 MiB, 2 regions, not sealed, taken' status --short
	answers 0 '4 MiB in pages of 2M  "pool"' status
	answers 1 'has cache.service/cache open' drop cache/cache --yes

	run_unit gone FileDescriptorStoreMax=4 FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl start gone
	wait_for said gone ''
	systemctl stop gone
	rm /etc/systemd/system/gone.service
	systemctl daemon-reload
	answers 1 'gone.service/cache .*unit gone' status --short
	answers 0 'was given up' drop gone/cache --yes
	answers 0 'cache.service/cache' status --short
	answers 0 'Yes: all that is held will survive' update $image --append="$line" --dry-run
	next_by=update
}

stage_2() {
	wait_for said cache hello
	[ "$(grep -c '^new' /hp/log/cache)" = 1 ] || fail "--if-new was called again"
	answers 0 '1 sessions with 2 regions came back: 6 MiB' verify
	answers 0 'pool 2048kB: 64 pages' verify --boot
	answers 0 'cache.service/cache: taken by process' verify
	answers 0 'goes away' setup --remove
}
