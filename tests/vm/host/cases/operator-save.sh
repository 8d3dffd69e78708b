# SPDX-License-Identifier: MIT
# shows: hugepersist save writes what a stopped service keeps, also after a kexec,
# and hugepersist load gives it to the program again when the store is empty
# time: 300
# suites: sid
# keeps PREFIX: a unit of keep, by the program before it
keeps() {
	hold_unit db FileDescriptorStorePreserve=yes "keep=2"
	sed -i "s|^ExecStart=.*|ExecStart=$1 /hp/bin/keep 2|" \
		/etc/systemd/system/db.service
	systemctl daemon-reload
}

stage_1() {
	keeps '/hp/bin/hugepersist load keep /hp/save --'
	systemctl enable --now db
	# There is no save yet
	keep_says db "new 1 open"
	! /hp/bin/hugepersist save db/keep /hp/save || fail "saved what is in use"
	systemctl stop db
	expect_pool 64 60 0 0
	/hp/bin/hugepersist save db/keep /hp/save >/hp/log/said 2>&1
	grep -q '^Saved 2 regions: 8 MiB' /hp/log/said || fail "$(cat /hp/log/said)"
	expect_pool 64 60 0 0
	# What is there goes before the save
	systemctl start db
	keep_says db "kept 1 sealed"
	systemctl stop db
	/hp/bin/hugepersist drop db/keep --yes
	expect_pool 64 64 0 0
	systemctl start db
	keep_says db "kept 1 open"
	stored db 3
	systemctl restart db
	keep_says db "kept 2 sealed"
	stored db 3
	systemctl stop db
}

stage_2() {
	keep_says db "updated 3 sealed"
	systemctl stop db
	/hp/bin/hugepersist save db/keep /hp/save || fail "not saved after a kexec"
	next_by=boot
}

stage_3() {
	# Nothing is there but the save
	keep_says db "kept 4 open"
}
