# SPDX-License-Identifier: MIT
# shows: a stock kernel loses huge pages, as the next kernel and as the old one,
# and hands over small ones
# suites: sid
# other-kernels: stock
# time: 300
stage_1() {
	hold_unit huge FileDescriptorStorePreserve=yes
	hold_unit small FileDescriptorStorePreserve=yes hold=--shmem
	systemctl enable --now huge small
	came_up "new 1 locked" huge small
	next_kernel_name=stock
}

stage_2() {
	report "$(tail -n 1 /hp/log/huge) / $(tail -n 1 /hp/log/small)"
	next_kernel_name=stock
}

stage_3() {
	report "$(tail -n 1 /hp/log/huge) / $(tail -n 1 /hp/log/small)"
}

stage_4() {
	report "$(tail -n 1 /hp/log/huge) / $(tail -n 1 /hp/log/small)"
}
