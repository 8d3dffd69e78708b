# SPDX-License-Identifier: MIT
# shows: a root process with SurviveFinalKillSignal=yes lives on over a soft-reboot
# and a daemon-reexec, and hands its memory over at the next kexec
# suites: trixie sid
# rest: trixie sid
stage_1() {
	keeper /hp/bin/luo SurviveFinalKillSignal=yes
	pidof luo >/hp/pid
	cat /proc/sys/kernel/random/boot_id >/hp/boot_id
	next_by=soft_reboot
}

stage_2() {
	cmp /hp/boot_id /proc/sys/kernel/random/boot_id
	[ "$(pidof luo)" = "$(cat /hp/pid)" ] || fail "it is not the same process"
	systemctl daemon-reexec
	[ "$(pidof luo)" = "$(cat /hp/pid)" ] || fail "daemon-reexec ended it"
	expect_pool 64 60 0 0
}

stage_3() {
	! cmp /hp/boot_id /proc/sys/kernel/random/boot_id || fail "it is the same kernel"
	keeper /hp/bin/luo SurviveFinalKillSignal=yes
}
