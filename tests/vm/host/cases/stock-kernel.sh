# SPDX-License-Identifier: MIT
# shows: a stock kernel after a patched one loses all, and all that is written
# in it, since it cannot open /dev/liveupdate; a stock kernel that comes after a
# stock one keeps small pages, and loses huge ones
# suites: sid
# rest: sid
# other-kernels: stock
# time: 400
next_kernel_name=stock

stage_1() {
	hold_unit huge FileDescriptorStorePreserve=yes
	hold_unit small FileDescriptorStorePreserve=yes hold=--shmem
	systemctl enable --now huge small
	came_up "new 1 locked" huge small
}

# What the patched kernel handed over has a file that this one does not know
stage_2() {
	wait_for systemctl is-active huge small
	came_up "new 1 locked" huge small
	! sh -c ': </dev/liveupdate' || fail "/dev/liveupdate can be opened"
}

stage_3() {
	wait_for systemctl is-active huge small
	came_up "new 1 locked" huge small
	sh -c ': </dev/liveupdate'
}

stage_4() {
	wait_for systemctl is-active huge small
	says small "kept 1 free"
	says huge "new 1 locked"
	next_kernel_name=patched
}

stage_5() {
	wait_for systemctl is-active huge small
	says small "kept 2 free"
	says huge "new 1 locked"
}
