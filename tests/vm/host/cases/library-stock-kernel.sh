# SPDX-License-Identifier: MIT
# shows: a service that keeps memory by the library loses all over a kexec to a stock
# kernel, and is told; what is in small pages stays from a stock kernel to the next,
# and also from a patched one if nothing is in huge pages
# suites: sid
# rest: sid
# other-kernels: stock
# time: 400
next_kernel_name=stock

stage_1() {
	hold_unit huge FileDescriptorStorePreserve=yes keep=3 StateDirectory=huge
	hold_unit small FileDescriptorStorePreserve=yes "keep=--shmem 2" StateDirectory=small
	hold_unit fresh FileDescriptorStorePreserve=yes "keep=--shmem 2"
	systemctl enable --now huge small fresh
	keep_says huge "new 1 open"
	keep_says small "new 1 open"
	keep_says fresh "new 1 open"
}

# Of the record of one line it knows that this is no first start
stage_2() {
	wait_for systemctl is-active huge small fresh
	keep_says huge "lost 1 open"
	keep_says small "lost 1 open"
	keep_says fresh "new 1 open"
}

# A stock kernel after a patched one keeps nothing, see docs/systemd.md
stage_3() {
	wait_for systemctl is-active huge small fresh
	keep_says huge "lost 1 open"
	keep_says small "lost 1 open"
	keep_says fresh "new 1 open"
}

stage_4() {
	wait_for systemctl is-active huge small fresh
	keep_says huge "lost 1 open"
	keep_says small "updated 1 sealed"
	keep_says fresh "updated 1 sealed"
	next_kernel_name=patched
}

stage_5() {
	wait_for systemctl is-active huge small fresh
	keep_says huge "lost 1 open"
	keep_says small "updated 2 sealed"
	keep_says fresh "updated 2 sealed"
	systemctl stop huge
	systemctl clean --what=fdstore huge
	systemctl disable huge
	next_kernel_name=stock
}

stage_6() {
	wait_for systemctl is-active small fresh
	keep_says small "updated 3 sealed"
	keep_says fresh "updated 3 sealed"
}
