# SPDX-License-Identifier: MIT
# shows: systemctl soft-reboot keeps on systemd 262 what Preserve=yes or
# on-success keeps, and loses all of it on 257
# suites: trixie sid
# rest: trixie
stage_1() {
	hold_units
	systemctl start $units
	cat /proc/sys/kernel/random/boot_id >/hp/boot_id
	next_by=soft_reboot
}

stage_2() {
	local keeps='' loses="yes yes-enabled restart no on-success" unit

	case $suite in sid) keeps="yes yes-enabled on-success" loses="restart no" ;; esac
	cmp /hp/boot_id /proc/sys/kernel/random/boot_id
	systemctl start $keeps $loses
	came_up "kept 1 locked" $keeps
	came_up "new 1 locked" $loses
	for unit in $keeps $loses; do
		stored $unit 1
	done
}
