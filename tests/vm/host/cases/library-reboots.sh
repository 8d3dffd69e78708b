# SPDX-License-Identifier: MIT
# shows: what a service keeps by the library over a soft-reboot, and that an
# orderly reboot is told as a loss where the service has a state directory
# arch: x86 arm64
# suites: sid
# rest: sid
# time: 300
stage_1() {
	hold_unit plain FileDescriptorStorePreserve=yes "keep=3"
	hold_unit told FileDescriptorStorePreserve=yes "keep=" StateDirectory=told
	systemctl enable --now plain told
	keep_says plain "new 1 open"
	keep_says told "new 1 open"
	next_by=soft_reboot
}

stage_2() {
	wait_for systemctl is-active plain told
	keep_says plain "kept 1 sealed"
	keep_says told "kept 1 sealed"
	stored plain 4
	next_by=boot
}

stage_3() {
	wait_for systemctl is-active plain told
	keep_says plain "new 1 open"
	keep_says told "lost 1 open"
	stored plain 4
}
