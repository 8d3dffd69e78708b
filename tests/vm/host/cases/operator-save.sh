# SPDX-License-Identifier: MIT
# shows: hugepersist save and load: by hand, before a kexec, and as the way through
# an ordinary reboot
# time: 900
# suites: sid
# rest: sid
# keeps NAME PREFIX: a unit of keep, by the program before it
# installs: hugepersist
keeps() {
	hold_unit "$1" FileDescriptorStorePreserve=yes "keep=--name $1 2"
	sed -i "s|^ExecStart=.*|ExecStart=$2 /hp/bin/keep --name $1 2\nStateDirectory=$1|" \
		"/etc/systemd/system/$1.service"
	systemctl daemon-reload
}

stage_1() {
	install_program
	keeps db '/usr/bin/hugepersist load db /var/lib/db/save --'
	keeps other ''
	systemctl enable --now db other
	# There is no save yet
	keep_says db "new 1 open"
	answers 1 'not in the store of a stopped' save db/db /var/lib/db/save
	systemctl stop db
	expect_pool 64 56 0 0
	answers 0 '^Saved 2 regions: 8 MiB' save db/db /var/lib/db/save
	answers 0 '"version": 1' save db/db /var/lib/db/save --json
	answers 1 'no session db/none' save db/none /var/lib/db/save
	expect_pool 64 56 0 0
	# What is there goes before the save
	systemctl start db
	keep_says db "kept 1 sealed"
	systemctl stop db
	answers 0 'The memory of db.service was given up' drop db/db --yes
	expect_pool 64 60 0 0
	systemctl start db
	keep_says db "kept 1 open"
	stored db 3
	systemctl restart db
	keep_says db "kept 2 sealed"
	stored db 3

	# A reboot: db has a directory, other has none
	answers 1 'No directory is known for it' update --reboot --yes
	systemctl is-active -q db || fail "a refusal stopped the service"
	answers 0 'as it was asked for' update --reboot --lose=other/other --dry-run
	answers 0 'can be saved' update --reboot --save=/hp/all --dry-run
	# A directory that nobody can make: the services run again
	touch /hp/file
	answers 1 'no room' update --reboot --save=/hp/file/all --yes
	# A kexec with everything on disk before
	terminal hugepersist update $image --append="$line" --save=/hp/all --dry-run
	grep -q 'directory: /hp/all/other.service/other' /hp/log/said || fail "not saved there"
	next_by=saved_update
}

next_saved_update() {
	sync
	echo $((stage + 1)) >/hp/stage
	report kexec
	terminal hugepersist update $image --append="$line" --save=/hp/all --yes
	sleep 120
	fail "the host did not go"
}

stage_2() {
	wait_for systemctl is-active db
	wait_for systemctl is-active other
	keep_says db "updated 3 sealed"
	keep_says other "updated 1 sealed"
	[ -s /hp/all/db.service/db/index ] || fail "db was not saved"
	[ -s /hp/all/other.service/other/index ] || fail "other was not saved"
	answers 0 '2 sessions with 4 regions came back: 16 MiB' verify
	next_by=reboot
}

next_reboot() {
	sync
	echo $((stage + 1)) >/hp/stage
	report "boot $((stage + 1))"
	terminal hugepersist update --reboot --lose=other/other --yes
	[ "$status" = 0 ] || fail "the reboot was refused"
	sleep 120
	fail "the host did not go"
}

says_lost() {
	case $(tail -n 1 "/hp/log/$1") in "lost 1 open "* | "new 1 open "*) ;; *) fail "$1: $(tail -n 1 "/hp/log/$1")" ;; esac
}

stage_3() {
	# Nothing is there but the save
	wait_for systemctl is-active db
	keep_says db "kept 4 open"
	says_lost other
	answers 0 '1 session with 2 regions came back: 8 MiB' verify
}
